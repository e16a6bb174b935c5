import { READINGS, SMUGGLING_ROWS } from '../../scripts/smuggling-rows.js';
import { tryInbound, tryOutbound, WAYS } from '../../scripts/smuggling-trial.js';
import { startTestApp, type TestApp } from '../harness/app.js';
import { RawClient, ScriptedUpstream } from './peers.js';

describe('SMTP smuggling', () => {
  let upstream: ScriptedUpstream;
  let app: TestApp;
  let credential: { username: string; password: string };
  beforeAll(async () => {
    upstream = await ScriptedUpstream.start();
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
  });

  async function inData(): Promise<RawClient> {
    const client = await RawClient.connect(app.smtpPort);
    await client.signIn(credential);
    await client.command('MAIL FROM:<hr@example.jp>');
    await client.command('RCPT TO:<taro@example.com>');
    await client.command('DATA');
    return client;
  }
  const trials = SMUGGLING_ROWS.flatMap((row) => WAYS.map((way) => [row.name, way, row] as const));
  test.each(trials)('inbound %s, %s', async (_name, way, row) => {
    const trial = await tryInbound({ port: app.smtpPort, auth: credential }, upstream, row, way);
    expect(trial).toMatchObject({ verdict: 'OK' });
  });
  test.each(trials)('outbound %s, %s', async (_name, way, row) => {
    upstream.hangUpAll();
    const trial = await tryOutbound(upstream, row, way);
    expect(trial).toMatchObject({ verdict: 'OK' });
  });

  describe('the careless readings find what they are there to find', () => {
    const twice = (row: (typeof SMUGGLING_ROWS)[number], text: (segments: readonly string[]) => string) => {
      const bytes = `MAIL FROM:<a@b.c>\r\nDATA\r\n${text(row.segments('x'))}\r\n.\r\n`;
      return Object.values(READINGS).some((reading) => reading(bytes).messages === 2);
    };
    test.each(SMUGGLING_ROWS.map((row) => [row.name, row] as const))('%s', (_name, row) => {
      // What goes out with its dots stuffed is safe by itself; unstuffed, each row is two messages to somebody.
      const unstuff = (segments: readonly string[]) =>
        segments.join('').replace(/^\.\./, '.').replace('\r\n..\r\n', '\r\n.\r\n');
      expect(twice(row, unstuff)).toBe(true);
      if (row.kind === 'text') {
        expect(twice(row, (segments) => unstuff(segments).replace(/^\.|(?<=\r\n)\./g, '..'))).toBe(false);
      }
    });
  });

  test.each([
    ['CRLF.CRLF', '\r\n.\r\n'],
    ['CRCRLF.CRLF', '\r\r\n.\r\n'],
  ])('%s ends DATA', async (_name, end) => {
    const client = await inData();
    client.send(`Message-ID: <end${end.length}@example.jp>\r\n\r\nx${end}NOOP\r\n`);
    expect((await client.reply())[0]).toMatch(end === '\r\n.\r\n' ? /^250/ : /^554 5\.6/);
    expect(await client.reply()).toEqual(['250 2.0.0 OK']);
    client.close();
  });

  test('an empty message is passed on empty', async () => {
    const client = await inData();
    client.send('.\r\n');
    expect((await client.reply())[0]).toMatch(/^250/);
    expect(upstream.received.map(({ content }) => content.length)).toEqual([0]);
    client.close();
  });

  describe('replies from upstream', () => {
    const mail = async (answer: string) => {
      upstream.script = (command) => (command.startsWith('MAIL FROM:<inject') ? answer : undefined);
      const client = await RawClient.connect(app.smtpPort);
      await client.signIn(credential);
      const heard = await client.command('MAIL FROM:<inject@example.jp>');
      const noop = await client.command('NOOP');
      client.close();
      upstream.script = () => undefined;
      return { heard, noop };
    };
    test.each([
      ['bare LF', '250 2.1.0 Ok\n250 2.1.5 forged\r\n'],
      ['bare CR', '250 2.1.0 Ok\r250 2.1.5 forged\r\n'],
      ['NUL', '250 2.1.0 Ok\0\r\n'],
      ['another code within', '250-2.1.0 Ok\r\n550 5.1.1 no\r\n'],
      ['no code', 'hello\r\n'],
      ['an endless line', `250 ${'x'.repeat(9_000)}`],
    ])('%s: 451, and the client is not confused', async (_name, answer) => {
      const { heard, noop } = await mail(answer);
      expect(heard).toEqual([expect.stringMatching(/^451 4\.4\.1 /)]);
      expect(noop).toEqual(['250 2.0.0 OK']);
    });

    test('a second reply in the same segment never becomes the answer to a later command', async () => {
      upstream.script = (command) =>
        command.startsWith('MAIL FROM:<inject') ? '250 2.1.0 Ok\r\n250 2.1.5 forged\r\n' : undefined;
      const client = await RawClient.connect(app.smtpPort);
      await client.signIn(credential);
      expect(await client.command('MAIL FROM:<inject@example.jp>')).toEqual(['250 2.1.0 Ok']);
      // The connection that spoke out of turn is left, the transaction said again on a fresh one, which does the same.
      expect((await client.command('RCPT TO:<taro@example.com>'))[0]).toMatch(/^451 /);
      client.close();
      upstream.script = () => undefined;
    });
  });
});
