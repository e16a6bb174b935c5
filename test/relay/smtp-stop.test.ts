import { startTestApp, type TestApp } from '../harness/app.js';
import { TestEdge } from './edge.js';
import { RawClient, ScriptedUpstream } from './peers.js';

const SHUTTING_DOWN = ['421 4.3.2 Shutting down, come back soon'];

describe('the SMTP hook stops', () => {
  let next: ScriptedUpstream;
  let app: TestApp;
  let edge: TestEdge;
  let credential: { username: string; password: string };
  beforeAll(async () => {
    next = await ScriptedUpstream.start();
    app = await startTestApp('pglite');
    const company = await app.company({ name: 'Example', policy: 'explicit' });
    credential = await app.smtpCredential(company.id);
  });
  afterAll(async () => {
    await app.close();
    await next.close();
  });
  beforeEach(async () => {
    next.received.length = 0;
    edge = await TestEdge.start(app, next, { options: { grace: 1_000 } });
  });
  afterEach(() => edge.close());

  async function withRecipient(): Promise<RawClient> {
    const client = await RawClient.connect(edge.port);
    await client.signIn(credential);
    await client.command('MAIL FROM:<hr@example.jp>');
    expect((await client.command('RCPT TO:<taro@example.com>'))[0]).toMatch(/^250/);
    return client;
  }

  test('a transaction that has begun is finished, then the client is sent away', async () => {
    const client = await withRecipient();
    const closing = edge.edge.close();
    expect((await client.command('DATA'))[0]).toMatch(/^354/);
    client.send('Subject: last\r\n\r\n.\r\n');
    expect((await client.reply())[0]).toMatch(/^250/);
    expect(await client.reply()).toEqual(SHUTTING_DOWN);
    await closing;
    expect(next.received.map(({ content }) => content.toString())).toEqual(['Subject: last\r\n\r\n']);
  });

  test('who has not come as far as DATA in half the time is told to come back', async () => {
    const [idle, dawdling] = [await edge.connect(), await withRecipient()];
    await idle.reply();
    const closing = edge.edge.close();
    expect(await idle.reply()).toEqual(SHUTTING_DOWN);
    expect(await dawdling.reply()).toEqual(SHUTTING_DOWN);
    await closing;
    expect(next.received).toEqual([]);
  });

  test('content that does not end in time is given up: nothing of it reaches upstream', async () => {
    const client = await withRecipient();
    expect((await client.command('DATA'))[0]).toMatch(/^354/);
    const closing = edge.edge.close();
    client.send('Subject: never ends\r\n\r\n');
    expect(await client.reply()).toEqual(SHUTTING_DOWN);
    await closing;
    expect(next.received).toEqual([]);
  });

  test('before it stops, who is there is sent away and who comes is served', async () => {
    const before = await edge.connect();
    await before.reply();
    edge.edge.retire();
    expect(await before.reply()).toEqual(SHUTTING_DOWN);
    const after = await withRecipient();
    expect((await after.command('DATA'))[0]).toMatch(/^354/);
    after.send('Subject: served\r\n\r\n.\r\n');
    expect((await after.reply())[0]).toMatch(/^250/);
    after.close();
  });
});
