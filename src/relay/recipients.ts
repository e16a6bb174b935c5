import { isShared } from '../mail-domain.js';

function domainOf(path: string): string {
  return path.slice(path.lastIndexOf('@') + 1, -1).toLowerCase();
}

/** The address of a path, for people and for the store: `<a@b>` → `a@b`, UTF-8. */
export function addressOf(path: string): string {
  return Buffer.from(path.slice(1, -1), 'latin1').toString('utf8');
}

/**
 * The one person that a per-candidate link may go to: the only recipient, or the only one outside the sender's own
 * domain (its colleagues in copy do not count).
 * @param from the sender's path, `<a@b>`
 * @returns undefined when there are several: a link of one candidate must not reach another
 */
export function candidateOf(from: string, recipients: readonly string[]): string | undefined {
  const distinct = [...new Set(recipients)];
  if (distinct.length === 1) return distinct[0];
  const own = domainOf(from);
  const outside = distinct.filter((path) => domainOf(path) !== own || isShared(own));
  return outside.length === 1 ? outside[0] : undefined;
}

/**
 * Whether a mail goes to its sender's colleagues only, by its header.
 * @param from and `to` as the header has them: `Name <a@b>` or `a@b`
 */
export function isToOwnDomain({ from, to }: Readonly<{ from: string; to: readonly string[] }>): boolean {
  const own = headerDomain(from);
  return own !== '' && to.length > 0 && !isShared(own) && to.every((one) => headerDomain(one) === own);
}

/** The domain of an address in a header; empty where there is none. */
function headerDomain(address: string): string {
  return addressIn(address).split('@')[1]?.toLowerCase() ?? '';
}

/** The bare address in a header's `Name <a@b>`; empty where there is none. */
export function addressIn(address: string): string {
  return /([^@\s<>"]{1,256}@[^@\s<>"]{1,255})>?\s*$/.exec(address)?.[1] ?? '';
}
