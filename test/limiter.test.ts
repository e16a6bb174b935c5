import { RateLimiterRes } from 'rate-limiter-flexible';
import { createKeys } from '../src/keys.js';
import { type Limiter, ownLimiters, sharedLimiters } from '../src/limiter.js';
import { openRedis } from '../src/redis.js';
import { closeTestRedis, describeWithRedis, openTestRedis, type TestRedis } from './harness/redis.js';

const LIMIT = { name: 'test', points: 10, duration: 60 };

async function taken(limiter: Limiter, key: string): Promise<boolean> {
  try {
    await limiter.consume(key);
    return true;
  } catch (error) {
    if (error instanceof RateLimiterRes) return false;
    throw error;
  }
}
async function takenOf(limiter: Limiter, key: string, times: number): Promise<number> {
  let count = 0;
  for (let time = 0; time < times; time += 1) if (await taken(limiter, key)) count += 1;
  return count;
}

describe('a limit of one process', () => {
  test.each(['exact', 'prompt'] as const)('%s: so many, then no more', async (kind) => {
    const limiter = ownLimiters[kind](LIMIT);
    expect(await takenOf(limiter, 'a', 12)).toBe(10);
    expect(await taken(limiter, 'b')).toBe(true);
  });
});

describeWithRedis('a limit over processes', () => {
  const keys = createKeys('secret-key-for-tests-0123456789abcdef');
  let redis: TestRedis;
  beforeAll(async () => {
    redis = await openTestRedis();
  });
  afterAll(() => closeTestRedis(redis));

  test('exact: two processes together take so many', async () => {
    const [one, other] = [1, 2].map(() => sharedLimiters(redis.store, keys).exact(LIMIT)) as [
      Limiter,
      Limiter,
    ];
    const counts = await Promise.all([takenOf(one, 'a', 8), takenOf(other, 'a', 8)]);
    expect(counts[0]! + counts[1]!).toBe(10);
    expect((await other.get('a'))?.consumedPoints).toBe(16);
  });

  test('prompt: a process that hears of the others refuses what it would have taken alone', async () => {
    const [one, other] = [1, 2].map(() =>
      sharedLimiters(redis.store, keys).prompt({ ...LIMIT, name: 'rate' }),
    ) as [Limiter, Limiter];
    expect(await takenOf(one, 'a', 10)).toBe(10);
    // It asks nobody before it answers; what Redis says comes behind its own first answers.
    let count = 0;
    while (await taken(other, 'a')) {
      count += 1;
      await redis.admin.ping();
    }
    expect(count).toBeLessThan(10);
  });

  test('names in Redis are hashes, and while it is away each process counts for itself', async () => {
    const names = await redis.admin.keys(`${redis.prefix}:limit:*`);
    expect(names.length).toBeGreaterThan(0);
    expect(names.filter((name) => name.endsWith(':a'))).toEqual([]);
    const away = openRedis(['redis://127.0.0.1:1'], () => () => {}, 'nobody');
    for (const kind of ['exact', 'prompt'] as const) {
      expect(await takenOf(sharedLimiters(away, keys)[kind](LIMIT), 'a', 12)).toBe(10);
    }
    await away.close();
  });
});
