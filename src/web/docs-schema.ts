/** A piece of JSON Schema as our document has it. */
export type Schema = Readonly<{
  type?: string | readonly string[];
  format?: string;
  description?: string;
  enum?: readonly unknown[];
  const?: unknown;
  default?: unknown;
  anyOf?: readonly Schema[];
  oneOf?: readonly Schema[];
  properties?: Readonly<Record<string, Schema>>;
  required?: readonly string[];
  additionalProperties?: unknown;
  items?: Schema;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  maxItems?: number;
}>;

/** One line of a table of fields; `depth` says how far inside it stands. */
export type Field = Readonly<{
  name: string;
  type: string;
  required: boolean;
  description: string | undefined;
  depth: number;
}>;

function alternativesOf(schema: Schema): readonly Schema[] | undefined {
  return schema.anyOf ?? schema.oneOf;
}

function isNull({ type }: Schema): boolean {
  return type === 'null';
}

/** What a schema asks for, without the null that it may also be. */
function meant(schema: Schema): { schema: Schema; nullable: boolean } {
  const all = alternativesOf(schema) ?? [];
  const left = all.filter((one) => !isNull(one));
  const [only] = left;
  if (all.length > left.length && left.length === 1 && only) {
    return { schema: { ...only, description: schema.description ?? only.description }, nullable: true };
  }
  return { schema, nullable: all.length > left.length };
}

const FORMATS: Readonly<Record<string, string>> = {
  'date-time': 'time',
  uuid: 'id',
  email: 'mail address',
  uri: 'URL',
};

/** How a type reads: `text`, `one of a, b`, `list of text`, `number or null`. */
export function typeOf(given: Schema): string {
  const { schema, nullable } = meant(given);
  const or = nullable ? ' or null' : '';
  if (schema.const !== undefined) return JSON.stringify(schema.const) + or;
  if (schema.enum) return schema.enum.map((one) => JSON.stringify(one)).join(' | ') + or;
  const all = alternativesOf(schema);
  if (all) return [...new Set(all.filter((one) => !isNull(one)).map(typeOf))].join(' | ') + or;
  if (schema.type === 'array') return `list of ${schema.items ? typeOf(schema.items) : 'anything'}${or}`;
  if (schema.type === 'string') return (FORMATS[schema.format ?? ''] ?? 'text') + or;
  if (schema.type === 'object') return `object${or}`;
  return `${schema.type ?? 'anything'}${or}`;
}

function limitsOf({ maxLength, minimum, maximum, maxItems, default: preset }: Schema): string {
  const said = [
    maxLength !== undefined ? `at most ${maxLength} characters` : '',
    maxItems !== undefined ? `at most ${maxItems.toLocaleString('en')}` : '',
    minimum !== undefined && Math.abs(minimum) < 1e9 ? `from ${minimum}` : '',
    maximum !== undefined && Math.abs(maximum) < 1e9 ? `to ${maximum}` : '',
    preset !== undefined ? `default ${JSON.stringify(preset)}` : '',
  ];
  return said.filter((one) => one !== '').join(', ');
}

function insideOf(schema: Schema): Schema | undefined {
  const { schema: plain } = meant(schema);
  if (plain.properties) return plain;
  return plain.type === 'array' && plain.items ? insideOf(plain.items) : undefined;
}

/** The fields of an object and of those inside it, in the order of the document. */
export function fieldsOf(schema: Schema, depth = 0): Field[] {
  const found = insideOf(schema);
  return Object.entries(found?.properties ?? {}).flatMap(([name, field]) => {
    const { schema: plain } = meant(field);
    const description = [plain.description, limitsOf(plain)].filter(Boolean).join('; ') || undefined;
    const required = found?.required?.includes(name) ?? false;
    return [{ name, type: typeOf(field), required, description, depth }, ...fieldsOf(field, depth + 1)];
  });
}

/** The kinds of an answer or body that may be one of several. */
export function variantsOf(schema: Schema): readonly Schema[] {
  const all = alternativesOf(schema)?.filter((one) => !isNull(one));
  return all && all.length > 1 ? all : [schema];
}

/** Examples by a field's name, where its type alone would say little. */
const BY_NAME: Readonly<Record<string, unknown>> = {
  email: 'sato@aoba.example',
  recipient: 'hanako@example.jp',
  address: 'tester@aoba.example',
  domain: 'aoba.example',
  linkHost: 'go.aoba.example',
  destinationUrl: 'https://agency.example/register',
  url: 'https://relay.example/r/7hk2m9qxwd',
  staticUrl: 'https://relay.example/c/aoba',
  name: '株式会社青葉',
  slug: 'aoba',
  timeZone: 'Asia/Tokyo',
  job: '営業職',
  stage: '一次面接',
  source: 'doda',
  code: '7hk2m9qxwd',
  externalId: 'A-1024',
  month: '2026-11',
  key: 'cr_…',
  password: '…',
  secret: 'whsec_…',
  username: 'relay-h7q2k9mw3x',
  label: 'ATS',
  reference: 'INV-2026-118',
  reason: 'introduced twice',
  cause: 'credit earned at 10 referrals',
  actor: '0199f2c4-…',
  hash: '5f2b…c1',
  inputHash: '9d1e…07',
  previousHash: '0000…00',
  hint: '…x9Qk',
  threshold: 10,
  apiKey: 'SG.…',
  privateKey: '-----BEGIN PRIVATE KEY-----…',
  selector: 'relay1',
  version: 'v1',
};

/** An example of a schema: required fields, and so many of the others as make sense of it. */
export function exampleOf(given: Schema, name = '', optional = 2): unknown {
  const { schema } = meant(given);
  if (schema.const !== undefined) return schema.const;
  if (schema.enum) return schema.enum[0];
  const [first] = alternativesOf(schema) ?? [];
  if (first) return exampleOf(first, name, optional);
  if (schema.type === 'object') {
    const entries = Object.entries(schema.properties ?? {});
    let room = optional;
    const shown = entries.filter(([field]) => {
      if (schema.required?.includes(field)) return true;
      room -= 1;
      return room >= 0;
    });
    return Object.fromEntries(shown.map(([field, one]) => [field, exampleOf(one, field, optional)]));
  }
  if (schema.type === 'array') return schema.items ? [exampleOf(schema.items, name, optional)] : [];
  if (name in BY_NAME && typeof BY_NAME[name] === (schema.type === 'string' ? 'string' : 'number'))
    return BY_NAME[name];
  if (schema.format === 'date-time') return '2026-11-22T10:00:00.000Z';
  if (schema.format === 'uuid' || name === 'id' || /Id$/.test(name))
    return '0199f2c4-6280-7256-973c-35f984a00d1c';
  if (schema.format === 'email') return BY_NAME.email;
  if (schema.type === 'integer' || schema.type === 'number') return Math.max(schema.minimum ?? 1, 1);
  if (schema.type === 'boolean') return true;
  if (schema.type === 'string') return '…';
  return null;
}
