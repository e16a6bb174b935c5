import { mintLinks } from '../src/link/mint.js';
import { createLiveBus, type LiveEvent } from '../src/live.js';
import { startTestApp } from './harness/app.js';
import { describeOnDatabase } from './harness/database.js';
import { closeTestRedis, describeWithRedis, openTestRedis } from './harness/redis.js';

const EVENT: LiveEvent = { kind: 'clicks', companyId: 'one', counts: { human: 2 } };

describe('live events', () => {
  test('reach who listens for the company, after the publisher went on, until he leaves', async () => {
    const bus = createLiveBus();
    const heard: LiveEvent[] = [];
    const leave = bus.subscribe('one', (event) => heard.push(event));
    bus.publish(EVENT);
    bus.publish({ ...EVENT, companyId: 'other' });
    expect(heard).toEqual([]);
    await new Promise(setImmediate);
    expect(heard).toEqual([EVENT]);
    leave();
    bus.publish(EVENT);
    await new Promise(setImmediate);
    expect(heard).toEqual([EVENT]);
    bus.close();
  });
});

describeWithRedis('live events between processes', () => {
  test('reach the others once, and the publisher once', async () => {
    const redis = await openTestRedis();
    const buses = ['one', 'other'].map((me) => createLiveBus({ store: redis.store, me }));
    const heard: string[] = [];
    const hears = (index: number, name: string) =>
      new Promise<void>((resolve) => {
        buses[index]!.subscribe('one', () => {
          heard.push(name);
          resolve();
        });
      });
    const reached = Promise.all([hears(0, 'one'), hears(1, 'other')]);
    while ((await redis.admin.pubsub('NUMSUB', redis.store.key('live')))[1] !== 2)
      await new Promise(setImmediate);
    buses[0]!.publish(EVENT);
    await reached;
    expect(heard.sort()).toEqual(['one', 'other']);
    for (const bus of buses) bus.close();
    await closeTestRedis(redis);
  });
});

describeOnDatabase('live clicks', (engine) => {
  test('each commit of clicks is told, in counts', async () => {
    const app = await startTestApp(engine);
    const company = await app.company({ name: 'Sakura' });
    const [code = ''] = await mintLinks(app.deps, app.db, company.id, 'api', [{}]);
    const told = new Promise<LiveEvent>((resolve) => void app.deps.live.subscribe(company.id, resolve));
    await app.call(`/r/${code}`, { headers: { 'user-agent': 'curl/8.5.0' } });
    expect(await told).toEqual({ kind: 'clicks', companyId: company.id, counts: { bot: 1 } });
    await app.close();
  });
});
