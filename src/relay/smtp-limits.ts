import { RateLimiterRes } from 'rate-limiter-flexible';
import type { Config } from '../config.js';
import type { Limiter } from '../limiter.js';

/** What one client, or one credential, may ask of the hook. Times in milliseconds, sizes in octets. */
export type SmtpLimits = Readonly<{
  connections: number;
  connectionsPerAddress: number;
  connectionsPerCredential: number;
  messagesPerMinute: number;
  /** RFC 5321 §4.5.3.1.8 asks for at least 100. */
  recipients: number;
  badCommands: number;
  /** After so long a session ends with its next transaction. */
  session: number;
  /** A DATA must bring `paceOctets` in each of its `paceWindow`s, and be through in `data`. */
  paceWindow: number;
  paceOctets: number;
  data: number;
  /** How much further a message past the limit is read, for the sake of an answer that the client understands. */
  overrun: number;
  /** For the header of the PROXY protocol. */
  proxyHeader: number;
}>;

export function smtpLimits(config: Config['smtp']): SmtpLimits {
  return {
    connections: config.maxConnections,
    connectionsPerAddress: config.maxConnectionsPerAddress,
    connectionsPerCredential: config.maxConnectionsPerCredential,
    messagesPerMinute: config.rate,
    recipients: 1_000,
    badCommands: 20,
    session: 3_600_000,
    // RFC 5321 §4.5.3.2.5 gives a client three minutes for a block.
    paceWindow: 180_000,
    paceOctets: 4_096,
    data: 1_800_000,
    overrun: 1024 * 1024,
    proxyHeader: 10_000,
  };
}

/** Counts what a key does within a time. */
export type RateLimit = Readonly<{
  /** @returns false when the key has had all that it may have for now */
  take(key: string): Promise<boolean>;
}>;

/** @param limiter counts; `prompt` where it stands before every message */
export function createRateLimit(limiter: Limiter): RateLimit {
  return {
    async take(key) {
      try {
        await limiter.consume(key);
        return true;
      } catch (error) {
        // A full bucket rejects with its state; only an Error is a fault.
        if (error instanceof RateLimiterRes) return false;
        throw error;
      }
    },
  };
}

/** Gives a place back; safe to call twice. */
type Leave = () => void;

/** How many connections are open: in all, per address and per credential. */
export type ConnectionCount = Readonly<{
  /**
   * @param address undefined for a trusted peer, which speaks for many
   * @returns what gives the place back, or which limit is reached
   */
  take(address: string | undefined): Leave | 'total' | 'address';
  /** @returns what gives the place back; undefined when the credential has as many as it may */
  takeCredential(id: string): Leave | undefined;
}>;

export function createConnectionCount(
  limits: Pick<SmtpLimits, 'connections' | 'connectionsPerAddress' | 'connectionsPerCredential'>,
): ConnectionCount {
  const all = createPlaces(limits.connections);
  const byAddress = createPlaces(limits.connectionsPerAddress);
  const byCredential = createPlaces(limits.connectionsPerCredential);
  return {
    take(address) {
      const place = all('');
      if (!place) return 'total';
      const own = address === undefined ? () => {} : byAddress(address);
      if (!own) {
        place();
        return 'address';
      }
      return () => {
        place();
        own();
      };
    },
    takeCredential: byCredential,
  };
}

/** So many places for each key. */
function createPlaces(most: number): (key: string) => Leave | undefined {
  const taken = new Map<string, number>();
  return (key) => {
    const before = taken.get(key) ?? 0;
    if (before >= most) return undefined;
    taken.set(key, before + 1);
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      const left = taken.get(key)! - 1;
      if (left === 0) taken.delete(key);
      else taken.set(key, left);
    };
  };
}
