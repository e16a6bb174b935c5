import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import type { Config } from '../config.js';

/** What one client, or one credential, may ask of the hook. Times in milliseconds, sizes in octets. */
export type SmtpLimits = Readonly<{
  connections: number;
  connectionsPerAddress: number;
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

/** Counts what a key does within a time. The one in memory serves a process; a fleet's stands in Redis. */
export type RateLimit = Readonly<{
  /** @returns false when the key has had all that it may have for now */
  take(key: string): Promise<boolean>;
}>;

export function createRateLimit(name: string, points: number, seconds: number): RateLimit {
  const limiter = new RateLimiterMemory({ keyPrefix: name, points, duration: seconds });
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

/** How many connections are open, in all and per address. */
export function createConnectionCount(limits: SmtpLimits) {
  const perAddress = new Map<string, number>();
  let total = 0;
  return {
    /**
     * @param address undefined for a trusted peer, which speaks for many
     * @returns what gives the place back (safe to call twice), or which limit is reached
     */
    take(address: string | undefined): (() => void) | 'total' | 'address' {
      const mine = address === undefined ? 0 : (perAddress.get(address) ?? 0);
      if (total >= limits.connections) return 'total';
      if (mine >= limits.connectionsPerAddress) return 'address';
      total += 1;
      if (address !== undefined) perAddress.set(address, mine + 1);
      let held = true;
      return () => {
        if (!held) return;
        held = false;
        total -= 1;
        if (address === undefined) return;
        const left = perAddress.get(address)! - 1;
        if (left === 0) perAddress.delete(address);
        else perAddress.set(address, left);
      };
    },
  };
}

/**
 * Content that has to keep coming: a client that sends a byte every ten seconds would hold its place, and one of
 * upstream's, for days.
 * @param onSlow called once, when a window brought too little or the whole takes too long
 */
export async function* paced(
  content: AsyncIterable<Buffer>,
  limits: Pick<SmtpLimits, 'paceWindow' | 'paceOctets' | 'data'>,
  onSlow: () => void,
): AsyncGenerator<Buffer> {
  let octets = 0;
  const window = setInterval(() => {
    if (octets < limits.paceOctets) slow();
    octets = 0;
  }, limits.paceWindow);
  const whole = setTimeout(slow, limits.data);
  function stop(): void {
    clearInterval(window);
    clearTimeout(whole);
  }
  function slow(): void {
    stop();
    onSlow();
  }
  try {
    for await (const chunk of content) {
      octets += chunk.length;
      yield chunk;
    }
  } finally {
    stop();
  }
}
