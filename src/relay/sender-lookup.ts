import { findSmtpCredential } from '../company/credentials.js';
import { withinDeadline } from '../deadline.js';
import type { Deps } from '../deps.js';
import { isInNetwork } from '../network.js';
import type { Sender } from './relay-job.js';

/** The credential of a user name that somebody trusted vouches for, without a password. */
export type SenderLookup =
  | Readonly<{ kind: 'accepted'; sender: Sender }>
  /** Revoked, or there never was one. */
  | Readonly<{ kind: 'not-in-force' }>
  | Readonly<{ kind: 'unavailable' }>;

/** Who a client is by its address alone; a stranger has to sign in. */
export type NetworkSignIn = SenderLookup | Readonly<{ kind: 'stranger' }>;

/** Milliseconds for which a credential is believed without asking again: so long a revoked one may still send. */
const FRESH_FOR = 10_000;
/** While the store is away, a credential that was in force within this time (milliseconds) still is. */
const TRUSTED_FOR = 3_600_000;
const DEADLINE = 2_000;

/** Addresses of which it is remembered whose network they stand in. */
const PLACED = 10_000;

type Known = Readonly<{ sender: Sender | undefined; at: number }>;

/** Finds credentials for clients that need no password: see `SMTP_NETWORKS` and XCLIENT in `TRUSTED_SMTP_PEERS`. */
export function createSenderLookup(deps: Deps, deadline = DEADLINE) {
  const known = new Map<string, Known>();
  const placed = new Map<string, string | undefined>();
  // The narrowest network that holds an address speaks for it.
  const networks = [...deps.config.smtp.networks].sort(
    (one, other) => other.network.prefix - one.network.prefix,
  );

  async function look(username: string): Promise<Known> {
    const found = await withinDeadline(findSmtpCredential(deps.db, username), deadline);
    const at = deps.clock().getTime();
    if (!found?.companyId) return { sender: undefined, at };
    const { secretHash: _, ...credential } = found;
    return { sender: { ...credential, companyId: found.companyId }, at };
  }

  async function byName(username: string): Promise<SenderLookup> {
    let credential = known.get(username);
    const age = credential ? deps.clock().getTime() - credential.at : Number.POSITIVE_INFINITY;
    if (!credential || age >= FRESH_FOR) {
      try {
        credential = await look(username);
        if (credential.sender) known.set(username, credential);
        else known.delete(username);
      } catch (error) {
        deps.events.relayFault('sender-lookup', error);
        if (age >= TRUSTED_FOR) return { kind: 'unavailable' };
      }
    }
    return credential?.sender ? { kind: 'accepted', sender: credential.sender } : { kind: 'not-in-force' };
  }

  function usernameOf(address: string): string | undefined {
    if (networks.length === 0) return undefined;
    if (!placed.has(address)) {
      if (placed.size >= PLACED) placed.clear();
      placed.set(address, networks.find(({ network }) => isInNetwork(address, network))?.username);
    }
    return placed.get(address);
  }

  return {
    byName,
    /** @param address of the client, as this process sees it or as a trusted peer tells it */
    async byAddress(address: string): Promise<NetworkSignIn> {
      const username = usernameOf(address);
      return username === undefined ? { kind: 'stranger' } : byName(username);
    },
  };
}
