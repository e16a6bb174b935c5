import { RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import type { Keys } from '../keys.js';
import type { RedisClient, RedisStore } from '../redis.js';

import { Lru } from './lru.js';

/** Unknown codes that one network may ask for within WINDOW before it is no longer looked up; typing errors are few. */
const GUESSES = 30;
/** Milliseconds. */
const WINDOW = 600_000;
/** Networks watched at once. */
const NETWORKS = 10_000;

/**
 * Counts the unknown codes that each network asks for, here and, with `shared`, over all processes. Who is stopped is
 * known here, so that the hot path asks nobody: a process learns of what others counted with the next miss.
 * @param alarm called once for each network that is stopped
 */
export function createGuessWatch(alarm: () => void, shared?: SharedGuesses) {
  const networks = new Lru<string, { since: number; misses: number }>(NETWORKS);

  /** @returns how many there are now in this window */
  function countHere(network: string, now: number): number {
    const seen = networks.get(network);
    if (!seen || now - seen.since >= WINDOW) {
      networks.set(network, { since: now, misses: 1 });
      return 1;
    }
    seen.misses += 1;
    return seen.misses;
  }

  async function countEverywhere(network: string, now: number, here: number): Promise<void> {
    const counted = await shared?.missed(network).catch(() => undefined);
    // Without Redis each process counts for itself, as ever.
    if ((counted?.misses ?? here) === GUESSES) alarm();
    if (!counted || counted.misses < GUESSES) return;
    networks.set(network, { since: now - WINDOW + counted.rest, misses: counted.misses });
  }

  return {
    /** @param now Unix milliseconds */
    isBlocked(network: string, now: number): boolean {
      const seen = networks.get(network);
      return seen !== undefined && seen.misses >= GUESSES && now - seen.since < WINDOW;
    },
    missed(network: string, now: number): void {
      const here = countHere(network, now);
      if (shared) void countEverywhere(network, now, here);
      else if (here === GUESSES) alarm();
    },
    /** Whether anybody was watched at all; while not, nobody need be looked up. */
    get idle(): boolean {
      return networks.size === 0;
    },
  };
}

/** The count that all processes share. */
export type SharedGuesses = Readonly<{
  /**
   * @returns the network's misses in its window, this one with them, and the milliseconds that the window still lasts
   * @throws RedisAway when there is nobody to share with
   */
  missed(network: string): Promise<Readonly<{ misses: number; rest: number }>>;
}>;

/** Shares the count over Redis. A network is named there by a keyed hash: no address leaves this process. */
export function createSharedGuesses(redis: RedisStore, keys: Keys): SharedGuesses {
  let limiter: RateLimiterRedis | undefined;

  function limiterOn(storeClient: RedisClient): RateLimiterRedis {
    limiter ??= new RateLimiterRedis({
      storeClient,
      keyPrefix: redis.spreadKey('guesses'),
      points: GUESSES,
      duration: WINDOW / 1_000,
    });
    return limiter;
  }

  return {
    missed: (network) =>
      redis.run(async (client) => {
        const name = keys.hash('visitor', 'guesses', network).toString('base64url');
        const counted = await limiterOn(client)
          .consume(name)
          .catch((refused: unknown) => {
            if (refused instanceof RateLimiterRes) return refused;
            throw refused;
          });
        return { misses: counted.consumedPoints, rest: counted.msBeforeNext };
      }),
  };
}
