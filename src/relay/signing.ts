import type { SignedPolicy } from '../company/store.js';
import { authorDomain } from './author.js';
import type { MimeDefect, MimeStructure } from './mime.js';
import type { HeaderField } from './mime-header.js';
import type { Splice } from './splice.js';

/** What is to be done about a message's DKIM signature. */
export type SigningPlan<Key> =
  | Readonly<{ kind: 'none' }>
  /** Whatever else is done to it, it leaves with a signature of ours. */
  | Readonly<{ kind: 'sign'; key: Key }>
  /** Where its content is changed, `remove` takes its signatures out and it is signed anew; else it keeps them. */
  | Readonly<{ kind: 'resign'; key: Key; remove: readonly Splice[] }>;

const NONE = { kind: 'none' } as const;

/** Headers that readers take differently are not signed. */
const UNSIGNABLE: ReadonlySet<MimeDefect> = new Set([
  'header-garbage',
  'header-too-large',
  'header-unterminated',
]);

/**
 * Decides by what key a message is signed (docs/decisions/0011-dkim.md). Pure.
 * @param keys the company's live keys, oldest first
 */
export function planSigning<Key extends Readonly<{ domain: string }>>(
  structure: MimeStructure,
  keys: readonly Key[],
  policy: SignedPolicy,
): SigningPlan<Key> {
  const { fields } = structure.root;
  const key = keyFor(authorDomain(fields), keys);
  if (!key || !isSignable(structure)) return NONE;
  const signatures = fields.filter((field) => field.key === 'dkim-signature');
  const sealed = fields.some((field) => field.key.startsWith('arc-'));
  if (signatures.length === 0 && !sealed) return { kind: 'sign', key };
  if (policy === 'pass' || sealed) return NONE;
  const own = signatures.filter((field) => tagsOf(field).get('d')?.toLowerCase() === key.domain);
  if (own.length === signatures.length) return { kind: 'resign', key, remove: own.map(removal) };
  if (own.length > 0 || signatures.some(forbidsCompany)) return NONE;
  return { kind: 'sign', key };
}

/** The key of the author's domain or of the nearest parent (relaxed alignment, RFC 7489 §3.1.1); of several the oldest. */
function keyFor<Key extends Readonly<{ domain: string }>>(
  author: string | undefined,
  keys: readonly Key[],
): Key | undefined {
  if (author === undefined) return undefined;
  return keys
    .filter(({ domain }) => author === domain || author.endsWith(`.${domain}`))
    .reduce<Key | undefined>(
      (best, key) => (best && best.domain.length >= key.domain.length ? best : key),
      undefined,
    );
}

/** A mark of an mbox file in the first line would end up inside the header section. */
function isSignable({ root, defects }: MimeStructure): boolean {
  return root.fields[0]?.start === 0 && !defects.some((defect) => UNSIGNABLE.has(defect));
}

/** A signature that covers DKIM-Signature fields may break by one more (RFC 6376 §5.4.2). */
function forbidsCompany(signature: HeaderField): boolean {
  const names = tagsOf(signature).get('h') ?? '';
  return names.toLowerCase().split(':').includes('dkim-signature');
}

/** The tags of a signature, without white space (RFC 6376 §3.2); none where one stands twice. */
function tagsOf(signature: HeaderField): ReadonlyMap<string, string> {
  const tags = new Map<string, string>();
  for (const item of signature.value.split(';')) {
    const [, name, value] = /^\s*(\w+)\s*=(.*)$/s.exec(item) ?? [];
    if (name === undefined || value === undefined) continue;
    if (tags.has(name)) return new Map();
    tags.set(name, value.replace(/\s/g, ''));
  }
  return tags;
}

function removal(field: HeaderField): Splice {
  return { at: field.start, remove: field.end - field.start, insert: Buffer.alloc(0) };
}
