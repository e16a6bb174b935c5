import { Resolver } from 'node:dns/promises';

/** What the DNS says of a host that links are to stand on. */
export type LinkHostState =
  /** It is an alias of our host, or has one of its addresses. */
  | Readonly<{ kind: 'here' }>
  /** It leads somewhere else: by an alias, or by addresses. */
  | Readonly<{ kind: 'elsewhere'; to: readonly string[] }>
  /** There is no such name, or nothing that leads anywhere. */
  | Readonly<{ kind: 'missing' }>
  /** No answer in time, or a fault of the servers: nothing is known. */
  | Readonly<{ kind: 'unanswered' }>;

export type NameLookup = Pick<Resolver, 'resolveCname' | 'resolve4' | 'resolve6'>;

/** Milliseconds that a name server has; a second try takes twice as long (c-ares). */
const TIMEOUT = 1_500;

/** Asks the system's name servers, not its hosts file: what candidates would find. */
export function systemLookup(): NameLookup {
  return new Resolver({ timeout: TIMEOUT, tries: 1 });
}

const NOTHING: readonly string[] = ['ENOTFOUND', 'ENODATA'];

/** The records of a name; none where the DNS says that there are none. @throws Error where it says nothing */
async function recordsOf(ask: Promise<string[]>): Promise<string[]> {
  try {
    return (await ask).map((record) => record.toLowerCase().replace(/\.$/, ''));
  } catch (error) {
    if (NOTHING.includes((error as NodeJS.ErrnoException).code ?? '')) return [];
    throw error;
  }
}

async function addressesOf(lookup: NameLookup, host: string): Promise<string[]> {
  const found = await Promise.all([recordsOf(lookup.resolve4(host)), recordsOf(lookup.resolve6(host))]);
  return found.flat();
}

/**
 * Where a host leads: an alias of `target` is as it should be (docs/link-hosts.md), and so is one of its addresses, since a
 * name at the top of a domain cannot be an alias (RFC 1034 §3.6.2). Never throws.
 * @param target the host that links of nobody's own stand on
 */
export async function checkLinkHost(
  host: string,
  target: string,
  lookup: NameLookup,
): Promise<LinkHostState> {
  try {
    const aliases = await recordsOf(lookup.resolveCname(host));
    if (aliases.includes(target)) return { kind: 'here' };
    const [found, ours] = await Promise.all([addressesOf(lookup, host), addressesOf(lookup, target)]);
    if (found.some((address) => ours.includes(address))) return { kind: 'here' };
    const to = aliases.length > 0 ? aliases : found;
    return to.length > 0 ? { kind: 'elsewhere', to } : { kind: 'missing' };
  } catch {
    return { kind: 'unanswered' };
  }
}
