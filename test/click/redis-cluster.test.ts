import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay, setImmediate as tick } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { canOwnServers, type OwnCluster, ownRedisCluster } from '../../scripts/own-servers.js';
import { systemTimer } from '../../src/click/batch.js';
import { createGuessWatch, createSharedGuesses } from '../../src/click/guessing.js';
import { createRedisLinks } from '../../src/click/redis-links.js';
import { createRedisSpool } from '../../src/click/redis-spool.js';
import type { Click } from '../../src/click/store.js';
import { classifyVisitor, readAgent } from '../../src/click/visitor.js';
import { createKeys } from '../../src/keys.js';
import { sharedLimiters } from '../../src/limiter.js';
import { mintLinks } from '../../src/link/mint.js';
import { createLiveBus, type LiveEvent } from '../../src/live.js';
import { openRedis, type RedisStore } from '../../src/redis.js';
import { startTestApp, type TestApp } from '../harness/app.js';

/** Runs where Redis's programs are installed: the cluster is its own. */
const describeCluster = process.env.TEST_REDIS_URL && canOwnServers() ? describe : describe.skip;

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; !(await condition()); tries += 1) {
    if (tries > 3_000) throw new Error('what was waited for never came');
    await delay(10);
  }
}

function click(id: string): Click {
  const visitor = classifyVisitor('GET', {}, readAgent('Mozilla/5.0'));
  return { id, by: 'code', key: 'bcdfghjk23', host: '', at: 0, visitor, visitorHash: '', asn: null };
}

describeCluster('a Redis cluster of three nodes', () => {
  const directory = mkdtempSync(join(tmpdir(), 'career-relay-cluster-'));
  let cluster: OwnCluster;
  let store: RedisStore;
  let app: TestApp;

  beforeAll(async () => {
    cluster = await ownRedisCluster(directory);
    // No deadline passes by itself: on a busy machine Redis would seem away.
    store = openRedis(cluster.urls, () => () => {}, 'cluster');
    await new Promise<void>((resolve) => store.onReady(resolve));
    app = await startTestApp('pglite', {
      env: { REDIS_URL: cluster.urls.join(',') },
      redisPrefix: 'cluster-app',
      timer: systemTimer,
    });
  }, 120_000);
  afterAll(async () => {
    await app?.close();
    await store?.close();
    await cluster?.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  test('links are spread over all nodes and found again', async () => {
    const links = createRedisLinks(store, app.db);
    const company = { id: app.deps.newId(), destinationUrl: 'https://own.example/', linkHost: null };
    const codes = Array.from({ length: 60 }, (_, index) => `bcdfghj${String(index + 222)}`);
    links.keepCompany(company);
    links.keepLinks(company.id, codes);
    const find = (code: string) => links.find({ by: 'code', key: code, host: '' });
    for (const code of codes) {
      await until(async () => (await find(code)) !== undefined);
      expect(await find(code)).toEqual({ code, destinationUrl: company.destinationUrl });
    }
    for (const url of cluster.urls) {
      const node = new Redis(url);
      expect((await node.keys('cluster:link:*')).length).toBeGreaterThan(5);
      node.disconnect();
    }
  });

  test('two processes share the spool: each click is handed to one', async () => {
    const [one, other] = [createRedisSpool(store, 'one'), createRedisSpool(store, 'other')];
    const ids = Array.from({ length: 700 }, (_, index) => `click-${index}`);
    await Promise.all(ids.map((id) => one.append(click(id))));
    const handed: string[] = [];
    const take = async (clicks: readonly Click[]) => void handed.push(...clicks.map(({ id }) => id));
    await Promise.all([one.drain(take), other.drain(take)]);
    expect(handed.sort()).toEqual([...ids].sort());
    expect(store.durable()).toBe(true);
  });

  test('live events go from process to process', async () => {
    const [one, other] = ['one', 'other'].map((me) => createLiveBus({ store, me }));
    const event: LiveEvent = { kind: 'clicks', companyId: 'a', counts: { human: 1 } };
    let heard: LiveEvent | undefined;
    other!.subscribe('a', (told) => {
      heard = told;
    });
    // Subscribed when the connection is up, which nothing tells: until it is heard.
    await until(() => {
      one!.publish(event);
      return heard !== undefined;
    });
    expect(heard).toEqual(event);
    one!.close();
    other!.close();
  });

  test('guesses are counted together', async () => {
    const keys = createKeys('secret-key-for-tests-0123456789abcdef');
    const watches = [1, 2].map(() => createGuessWatch(() => {}, createSharedGuesses(store, keys)));
    for (let miss = 0; miss < 15; miss += 1) for (const watch of watches) watch.missed('a', 0);
    await until(() => watches.some((watch) => watch.isBlocked('a', 1)));
    for (const watch of watches) watch.missed('a', 0);
    await until(() => watches.every((watch) => watch.isBlocked('a', 1)));
  });

  test('limits are counted together, and spread over the nodes', async () => {
    const keys = createKeys('secret-key-for-tests-0123456789abcdef');
    const limit = { name: 'cluster', points: 5, duration: 60 };
    const limiters = [1, 2].map(() => sharedLimiters(store, keys).exact(limit));
    for (const key of Array.from({ length: 20 }, (_, index) => `key-${index}`)) {
      const takes = Array.from({ length: 4 }, () => limiters.map((limiter) => limiter.consume(key))).flat();
      const taken = (await Promise.allSettled(takes)).filter(({ status }) => status === 'fulfilled');
      expect(taken).toHaveLength(5);
    }
    for (const url of cluster.urls) {
      const node = new Redis(url);
      expect((await node.keys('cluster:limit:*')).length).toBeGreaterThan(0);
      node.disconnect();
    }
  });

  test('a node dies: redirects go on, and every click is recorded', async () => {
    const company = await app.company({ name: 'Sakura', destinationUrl: 'https://own.example/{code}' });
    const codes = await mintLinks(
      app.deps,
      app.db,
      company.id,
      'api',
      Array.from({ length: 40 }, () => ({})),
    );
    const follow = async (code: string) => {
      const answer = await app.call(`/r/${code}`);
      expect([answer.status, answer.headers.get('location')]).toEqual([302, `https://own.example/${code}`]);
    };
    for (const code of codes.slice(0, 20)) await follow(code);
    await cluster.kill(0);
    for (const code of codes.slice(20)) await follow(code);
    await tick();
    const count = async () => {
      const [row] = await app.db.query<{ count: number }>(
        'SELECT count(DISTINCT code)::int AS count FROM clicks',
      );
      return row!.count;
    };
    await until(async () => (await count()) === codes.length);
  });
});
