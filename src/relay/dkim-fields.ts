import type { HeaderField } from './mime-header.js';

/** The fields that a signature covers where they are there (RFC 6376 §5.4.1), in the order of its h= tag. */
const COVERED = [
  'from',
  'to',
  'cc',
  'subject',
  'date',
  'message-id',
  'reply-to',
  'in-reply-to',
  'references',
  'mime-version',
  'content-type',
  'content-transfer-encoding',
  'list-id',
  'list-help',
  'list-unsubscribe',
  'list-unsubscribe-post',
  'list-subscribe',
  'list-post',
  'list-owner',
  'list-archive',
];

/** Named once more than they occur, so that a field added later breaks the signature (RFC 6376 §8.15). */
const SEALED = new Set(['from', 'to', 'subject', 'date']);
/**
 * Sealed even where there is none. A missing Date or To is supplied by the servers behind us (RFC 6409 §8), which
 * must not break the signature.
 */
const SEALED_WHEN_ABSENT = new Set(['from', 'subject']);

/** The names of the h= tag for a header section: each as often as it occurs, the sealed ones once more. */
export function coveredNames(fields: readonly Pick<HeaderField, 'key'>[]): string[] {
  return COVERED.flatMap((name) => {
    const count = fields.filter(({ key }) => key === name).length;
    const sealed = count > 0 ? SEALED.has(name) : SEALED_WHEN_ABSENT.has(name);
    return Array.from({ length: count + (sealed ? 1 : 0) }, () => name);
  });
}

/**
 * The fields that a list of names means: of several with one name the last comes first, the one above it next; a name
 * beyond them means nothing (RFC 6376 §5.4.2).
 */
export function chooseFields<Field extends Pick<HeaderField, 'key'>>(
  fields: readonly Field[],
  names: readonly string[],
): Field[] {
  const left = new Map<string, Field[]>();
  for (const field of fields) left.set(field.key, [...(left.get(field.key) ?? []), field]);
  return names.flatMap((name) => left.get(name.toLowerCase())?.pop() ?? []);
}
