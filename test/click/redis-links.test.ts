import { setTimeout as delay } from 'node:timers/promises';
import { createRedisLinks, type RedisLinks } from '../../src/click/redis-links.js';
import type { Db } from '../../src/db/db.js';
import { mintLinks } from '../../src/link/mint.js';
import { startTestApp, type TestApp } from '../harness/app.js';
import { describeEachDatabase } from '../harness/database.js';
import { closeTestRedis, describeWithRedis, openTestRedis, type TestRedis } from '../harness/redis.js';

/** Lets the event loop turn between two looks: what is waited for could not come otherwise. */
async function eventually<T>(read: () => Promise<T | undefined>): Promise<T> {
  for (let tries = 0; tries < 3_000; tries += 1) {
    const found = await read();
    if (found !== undefined) return found;
    await delay(10);
  }
  throw new Error('what was waited for never came');
}

describeWithRedis('links in Redis', () => {
  describeEachDatabase('while the database is away', (engine) => {
    let app: TestApp;
    let redis: TestRedis;
    let links: RedisLinks;
    beforeAll(async () => {
      redis = await openTestRedis();
      app = await startTestApp(engine, { env: { REDIS_URL: redis.url }, redisPrefix: redis.prefix });
      links = createRedisLinks(redis.store, app.db);
      // The program's own connection comes up by itself; what is minted before is not remembered.
      await eventually(async () => {
        app.deps.linkCache?.keepStatic('ready', 'ready', 'bcdfghjk23');
        return (await redis.admin.get(redis.store.spreadKey('slug:ready'))) ?? undefined;
      });
    });
    afterAll(async () => {
      await app.close();
      await closeTestRedis(redis);
    });

    test("a freshly minted link leads to its company's destination", async () => {
      const company = await app.company({ name: 'Own', destinationUrl: 'https://own.example/{code}' });
      const [code = ''] = await mintLinks(app.deps, app.db, company.id, 'api', [{}]);
      const found = await eventually(() => links.find({ by: 'code', key: code, host: '' }));
      expect(found).toEqual({ code, destinationUrl: 'https://own.example/{code}' });
    });

    test('a destination that changes changes for the links that were minted before', async () => {
      const company = await app.company({ name: 'Changing' });
      const [code = ''] = await mintLinks(app.deps, app.db, company.id, 'api', [{}]);
      const find = () => links.find({ by: 'code', key: code, host: '' });
      expect((await eventually(find)).destinationUrl).toBeNull();
      const key = await app.apiKey(company.id, ['admin']);
      const body = { destinationUrl: 'https://changed.example/' };
      await app.call(`/v1/companies/${company.id}`, { method: 'PATCH', key, body });
      const changed = await eventually(async () => (await find())?.destinationUrl ?? undefined);
      expect(changed).toBe('https://changed.example/');
    });

    test("a static link is found by its slug, a code on its company's host alone", async () => {
      const company = await app.company({ name: 'Host', slug: 'host-co', linkHost: 'go.host.example' });
      const [code = ''] = await mintLinks(app.deps, app.db, company.id, 'api', [{}]);
      const byHost = await eventually(() => links.find({ by: 'host', key: code, host: 'go.host.example' }));
      expect(byHost.code).toBe(code);
      expect(await links.find({ by: 'host', key: code, host: 'elsewhere.example' })).toBeUndefined();
      const stored = await app.db.query<{ code: string }>(
        `SELECT code FROM links WHERE company_id = $1 AND kind = 'static'`,
        [company.id],
      );
      expect((await links.find({ by: 'slug', key: 'host-co', host: '' }))?.code).toBe(stored[0]!.code);
    });

    test('a link that was forgotten is remembered again when it is followed', async () => {
      const company = await app.company({ name: 'Followed' });
      const [code = ''] = await mintLinks(app.deps, app.db, company.id, 'api', [{}]);
      const find = () => links.find({ by: 'code', key: code, host: '' });
      await eventually(find);
      await redis.admin.del(redis.store.spreadKey(`link:${code}`));
      expect(await find()).toBeUndefined();
      await app.call(`/r/${code}`);
      expect((await eventually(find)).code).toBe(code);
    });

    test('whenever Redis comes up, it is told of all companies', async () => {
      const company = await app.company({
        name: 'Before',
        slug: 'before',
        destinationUrl: 'https://b.example/',
      });
      await redis.admin.del(redis.store.spreadKey(`company:${company.id}`));
      const again = createRedisLinks(redis.store, app.db);
      const found = await eventually(() => again.find({ by: 'slug', key: 'before', host: '' }));
      expect(found.destinationUrl).toBe('https://b.example/');
    });

    test('nothing is known, and nobody waits, while Redis is away', async () => {
      const other = await openTestRedis();
      const away = createRedisLinks(other.store, app.db as Db);
      await closeTestRedis(other);
      expect(await away.find({ by: 'code', key: 'bcdfghjk23', host: '' })).toBeUndefined();
    });
  });
});
