import { setImmediate as tick } from 'node:timers/promises';
import type { Company } from '../../src/company/store.js';
import { mintLinks } from '../../src/link/mint.js';
import { OPERATOR_KEY, startTestApp, type TestApp } from '../harness/app.js';
import { describeOnDatabase } from '../harness/database.js';
import { signIn } from '../harness/member.js';
import { closeTestRedis, describeWithRedis, openTestRedis } from '../harness/redis.js';
import { TestTimer } from '../harness/timer.js';
import { BEHIND_PROXY, Candidate, linkOf, TARO } from '../registration/candidate.js';

type Message = Readonly<{ event: string | undefined; data: unknown }>;

/** Reads server-sent events as a browser does, and the signs of life as `{event: undefined}`. */
class Reader {
  private readonly chunks: ReadableStreamDefaultReader<Uint8Array>;
  private text = '';

  private constructor(readonly response: Response) {
    this.chunks = response.body!.getReader();
  }

  static async open(app: TestApp, cookie: string): Promise<Reader> {
    const response = await app.call('/dashboard/live', { headers: { cookie } });
    const reader = new Reader(response);
    expect(await reader.block()).toBe('retry: 3000');
    return reader;
  }

  private async block(): Promise<string | undefined> {
    for (;;) {
      const end = this.text.indexOf('\n\n');
      if (end >= 0) {
        const block = this.text.slice(0, end);
        this.text = this.text.slice(end + 2);
        return block;
      }
      const { value, done } = await this.chunks.read();
      if (done) return undefined;
      this.text += Buffer.from(value).toString();
    }
  }

  /** The next message; undefined when the server has ended the stream. */
  async next(): Promise<Message | undefined> {
    const block = await this.block();
    if (block === undefined) return undefined;
    const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1];
    return { event: field('event'), data: JSON.parse(field('data') ?? 'null') };
  }

  leave(): Promise<void> {
    return this.chunks.cancel();
  }
}

const END: Message = { event: 'end', data: {} };
const HUMAN = {
  'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0',
  accept: 'text/html',
};

