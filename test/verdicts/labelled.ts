import { readdirSync, readFileSync } from 'node:fs';
import { charsetOf, encodeText } from '../../src/relay/charset.js';

/** What a message says to the person that it is addressed to; `unsure`: its words alone do not tell. */
export type Label = 'rejection' | 'other' | 'unsure';

/** One message of the labelled set. README.md has the format. */
export type Labelled = Readonly<{
  name: string;
  label: Label;
  hardness: 'plain' | 'hard';
  lang: 'ja' | 'en';
  /** Kept apart: nobody tunes by what the rules make of it. */
  heldOut: boolean;
  message: Buffer;
}>;

/** Written after the rules, and not tuned by. */
const APART = 'apart.txt';
const HERE = new URL('.', import.meta.url);
const DEFAULTS: Readonly<Record<string, string>> = {
  From: '採用担当 <saiyo@aoba.example>',
  To: 'kouho@mail.example',
};

/** Every message of the set, by file and place. */
export function readLabelled(): Labelled[] {
  const files = readdirSync(HERE)
    .filter((name) => name.endsWith('.txt'))
    .sort();
  return files.flatMap((file) =>
    readFileSync(new URL(file, HERE), 'utf8')
      .split(/^@@ /m)
      .slice(1)
      .map((entry) => labelledOf(entry, file === APART)),
  );
}

function labelledOf(entry: string, heldOut: boolean): Labelled {
  const firstEnd = entry.indexOf('\n');
  const [name, label, hardness, lang, ...form] = entry.slice(0, firstEnd).split(' ');
  const rest = entry.slice(firstEnd + 1);
  const headEnd = rest.indexOf('\n\n');
  const body = `${rest.slice(headEnd + 2).trimEnd()}\n`;
  const charset = form.find((word) => !word.startsWith('html')) ?? 'utf-8';
  const fields = { ...DEFAULTS, ...fieldsOf(rest.slice(0, headEnd)) };
  return {
    name: name!,
    label: label as Label,
    hardness: hardness as Labelled['hardness'],
    lang: lang as Labelled['lang'],
    heldOut,
    message: messageOf(fields, body, charset, form),
  };
}

function fieldsOf(head: string): Record<string, string> {
  return Object.fromEntries(
    head.split('\n').map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon), line.slice(colon + 1).trim()];
    }),
  );
}

const WRAPPED = 76;

function encoded(charset: string, text: string): Buffer {
  const bytes = encodeText({ ...charsetOf(charset), truthful: true }, text.replaceAll('\n', '\r\n'));
  if (!bytes) throw new Error(`${charset} cannot carry: ${text.slice(0, 40)}`);
  return bytes;
}

function part(type: string, charset: string, text: string): string {
  const base64 = encoded(charset, text).toString('base64');
  const lines = base64.match(new RegExp(`.{1,${WRAPPED}}`, 'g')) ?? [];
  return [
    `Content-Type: ${type}; charset=${charset}`,
    'Content-Transfer-Encoding: base64',
    '',
    ...lines,
    '',
  ].join('\r\n');
}

/** `html`: that part alone; `html+text`: beside it the plain part that many systems make, which says nothing. */
function messageOf(
  fields: Record<string, string>,
  body: string,
  charset: string,
  form: readonly string[],
): Buffer {
  const head = Object.entries(fields).map(([key, value]) => `${key}: ${value}\r\n`);
  const main = part(form.some((word) => word.startsWith('html')) ? 'text/html' : 'text/plain', charset, body);
  if (!form.includes('html+text')) return Buffer.from(`${head.join('')}MIME-Version: 1.0\r\n${main}`);
  const plain = part('text/plain', charset, 'HTML形式でご覧ください。\n');
  const joined = ['', plain, main].join('--=_b\r\n');
  return Buffer.from(
    `${head.join('')}MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary="=_b"\r\n\r\n${joined}--=_b--\r\n`,
  );
}
