import { networkInterfaces } from 'node:os';
import { startTestApp, type TestApp } from '../harness/app.js';
import { RawClient, ScriptedUpstream } from './peers.js';

describe('SMTP edge', () => {
  let upstream: ScriptedUpstream;
  let app: TestApp;
  let credential: { username: string; password: string };
  beforeAll(async () => {
    upstream = await ScriptedUpstream.start();
    upstream.offers = ['SIZE 100000'];
    app = await startTestApp('pglite', { env: { UPSTREAM_URL: upstream.url } });
    const company = await app.company({ name: 'Example', policy: 'explicit' });
    credential = await app.smtpCredential(company.id);
  });
  afterAll(async () => {
    await app.close();
    await upstream.close();
  });

  async function inData(): Promise<RawClient> {
    const client = await RawClient.connect(app.smtpPort);
    await client.signIn(credential);
    await client.command('MAIL FROM:<hr@example.jp>');
    await client.command('RCPT TO:<taro@example.com>');
    expect(await client.command('DATA')).toEqual([expect.stringMatching(/^354/)]);
    return client;
  }

  test('only what upstream takes is offered, and SIZE less what an insertion adds', async () => {
    const client = await RawClient.connect(app.smtpPort);
    expect(await client.signIn(credential)).toEqual([
      '250-localhost',
      '250-PIPELINING',
      '250-SIZE 34464',
      '250 AUTH PLAIN LOGIN',
    ]);
    expect(await client.command('MAIL FROM:<hr@example.jp> BODY=8BITMIME')).toEqual([
      expect.stringMatching(/^555 5\.5\.4/),
    ]);
    client.close();
  });

  test('a message past the limit is refused after the dot, and upstream sees nothing of it', async () => {
    const client = await inData();
    client.send(`${'x'.repeat(34_470)}\r\n.\r\n`);
    expect(await client.reply()).toEqual([expect.stringMatching(/^552 5\.3\.4/)]);
    expect(await client.command('NOOP')).toEqual(['250 2.0.0 OK']);
    expect(upstream.received).toEqual([]);
    client.close();
  });

  test('a client that leaves in the middle of its message sends nothing', async () => {
    const client = await inData();
    client.send('Subject: half\r\n\r\nhalf a mess');
    client.close();
    const next = await inData();
    next.send('Subject: whole\r\n\r\n.\r\n');
    expect((await next.reply())[0]).toMatch(/^250/);
    expect(upstream.received.map(({ content }) => content.toString())).toEqual(['Subject: whole\r\n\r\n']);
    next.close();
  });

  test('pipelined commands are answered in order', async () => {
    const client = await RawClient.connect(app.smtpPort);
    await client.signIn(credential);
    client.send('MAIL FROM:<a@example.jp>\r\nRCPT TO:<b@example.com>\r\nRCPT TO:<>\r\nRSET\r\nNOOP\r\n');
    const answers: (string | undefined)[] = [];
    for (let at = 0; at < 5; at += 1) answers.push((await client.reply())[0]?.slice(0, 9));
    expect(answers).toEqual(['250 2.1.0', '250 2.1.5', '501 5.1.3', '250 2.0.0', '250 2.0.0']);
    client.close();
  });

  const outside = Object.values(networkInterfaces())
    .flat()
    .find((one) => one?.family === 'IPv4' && !one.internal)?.address;
  (outside ? test : test.skip)('AUTH without TLS is for loopback only', async () => {
    const client = await RawClient.connect(app.smtpPort, outside);
    await client.reply();
    expect((await client.command('EHLO client.example')).join()).not.toMatch('AUTH');
    expect((await client.command('AUTH PLAIN AGEAYg=='))[0]).toMatch(/^538 5\.7\.11/);
    expect((await client.command('MAIL FROM:<a@example.jp>'))[0]).toMatch(/^530 5\.7\.0/);
    client.close();
  });

  test('guessing passwords is stopped, for the user and without locking the door to others', async () => {
    const guess = async (username: string) => {
      const client = await RawClient.connect(app.smtpPort);
      await client.reply();
      await client.command('EHLO client.example');
      const token = Buffer.from(`\0${username}\0wrong`).toString('base64');
      const [answer] = await client.command(`AUTH PLAIN ${token}`);
      client.close();
      return answer?.slice(0, 9);
    };
    for (let tries = 0; tries < 10; tries += 1) expect(await guess('relay-somebody')).toBe('535 5.7.8');
    expect(await guess('relay-somebody')).toBe('454 4.7.0');
    const client = await RawClient.connect(app.smtpPort);
    await client.signIn(credential);
    expect((await client.command('MAIL FROM:<a@example.jp>'))[0]).toMatch(/^250/);
    client.close();
  });

  test('at close what runs finishes, and who waits is dismissed', async () => {
    const idle = await RawClient.connect(app.smtpPort);
    await idle.signIn(credential);
    const busy = await inData();
    const closing = app.app.close();
    expect(await idle.reply()).toEqual([expect.stringMatching(/^421 4\.3\.2/)]);
    busy.send('Subject: last\r\n\r\n.\r\n');
    expect((await busy.reply())[0]).toMatch(/^250/);
    expect((await busy.reply())[0]).toMatch(/^421 4\.3\.2/);
    idle.close();
    busy.close();
    await closing;
    expect(upstream.received.at(-1)!.content.toString()).toBe('Subject: last\r\n\r\n');
  });
});
