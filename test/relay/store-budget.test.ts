import type { Db } from '../../src/db/db.js';
import { createRelay } from '../../src/relay/relay.js';
import { createSmtpEdge } from '../../src/relay/smtp-edge.js';
import { createStoreGuard } from '../../src/relay/store-budget.js';
import { createUpstream } from '../../src/relay/upstream.js';
import { startTestApp, type TestApp } from '../harness/app.js';
import { RawClient, ScriptedUpstream } from './peers.js';

/** A store that answers at once, or never. */
class FickleStore {
  hangs = false;
  asked = 0;

  constructor(private readonly inner: Db) {}

  get db(): Db {
    return { ...this.inner, query: (...question) => this.ask(() => this.inner.query(...question)) };
  }
  private async ask<T>(work: () => Promise<T>): Promise<T> {
    this.asked += 1;
    return this.hangs ? new Promise<T>(() => {}) : work();
  }
}

describe('store guard', () => {
  const heard: string[] = [];
  const events = { storeAway: () => heard.push('away'), storeBack: () => heard.push('back') };
  let at = 0;
  const guardOf = (budget: number) =>
    createStoreGuard({ db: {} as Db, events: events as never }, { budget, rest: 5_000 }, () => at);
  const never = () => new Promise<never>(() => {});
  beforeEach(() => {
    heard.length = 0;
    at = 0;
  });

  test('a message has one budget for all its questions', async () => {
    const store = guardOf(100).open();
    await store.ask(async () => {
      at += 100;
    });
    await expect(store.ask(async () => 'late')).rejects.toMatchObject({ name: 'DeadlineError' });
  });
  test('a store that hung is left alone for a while, then asked by one message', async () => {
    const guard = guardOf(10);
    await expect(guard.open().ask(never)).rejects.toMatchObject({ name: 'DeadlineError' });
    expect(guard.isAway()).toBe(true);
    at = 4_999;
    await expect(guard.open().ask(async () => 1)).rejects.toMatchObject({ message: 'the store is away' });
    at = 5_000;
    let answer: (value: number) => void = () => {};
    const probe = guard.open().ask(() => new Promise<number>((resolve) => (answer = resolve)));
    await expect(guard.open().ask(async () => 1)).rejects.toMatchObject({ message: 'the store is away' });
    answer(2);
    expect(await probe).toBe(2);
    expect(await guard.open().ask(async () => 3)).toBe(3);
    expect(heard).toEqual(['away', 'back']);
  });
  test('a probe that hangs prolongs the rest', async () => {
    const guard = guardOf(10);
    await guard
      .open()
      .ask(never)
      .catch(() => {});
    at = 5_000;
    await expect(guard.open().ask(never)).rejects.toMatchObject({ name: 'DeadlineError' });
    at = 9_999;
    await expect(guard.open().ask(async () => 1)).rejects.toMatchObject({ message: 'the store is away' });
    expect(heard).toEqual(['away']);
  });
  test('a store that fails fast is asked every time', async () => {
    const guard = guardOf(10);
    const broken = () => Promise.reject(new Error('refused'));
    await expect(guard.open().ask(broken)).rejects.toThrow('refused');
    expect(guard.isAway()).toBe(false);
  });
});

describe('a store that hangs', () => {
  let upstream: ScriptedUpstream;
  let app: TestApp;
  beforeAll(async () => {
    upstream = await ScriptedUpstream.start();
    app = await startTestApp('pglite', { env: { UPSTREAM_URL: upstream.url } });
  });
  afterAll(async () => {
    await app.close();
    await upstream.close();
  });

  test('costs one message its budget; the next go out unasked, until it answers again', async () => {
    const store = new FickleStore(app.db);
    const deps = { ...app.deps, db: store.db };
    const next = createUpstream(deps, deps.config.upstream);
    // No rest: the store is asked again by the first message after it came back.
    const limits = { budget: 60_000, rest: 0 };
    const relay = createRelay(deps, limits, 0);
    const edge = createSmtpEdge(deps, next, relay);
    const port = await edge.listen(0);
    const company = await app.company({ name: 'Example', policy: 'all' });
    const client = await RawClient.connect(port);
    await client.signIn(await app.smtpCredential(company.id));
    let sent = 0;
    async function send(): Promise<string> {
      sent += 1;
      for (const line of ['MAIL FROM:<a@example.jp>', 'RCPT TO:<b@example.com>', 'DATA'])
        await client.command(line);
      const head = `Subject: x\r\nMessage-ID: <slow-${sent}@example.jp>\r\nContent-Type: text/plain`;
      return (await client.command(`${head}\r\n\r\nDear candidate\r\n.`))[0]?.slice(0, 3) ?? '';
    }
    const carriesLink = () => upstream.received.at(-1)!.content.includes(deps.config.linkBaseUrl);

    expect(await send()).toBe('250');
    expect(carriesLink()).toBe(true);
    store.hangs = true;
    limits.budget = 50;
    const before = store.asked;
    expect(await send()).toBe('250');
    expect(carriesLink()).toBe(false);
    // The sender's company, its keys, its rules and its block, asked together, and the journal's row: once the store was
    // late nothing else was asked.
    expect(store.asked - before).toBe(5);
    store.hangs = false;
    limits.budget = 60_000;
    expect(await send()).toBe('250');
    expect(carriesLink()).toBe(true);
    client.close();
    await edge.close();
    await next.close();
  });
});
