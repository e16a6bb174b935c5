import { membersOf, type Place } from './json-places.js';
import type { Personalization } from './sendgrid-mail.js';
import type { Splice } from './splice.js';

export type Pair = readonly [name: string, value: string];

/** SendGrid's limit for the substitutions of one personalization. */
const MOST_BYTES = 10_000;

/** Puts another value in the place of one. */
export function replaceValue({ from, to }: Place, value: unknown): Splice {
  return { at: from, remove: to - from, insert: Buffer.from(JSON.stringify(value)) };
}

/**
 * Adds pairs at the end of an object that is the member `key` of another, or that member where there is none.
 * @param outer the object that has the member, with others beside it
 * @param inner the member's value, an object
 */
export function addMembers(
  json: Buffer,
  outer: Place,
  key: string,
  inner: Place | undefined,
  pairs: readonly Pair[],
): Splice {
  const written = pairs.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',');
  if (!inner) return insertLast(outer, `,${JSON.stringify(key)}:{${written}}`);
  return insertLast(inner, membersOf(json, inner).size > 0 ? `,${written}` : written);
}

function insertLast({ to }: Place, text: string): Splice {
  return { at: to - 1, remove: 0, insert: Buffer.from(text) };
}

/** Whether a personalization has room for more substitutions. */
export function fitsSubstitutions({ substitutions }: Personalization, added: readonly Pair[]): boolean {
  const all = [...Object.entries(substitutions), ...added];
  return all.reduce((sum, pair) => sum + Buffer.byteLength(pair.join('')), 0) <= MOST_BYTES;
}
