import { findSmtpCredential } from '../company/credentials.js';
import type { Deps } from '../deps.js';
import { isInNetwork } from '../network.js';
import { withinDeadline } from './deadline.js';
import type { Sender } from './relay-job.js';

/** Who a client is by its address alone. */
export type NetworkSignIn =
  | Readonly<{ kind: 'accepted'; sender: Sender }>
  /** No listed network: the client has to sign in. */
  | Readonly<{ kind: 'stranger' }>
  /** The credential that the network is listed with was revoked, or never existed. */
  | Readonly<{ kind: 'not-in-force' }>
  | Readonly<{ kind: 'unavailable' }>;

/** Milliseconds for which a credential is believed without asking again: so long a revoked one may still send. */
const FRESH_FOR = 10_000;
/** While the store is away, a credential that was in force within this time (milliseconds) still is. */
const TRUSTED_FOR = 3_600_000;
const DEADLINE = 2_000;

type Known = Readonly<{ sender: Sender | undefined; at: number }>;

/** Finds the credential that a client acts as because of where it stands; see `SMTP_NETWORKS`. */
export function createNetworkSignIn(deps: Deps, deadline = DEADLINE) {
  const known = new Map<string, Known>();
  // The narrowest network that holds an address speaks for it.
  const networks = [...deps.config.smtpNetworks].sort(
    (one, other) => other.network.prefix - one.network.prefix,
  );

  async function look(username: string): Promise<Known> {
    const found = await withinDeadline(findSmtpCredential(deps.db, username), deadline);
    const at = deps.clock().getTime();
    if (!found?.companyId) return { sender: undefined, at };
    const { secretHash: _, ...credential } = found;
    return { sender: { ...credential, companyId: found.companyId }, at };
  }

  /** @param address of the client, as this process sees it or as a trusted peer tells it */
  return async (address: string): Promise<NetworkSignIn> => {
    const username = networks.find(({ network }) => isInNetwork(address, network))?.username;
    if (username === undefined) return { kind: 'stranger' };
    let credential = known.get(username);
    const age = () => deps.clock().getTime() - (credential?.at ?? Number.NEGATIVE_INFINITY);
    if (!credential || age() >= FRESH_FOR) {
      try {
        credential = await look(username);
        known.set(username, credential);
      } catch (error) {
        deps.events.relayFault('network-sign-in', error);
        if (!credential?.sender || age() >= TRUSTED_FOR) return { kind: 'unavailable' };
      }
    }
    return credential.sender ? { kind: 'accepted', sender: credential.sender } : { kind: 'not-in-force' };
  };
}
