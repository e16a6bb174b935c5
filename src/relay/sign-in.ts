import { RateLimiterRes } from 'rate-limiter-flexible';
import { type Credential, createPasswordCheck } from '../company/credentials.js';
import { withinDeadline } from '../deadline.js';
import type { Deps } from '../deps.js';
import { digest, sameBytes } from '../keys.js';

export type SignIn =
  | Readonly<{ kind: 'accepted'; credential: Credential & { companyId: string } }>
  | Readonly<{ kind: 'wrong' }>
  | Readonly<{ kind: 'limited' }>
  | Readonly<{ kind: 'unavailable' }>;

export type SignInLimits = Readonly<{
  /** Wrong passwords within 15 minutes, before an address or a user has to wait. */
  perAddress: number;
  perUser: number;
  /** Milliseconds that the store has to answer. */
  deadline: number;
}>;

export const SIGN_IN_LIMITS: SignInLimits = { perAddress: 30, perUser: 10, deadline: 5_000 };
const WINDOW_SECONDS = 900;
/** While the store is away, who signed in within this time (milliseconds) may go on: mail must flow. */
const TRUSTED_FOR = 3_600_000;
const REMEMBERED = 1_000;

/** Checks the user name and password of a mail server, slow to guess and able to outlast the database. */
export function createSignIn(deps: Deps, limits: SignInLimits = SIGN_IN_LIMITS) {
  const check = createPasswordCheck(deps.db);
  const window = { duration: WINDOW_SECONDS };
  const byAddress = deps.limiters.exact({ ...window, name: 'smtp-address', points: limits.perAddress });
  const byUser = deps.limiters.exact({ ...window, name: 'smtp-user', points: limits.perUser });
  const key = deps.randomBytes(32);
  const trusted = new Map<
    string,
    { proof: Buffer; at: number; credential: Credential & { companyId: string } }
  >();

  const proofOf = (password: string) => digest(Buffer.concat([key, Buffer.from(password)]));

  async function isLimited(address: string, username: string): Promise<boolean> {
    const [one, other] = await Promise.all([byAddress.get(address), byUser.get(username)]);
    return (one?.consumedPoints ?? 0) >= limits.perAddress || (other?.consumedPoints ?? 0) >= limits.perUser;
  }
  async function countWrong(address: string, username: string): Promise<void> {
    for (const counted of await Promise.allSettled([byAddress.consume(address), byUser.consume(username)])) {
      // A full bucket rejects with its state; only an Error is a fault.
      if (counted.status === 'rejected' && !(counted.reason instanceof RateLimiterRes)) throw counted.reason;
    }
  }
  function remember(
    username: string,
    password: string,
    credential: Credential & { companyId: string },
  ): void {
    if (trusted.size >= REMEMBERED) trusted.clear();
    trusted.set(username, { proof: proofOf(password), at: deps.clock().getTime(), credential });
  }
  function withoutStore(username: string, password: string): SignIn {
    const known = trusted.get(username);
    const fresh = known && deps.clock().getTime() - known.at < TRUSTED_FOR;
    if (!fresh || !sameBytes(known.proof, proofOf(password))) return { kind: 'unavailable' };
    return { kind: 'accepted', credential: known.credential };
  }

  return async (username: string, password: string, address: string): Promise<SignIn> => {
    if (await isLimited(address, username)) return { kind: 'limited' };
    let credential: Credential | undefined;
    try {
      credential = await withinDeadline(check(username, password), limits.deadline);
    } catch (error) {
      deps.events.relayFault('sign-in', error);
      return withoutStore(username, password);
    }
    if (!credential?.companyId) {
      await countWrong(address, username);
      trusted.delete(username);
      return { kind: 'wrong' };
    }
    const accepted = { ...credential, companyId: credential.companyId };
    remember(username, password, accepted);
    deps.usage.note(accepted.id);
    return { kind: 'accepted', credential: accepted };
  };
}
