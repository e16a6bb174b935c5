import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import type { Keys } from './keys.js';
import type { RedisClient, RedisStore } from './redis.js';

/** How often something may be done by one key. */
export type Limit = Readonly<{
  /** What is limited; keys of different names are counted apart. */
  name: string;
  points: number;
  /** Seconds. */
  duration: number;
}>;

/** Counts what keys do within a time. The methods are rate-limiter-flexible's own. */
export type Limiter = Readonly<{
  /** @throws RateLimiterRes when the key has had all that it may have for now */
  consume(key: string): Promise<RateLimiterRes>;
  /** @returns null for a key that was not counted lately */
  get(key: string): Promise<RateLimiterRes | null>;
}>;

export type Limiters = Readonly<{
  /** Exact over all processes while Redis answers; each counts for itself while it does not. */
  exact(limit: Limit): Limiter;
  /** For hot paths: counts here and answers at once; what the other processes counted is known with the next call. */
  prompt(limit: Limit): Limiter;
}>;

/** Without Redis: one process counts for itself. */
export const ownLimiters: Limiters = { exact: inMemory, prompt: inMemory };

function inMemory({ name, points, duration }: Limit): RateLimiterMemory {
  return new RateLimiterMemory({ keyPrefix: name, points, duration });
}

/** @param keys name what is counted in Redis: no address leaves this process */
export function sharedLimiters(redis: RedisStore, keys: Keys): Limiters {
  function shared({ name, points, duration }: Limit) {
    let limiter: RateLimiterRedis | undefined;
    const on = (storeClient: RedisClient) => {
      limiter ??= new RateLimiterRedis({
        storeClient,
        keyPrefix: redis.spreadKey(`limit:${name}`),
        points,
        duration,
      });
      return limiter;
    };
    const nameOf = (key: string) => keys.hash('visitor', 'limit', name, key).toString('base64url');
    return {
      consume: (key: string) => redis.run((client) => on(client).consume(nameOf(key))),
      get: (key: string) => redis.run((client) => on(client).get(nameOf(key))),
    };
  }
  return {
    exact(limit) {
      const [everywhere, here] = [shared(limit), inMemory(limit)];
      return {
        async consume(key) {
          const own = here.consume(key).catch((refused: RateLimiterRes) => refused);
          try {
            return await everywhere.consume(key);
          } catch (error) {
            if (error instanceof RateLimiterRes) throw error;
            // Redis is away: what this process counted meanwhile holds.
            const counted = await own;
            if (counted.consumedPoints > limit.points) throw counted;
            return counted;
          }
        },
        get: (key) => everywhere.get(key).catch(() => here.get(key)),
      };
    },
    prompt(limit) {
      const [everywhere, here] = [shared(limit), inMemory(limit)];
      return {
        consume(key) {
          everywhere.consume(key).catch((refused: unknown) => {
            if (refused instanceof RateLimiterRes) void here.block(key, refused.msBeforeNext / 1_000);
          });
          return here.consume(key);
        },
        get: (key) => here.get(key),
      };
    },
  };
}
