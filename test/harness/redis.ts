import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { openRedis, type RedisStore } from '../../src/redis.js';

/** Suites that need Redis run where TEST_REDIS_URL names one. */
export const describeWithRedis: typeof describe | typeof describe.skip = process.env.TEST_REDIS_URL
  ? describe
  : describe.skip;

export type TestRedis = Readonly<{ url: string; prefix: string; store: RedisStore; admin: Redis }>;

/** A name of its own in the Redis that TEST_REDIS_URL names, once it is connected. */
export async function openTestRedis(): Promise<TestRedis> {
  const url = process.env.TEST_REDIS_URL!;
  const prefix = `career-relay-test-${randomUUID()}`;
  // No deadline passes by itself: on a busy machine Redis would seem away.
  const store = openRedis([url], () => () => {}, prefix);
  await new Promise<void>((resolve) => store.onReady(resolve));
  return { url, prefix, store, admin: new Redis(url) };
}

/** Takes away every key of the name. */
export async function closeTestRedis({ store, admin, prefix }: TestRedis): Promise<void> {
  await store.close();
  for await (const keys of admin.scanStream({ match: `*${prefix}*` })) {
    if ((keys as string[]).length > 0) await admin.del(...(keys as string[]));
  }
  admin.disconnect();
}
