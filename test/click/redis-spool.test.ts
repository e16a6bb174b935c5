import { createRedisSpool } from '../../src/click/redis-spool.js';
import type { Click } from '../../src/click/store.js';
import { classifyVisitor, readAgent } from '../../src/click/visitor.js';
import { closeTestRedis, describeWithRedis, openTestRedis, type TestRedis } from '../harness/redis.js';

const visitor = classifyVisitor('GET', {}, readAgent('Mozilla/5.0 "quoted" \\ ひと'));
let redis: TestRedis;

function click(id: string): Click {
  return {
    id,
    by: 'code',
    key: 'bcdfghjk23',
    host: '',
    at: 1_700_000_000_000,
    visitor,
    visitorHash: '',
    asn: null,
  };
}

async function drained(spool: ReturnType<typeof createRedisSpool>): Promise<string[]> {
  const ids: string[] = [];
  await spool.drain(async (clicks) => void ids.push(...clicks.map(({ id }) => id)));
  return ids;
}

describeWithRedis('spool in Redis', () => {
  beforeEach(async () => {
    redis = await openTestRedis();
  });
  afterEach(() => closeTestRedis(redis));

  test('gives back what was appended, once, and leaves nothing', async () => {
    const spool = createRedisSpool(redis.store, 'one');
    for (const id of ['a', 'b', 'c']) await spool.append(click(id));
    const seen: Click[] = [];
    expect(await spool.drain(async (clicks) => void seen.push(...clicks))).toBe(3);
    expect(seen).toEqual(['a', 'b', 'c'].map(click));
    expect(await drained(spool)).toEqual([]);
    expect(await redis.admin.xlen(redis.store.key('clicks'))).toBe(0);
    await spool.close();
  });

  test('what was not committed is tried again by the same process', async () => {
    const spool = createRedisSpool(redis.store, 'one');
    await spool.append(click('a'));
    await expect(spool.drain(() => Promise.reject(new Error('away')))).rejects.toThrow('away');
    expect(await drained(spool)).toEqual(['a']);
  });

  test('what a process that is gone had taken is taken over, and only then', async () => {
    const gone = createRedisSpool(redis.store, 'gone');
    await gone.append(click('a'));
    await expect(gone.drain(() => Promise.reject(new Error('killed')))).rejects.toThrow('killed');
    expect(await drained(createRedisSpool(redis.store, 'early', 60_000))).toEqual([]);
    expect(await drained(createRedisSpool(redis.store, 'late', 0))).toEqual(['a']);
  });

  test('a process that ends holding entries leaves them to the others', async () => {
    const ending = createRedisSpool(redis.store, 'ending');
    await ending.append(click('a'));
    await expect(ending.drain(() => Promise.reject(new Error('away')))).rejects.toThrow('away');
    await ending.close();
    expect(await drained(createRedisSpool(redis.store, 'next', 0))).toEqual(['a']);
  });

  test('two processes share the stream: each click is handed to one', async () => {
    const [one, other] = [createRedisSpool(redis.store, 'one'), createRedisSpool(redis.store, 'other')];
    const ids = Array.from({ length: 1_200 }, (_, index) => `click-${index}`);
    await Promise.all(ids.map((id) => one.append(click(id))));
    const both = await Promise.all([drained(one), drained(other)]);
    expect(both.flat().sort()).toEqual([...ids].sort());
  });

  test('while Redis is away it refuses, and hands over nothing', async () => {
    const spool = createRedisSpool(redis.store, 'one');
    await redis.store.close();
    await expect(spool.append(click('a'))).rejects.toThrow('away');
    expect(await drained(spool)).toEqual([]);
  });
});