describeOnDatabase('live dashboard', (engine) => {
  let app: TestApp;
  let time: TestTimer;
  let company: Company;
  let person: { cookie: string; memberId: string };
  let round = 0;

  beforeAll(async () => {
    time = new TestTimer();
    app = await startTestApp(engine, { ...BEHIND_PROXY, timer: time.timer });
  });
  afterAll(() => app.close());
  beforeEach(async () => {
    round += 1;
    company = await app.company({ name: `Sakura ${round}` });
    person = await signIn(app, { companyId: company.id, email: `a${round}@a.example`, role: 'viewer' });
  });

  async function click(of: Company = company, on = app): Promise<void> {
    const [code] = await mintLinks(app.deps, app.db, of.id, 'api', [{}]);
    expect((await on.call(`/r/${code}`, { headers: HUMAN })).status).toBe(302);
    // The event is told when the event loop has turned; the answer may be here before.
    await tick();
  }

  const changed = (human: number, registrations = 0): Message => ({
    event: 'changed',
    data: { clicks: human > 0 ? { human } : {}, registrations },
  });

  test('is for the company’s people, and kept by nobody on the way', async () => {
    expect((await app.call('/dashboard/live')).status).toBe(303);
    const operator = await signIn(app, { companyId: null, email: `o${round}@o.example`, role: 'operator' });
    expect((await app.call('/dashboard/live', { headers: { cookie: operator.cookie } })).status).toBe(403);
    const reader = await Reader.open(app, person.cookie);
    expect(reader.response.headers.get('content-type')).toMatch(/^text\/event-stream(;|$)/);
    expect(reader.response.headers.get('cache-control')).toBe('private, no-store, no-transform');
    expect(reader.response.headers.get('x-accel-buffering')).toBe('no');
    await reader.leave();
  });

  test('HEAD opens nothing', async () => {
    const answer = await app.call('/dashboard/live', { method: 'HEAD', headers: { cookie: person.cookie } });
    expect(await answer.text()).toBe('');
  });

  test('tells of the company’s own clicks, and of no other’s', async () => {
    const reader = await Reader.open(app, person.cookie);
    await click(await app.company({ name: 'Momiji' }));
    await click();
    expect(await reader.next()).toEqual(changed(1));
    await reader.leave();
  });

  test('sums up what happens within a second', async () => {
    const reader = await Reader.open(app, person.cookie);
    await click();
    expect(await reader.next()).toEqual(changed(1));
    await click();
    await click();
    time.pass(1_000);
    expect(await reader.next()).toEqual(changed(2));
    await reader.leave();
  });

  test('tells of a registration, and of its confirmation', async () => {
    const code = await linkOf(app, company.id);
    const reader = await Reader.open(app, person.cookie);
    const candidate = new Candidate(app);
    await candidate.register(`/join/${code}`, { ...TARO, email: `taro${round}@example.jp` });
    expect(await reader.next()).toEqual(changed(0, 1));
    time.pass(1_000);
    expect(await reader.next()).toEqual(changed(0, 1));
    await reader.leave();
  });

  test('tells of an agency’s report, of its reversal, and of a batch', async () => {
    const code = await linkOf(app, company.id);
    const reader = await Reader.open(app, person.cookie);
    const key = OPERATOR_KEY;
    const reported = (externalId: string) => ({ externalId, code, status: 'verified' });
    await app.call('/v1/registrations', { key, body: reported(`r-${round}`) });
    expect(await reader.next()).toEqual(changed(0, 1));
    const path = `/v1/registrations/r-${round}/reversal`;
    expect((await app.call(path, { key, body: { reason: 'an error' } })).status).toBe(201);
    time.pass(1_000);
    expect(await reader.next()).toEqual(changed(0, 1));
    await app.call('/v1/registrations/batch', { key, body: { registrations: [reported(`b-${round}`)] } });
    time.pass(1_000);
    expect(await reader.next()).toEqual(changed(0, 1));
    await reader.leave();
  });

  test('a sign-out ends the streams of that session, and of no other', async () => {
    const other = await signIn(app, { companyId: company.id, email: `b${round}@a.example`, role: 'viewer' });
    const [left, stays] = [await Reader.open(app, person.cookie), await Reader.open(app, other.cookie)];
    const page = await (await app.call('/dashboard', { headers: { cookie: person.cookie } })).text();
    const csrf = /name="csrf" value="([^"]+)"/.exec(page)![1]!;
    await fetch(`${app.baseUrl}/sign-out`, {
      method: 'POST',
      redirect: 'manual',
      headers: { cookie: person.cookie },
      body: new URLSearchParams({ csrf }),
    });
    expect(await left.next()).toEqual(END);
    expect(await left.next()).toBeUndefined();
    await click();
    expect(await stays.next()).toEqual(changed(1));
    await stays.leave();
  });

  test('a sign of life every 25 seconds, until the member is removed', async () => {
    const reader = await Reader.open(app, person.cookie);
    time.pass(25_000);
    expect(await reader.next()).toEqual({ event: undefined, data: null });
    await app.db.query('UPDATE members SET removed_at = $2 WHERE id = $1', [
      person.memberId,
      app.clock.now(),
    ]);
    time.pass(25_000);
    expect(await reader.next()).toEqual(END);
  });

  test('a session has three streams: the oldest ends for a fourth', async () => {
    const readers = [];
    for (let page = 0; page < 4; page += 1) readers.push(await Reader.open(app, person.cookie));
    expect(await readers[0]!.next()).toEqual(END);
    await click();
    for (const reader of readers.slice(1)) {
      expect(await reader.next()).toEqual(changed(1));
      await reader.leave();
    }
  });

  test('a page that was left is forgotten', async () => {
    const before = time.size;
    const reader = await Reader.open(app, person.cookie);
    expect(time.size).toBe(before + 1);
    await reader.leave();
    while (time.size > before) await tick();
  });

  test('the program ends although pages are open', async () => {
    const ending = await startTestApp(engine, { beside: app });
    const reader = await Reader.open(ending, person.cookie);
    await ending.close();
    expect(await reader.next()).toEqual(END);
  });

  describeWithRedis('between processes', () => {
    test('a click in one and a sign-out in one reach the page in the other', async () => {
      const redis = await openTestRedis();
      const shared = { beside: app, env: { REDIS_URL: redis.url }, redisPrefix: redis.prefix };
      const [one, other] = [await startTestApp(engine, shared), await startTestApp(engine, shared)];
      const channel = redis.store.key('live');
      while ((await redis.admin.pubsub('NUMSUB', channel))[1] !== 2) await tick();
      const reader = await Reader.open(other, person.cookie);
      const heard = reader.next();
      // Published only once this process's own connection is up, which nothing tells: until it is heard.
      let first: Message | undefined;
      void heard.then((message) => {
        first = message;
      });
      while (!first) await click(company, one);
      expect(first).toMatchObject({ event: 'changed', data: { registrations: 0 } });
      const page = await (await one.call('/dashboard', { headers: { cookie: person.cookie } })).text();
      const csrf = /name="csrf" value="([^"]+)"/.exec(page)![1]!;
      await fetch(`${one.baseUrl}/sign-out`, {
        method: 'POST',
        redirect: 'manual',
        headers: { cookie: person.cookie },
        body: new URLSearchParams({ csrf }),
      });
      expect(await reader.next()).toEqual(END);
      await one.close();
      await other.close();
      await closeTestRedis(redis);
    });
  });
});
