import { setImmediate as tick } from 'node:timers/promises';
import { createGuessWatch, createSharedGuesses } from '../../src/click/guessing.js';
import { createKeys } from '../../src/keys.js';
import { mintLinks } from '../../src/link/mint.js';
import { networkOf } from '../../src/network.js';
import { startTestApp, type TestApp } from '../harness/app.js';
import { describeEachDatabase } from '../harness/database.js';
import { closeTestRedis, describeWithRedis, openTestRedis, type TestRedis } from '../harness/redis.js';

describe('guessing', () => {
  test.each([
    ['203.0.113.5', '203.0.113.5'],
    ['::ffff:203.0.113.5', '203.0.113.5'],
    ['2001:db8:1:2:3:4:5:6', '20010db800010002'.replace(/^0+/, '')],
    ['', ''],
  ])('%s belongs to the network %s', (address, network) => {
    expect(networkOf(address)).toBe(network);
  });

  test('a network is stopped after 30 misses, once told of, and let go after ten minutes', () => {
    let alarms = 0;
    const watch = createGuessWatch(() => {
      alarms += 1;
    });
    expect(watch.idle).toBe(true);
    for (let miss = 1; miss <= 29; miss += 1) watch.missed('a', 0);
    expect(watch.isBlocked('a', 1)).toBe(false);
    watch.missed('a', 1);
    watch.missed('a', 2);
    expect([watch.isBlocked('a', 599_999), watch.isBlocked('b', 1), alarms]).toEqual([true, false, 1]);
    expect(watch.isBlocked('a', 600_000)).toBe(false);
    watch.missed('a', 600_000);
    expect(watch.isBlocked('a', 600_001)).toBe(false);
  });
});

describeWithRedis('guessing at two processes', () => {
  let redis: TestRedis;
  let alarms: string[];
  beforeEach(async () => {
    redis = await openTestRedis();
    alarms = [];
  });
  afterEach(() => closeTestRedis(redis));

  const watchOf = (name: string) =>
    createGuessWatch(
      () => alarms.push(name),
      createSharedGuesses(redis.store, createKeys('secret-key-for-tests-0123456789abcdef')),
    );
  /** Redis answers in order: once this is answered, what was sent before is counted. */
  const counted = async () => {
    await redis.store.run((client) => client.ping());
    await tick();
  };

  test('they share the count, and one of them tells of it', async () => {
    const [one, other] = [watchOf('one'), watchOf('other')];
    for (let miss = 0; miss < 20; miss += 1) one.missed('a', 0);
    for (let miss = 0; miss < 9; miss += 1) other.missed('a', 0);
    await counted();
    expect(other.isBlocked('a', 1)).toBe(false);
    other.missed('a', 1);
    await counted();
    expect([other.isBlocked('a', 2), one.isBlocked('a', 2), other.isBlocked('b', 2)]).toEqual([
      true,
      false,
      false,
    ]);
    // What the others counted is learned with the next miss.
    one.missed('a', 3);
    await counted();
    expect([one.isBlocked('a', 4), alarms]).toEqual([true, ['other']]);
    // The window began with the first miss, wherever it was.
    expect(one.isBlocked('a', 600_004)).toBe(false);
  });

  test('no address leaves the process', async () => {
    watchOf('one').missed('203.0.113.5', 0);
    await counted();
    const keys = await redis.admin.keys(`*${redis.prefix}*guesses*`);
    expect(keys).toHaveLength(1);
    expect(keys[0]).not.toContain('203.0.113');
  });

  test('while Redis is away each counts for itself', async () => {
    const watch = watchOf('one');
    await redis.store.close();
    for (let miss = 0; miss < 30; miss += 1) watch.missed('a', 0);
    await tick();
    expect([watch.isBlocked('a', 1), alarms]).toEqual([true, ['one']]);
  });
});

describeEachDatabase('guessing over HTTP', (engine) => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp(engine, { env: { TRUST_PROXY: 'loopback' } });
  });
  afterAll(() => app.close());

  test('who asked for many unknown codes finds none that exists; others do, and he does later', async () => {
    const company = await app.company({ name: 'Sakura' });
    const [code = ''] = await mintLinks(app.deps, app.db, company.id, 'api', [{}]);
    const from = (address: string, path: string) =>
      app.call(path, { headers: { 'x-forwarded-for': address } }).then((response) => response.status);
    for (let guess = 0; guess < 30; guess += 1) {
      expect(await from('203.0.113.5', guess % 2 ? '/r/bcdfghjk22' : '/r/nonsense')).toBe(404);
    }
    expect(await from('203.0.113.5', `/r/${code}`)).toBe(404);
    // A neighbour, maybe behind the same carrier, is not kept from his link.
    expect(await from('203.0.113.77', `/r/${code}`)).toBe(302);
    expect(await from('198.51.100.7', `/r/${code}`)).toBe(302);
    expect(await (await app.call('/metrics')).text()).toContain('career_relay_guessing_networks_total 1');
    app.clock.advance(600_000);
    expect(await from('203.0.113.5', `/r/${code}`)).toBe(302);
  });
});
