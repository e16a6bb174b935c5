import { startTestApp, type TestApp } from '../harness/app.js';
import { type EdgeWishes, sendMail, TestEdge } from './edge.js';
import { type RawClient, ScriptedUpstream } from './peers.js';

describe('limits of the SMTP edge', () => {
  let upstream: ScriptedUpstream;
  let app: TestApp;
  let edge: TestEdge;
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
  beforeEach(() => {
    upstream.received.length = 0;
    upstream.commands.length = 0;
    upstream.script = () => undefined;
  });
  afterEach(() => edge.close());
  async function start(wishes: EdgeWishes): Promise<void> {
    edge = await TestEdge.start(app, upstream, wishes);
  }
  async function signedIn(): Promise<RawClient> {
    const client = await edge.connect();
    await client.signIn(credential);
    return client;
  }
  async function inData(): Promise<RawClient> {
    const client = await signedIn();
    for (const line of ['MAIL FROM:<a@example.jp>', 'RCPT TO:<b@example.com>']) await client.command(line);
    expect((await client.command('DATA'))[0]).toMatch(/^354/);
    return client;
  }

  test('messages per minute, of a credential over all its connections', async () => {
    await start({ env: { SMTP_RATE: '2' } });
    const [one, other] = [await signedIn(), await signedIn()];
    expect((await sendMail(one)).at(-1)).toBe('250 2.0.0');
    expect((await sendMail(other)).at(-1)).toBe('250 2.0.0');
    expect(await sendMail(one)).toEqual(['451 4.7.1']);
    expect(await sendMail(other)).toEqual(['451 4.7.1']);
    const company = await app.company({ name: 'Other', policy: 'explicit' });
    const third = await edge.connect();
    await third.signIn(await app.smtpCredential(company.id));
    expect((await sendMail(third)).at(-1)).toBe('250 2.0.0');
    for (const client of [one, other, third]) client.close();
  });

  test('recipients of a message: those past the limit are put off, the others are served', async () => {
    await start({ options: { limits: { recipients: 2 } } });
    const client = await signedIn();
    const answers: (string | undefined)[] = [];
    for (const line of [
      'MAIL FROM:<a@example.jp>',
      ...[1, 2, 3, 4].map((n) => `RCPT TO:<r${n}@example.com>`),
    ])
      answers.push((await client.command(line))[0]?.slice(0, 9));
    expect(answers.map((answer) => answer?.slice(0, 3))).toEqual(['250', '250', '250', '452', '452']);
    expect(answers.at(-1)).toBe('452 4.5.3');
    await client.command('DATA');
    expect((await client.command('Subject: x\r\n\r\n.'))[0]).toMatch(/^250/);
    expect(upstream.received[0]!.rcpt).toEqual(['RCPT TO:<r1@example.com>', 'RCPT TO:<r2@example.com>']);
    client.close();
  });

  test('connections of an address, and in all', async () => {
    await start({ env: { SMTP_MAX_CONNECTIONS_PER_ADDRESS: '1' } });
    const first = await edge.greeted();
    const second = await edge.connect();
    expect((await second.reply())[0]).toMatch(/^421 4\.7\.0/);
    expect(await second.line()).toBeUndefined();
    first.send('QUIT\r\n');
    while ((await first.line()) !== undefined);
    first.close();
    await edge.close();
    await start({ env: { SMTP_MAX_CONNECTIONS: '1', TRUSTED_SMTP_PEERS: '127.0.0.1' } });
    const third = await edge.greeted();
    const fourth = await edge.connect();
    expect((await fourth.reply())[0]).toMatch(/^421 4\.7\.0/);
    third.close();
  });
  test('connections of a credential', async () => {
    await start({ env: { SMTP_MAX_CONNECTIONS_PER_CREDENTIAL: '1' } });
    const first = await signedIn();
    const second = await edge.greeted();
    const token = Buffer.from(`\0${credential.username}\0${credential.password}`).toString('base64');
    expect((await second.command(`AUTH PLAIN ${token}`))[0]).toMatch(/^421 4\.7\.0/);
    first.send('QUIT\r\n');
    while ((await first.line()) !== undefined);
    const third = await edge.greeted();
    expect((await third.command(`AUTH PLAIN ${token}`))[0]).toMatch(/^235/);
    third.close();
  });
  test('a place is free again when its client has left', async () => {
    await start({ env: { SMTP_MAX_CONNECTIONS_PER_ADDRESS: '1' } });
    for (let round = 0; round < 3; round += 1) {
      const client = await edge.greeted();
      client.send('QUIT\r\n');
      client.socket.end();
      await new Promise((resolve) => client.socket.once('close', resolve));
    }
  });

  test('bad commands end the session', async () => {
    await start({ options: { limits: { badCommands: 4 } } });
    const client = await edge.greeted();
    for (const line of ['WHAT', 'DATA', 'RCPT TO:<b@example.com>'])
      expect((await client.command(line))[0]).toMatch(/^50[03] /);
    expect((await client.command('MAIL FROM:<a@example.jp>'))[0]).toMatch(/^530 5\.7\.0/);
    expect((await client.reply())[0]).toMatch(/^421 4\.7\.0/);
    expect(await client.line()).toBeUndefined();
  });
  test('20 bad commands, and not 10, by default', async () => {
    await start({});
    const client = await edge.greeted();
    for (let bad = 1; bad < 20; bad += 1) expect((await client.command('WHAT'))[0]).toMatch(/^500 /);
    expect((await client.command('WHAT'))[0]).toMatch(/^500 /);
    expect((await client.reply())[0]).toMatch(/^421 4\.7\.0/);
    expect(await client.line()).toBeUndefined();
  });
  test('a browser is sent away before it can say more', async () => {
    await start({});
    const client = await edge.connect();
    await client.reply();
    client.send('POST / HTTP/1.1\r\nHost: relay.example\r\n\r\nEHLO evil.example\r\n');
    expect((await client.reply())[0]).toMatch(/^421 4\.7\.0/);
    expect(await client.line()).toBeUndefined();
  });
  test('what upstream refuses does not count as bad', async () => {
    await start({ options: { limits: { badCommands: 2 } } });
    upstream.script = (command) => (command.startsWith('RCPT') ? '501 5.1.3 no such address' : undefined);
    const client = await signedIn();
    await client.command('MAIL FROM:<a@example.jp>');
    for (let bad = 0; bad < 5; bad += 1)
      expect((await client.command('RCPT TO:<b@example.com>'))[0]).toMatch(/^501 5\.1\.3/);
    client.close();
  });

  test('wrong passwords from one address close the door to it', async () => {
    await start({ options: { signIn: { perAddress: 3, perUser: 10, deadline: 10_000 } } });
    const tryWith = async (username: string, password: string) => {
      const client = await edge.greeted();
      const token = Buffer.from(`\0${username}\0${password}`).toString('base64');
      const [answer] = await client.command(`AUTH PLAIN ${token}`);
      client.close();
      return answer?.slice(0, 9);
    };
    for (const name of ['one', 'two', 'three']) expect(await tryWith(name, 'wrong')).toBe('535 5.7.8');
    expect(await tryWith('four', 'wrong')).toBe('454 4.7.0');
    expect(await tryWith(credential.username, credential.password)).toBe('454 4.7.0');
  });

  test('a silent client is dismissed', async () => {
    await start({ options: { idle: 50 } });
    const client = await edge.connect();
    expect((await client.reply())[0]).toMatch(/^220 /);
    expect((await client.reply())[0]).toMatch(/^421 /);
    expect(await client.line()).toBeUndefined();
  });
  test('a session ends after its time', async () => {
    await start({ options: { limits: { session: 50 } } });
    const client = await edge.connect();
    expect((await client.reply())[0]).toMatch(/^220 /);
    expect((await client.reply())[0]).toMatch(/^421 4\.4\.2/);
  });
  test('a session past its time ends with its transaction', async () => {
    await start({ options: { limits: { session: 1_000 } } });
    const client = await inData();
    // Its time began later, so when it is over that of the first is.
    const witness = await edge.greeted();
    expect((await witness.reply())[0]).toMatch(/^421 4\.4\.2/);
    client.send('Subject: x\r\n\r\n.\r\n');
    expect((await client.reply())[0]).toMatch(/^250/);
    expect((await client.reply())[0]).toMatch(/^421 4\.4\.2/);
  });
  test('a transaction that is held open past the session is cut off', async () => {
    await start({ options: { limits: { session: 20, data: 20 } } });
    const client = await signedIn();
    await client.command('MAIL FROM:<a@example.jp>');
    for (let line = await client.line(); line !== undefined; line = await client.line())
      expect(line).toMatch(/^(250|421 4\.4\.2)/);
  });

  test('content that trickles is cut off, and upstream sees nothing of it', async () => {
    await start({ options: { limits: { paceWindow: 60, paceOctets: 1_000 } } });
    const client = await inData();
    const trickle = setInterval(() => client.send('x'), 10);
    expect((await client.reply())[0]).toMatch(/^421 4\.4\.2/);
    clearInterval(trickle);
    expect(upstream.received).toEqual([]);
    expect(upstream.commands).not.toContain('DATA');
    client.close();
  });
  test('content that takes too long in all is cut off', async () => {
    await start({ options: { limits: { data: 60 } } });
    const client = await inData();
    client.send('Subject: x\r\n');
    expect((await client.reply())[0]).toMatch(/^421 4\.4\.2/);
    client.close();
  });
  test('a message far past SIZE is cut off before its dot', async () => {
    await start({ options: { limits: { overrun: 1_000 } } });
    const client = await inData();
    client.send('x'.repeat(60_000));
    expect((await client.reply())[0]).toMatch(/^552 5\.3\.4/);
    expect(await client.line()).toBeUndefined();
    expect(upstream.commands).not.toContain('DATA');
  });
});
