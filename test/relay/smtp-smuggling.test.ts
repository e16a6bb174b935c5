import { startTestApp, type TestApp } from '../harness/app.js';
import { RawClient, ScriptedUpstream } from './peers.js';

const SECOND =
  'MAIL FROM:<evil@example.jp>\r\nRCPT TO:<victim@example.com>\r\nDATA\r\nSubject: smuggled\r\n\r\nx';

/** What stands between the first message and the smuggled one; none of these ends DATA. */
const SEQUENCES: readonly (readonly [string, string])[] = [
  ['LF.LF', '\n.\n'],
  ['LF.CRLF', '\n.\r\n'],
  ['CRLF.LF', '\r\n.\n'],
  ['CR.CR', '\r.\r'],
  ['CR.CRLF', '\r.\r\n'],
  ['CRLF.CR', '\r\n.\r'],
  ['LF.CR', '\n.\r'],
  ['CR.LF', '\r.\n'],
  ['CRLF NUL.CRLF', '\r\n\0.\r\n'],
  ['CRLF.NUL CRLF', '\r\n.\0\r\n'],
  ['CRLF.SP CRLF', '\r\n. \r\n'],
  ['CRLF.CRCRLF', '\r\n.\r\r\n'],
  ['LFLF.CRLFCRLF', '\n\n.\r\n\r\n'],
  ['CRLF..CRLF', '\r\n..\r\n'],
];
/** Those that hold a bare CR or LF are refused; the others are text. */
const BARE = /\r(?!\n)|(?<!\r)\n/;

describe('SMTP smuggling', () => {
  let upstream: ScriptedUpstream;
  let app: TestApp;
  let credential: { username: string; password: string };
  let sent = 0;
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
  async function smuggle(sequence: string, slowly: boolean) {
    const client = await inData();
    sent += 1;
    const content = `Subject: first\r\nMessage-ID: <s${sent}@example.jp>\r\n\r\nfirst${sequence}${SECOND}`;
    const bytes = Buffer.from(`${content}\r\n.\r\n`, 'latin1');
    if (slowly) await client.sendSlowly(bytes);
    else client.send(bytes);
    const answer = await client.reply();
    const next = await client.command('NOOP');
    client.close();
    return { content: `${content}\r\n`, answer, next };
  }

  describe.each([
    ['one segment', false],
    ['byte by byte', true],
  ])('as %s', (_, slowly) => {
    test.each(SEQUENCES)('%s', async (_name, sequence) => {
      const { content, answer, next } = await smuggle(sequence, slowly);
      expect(next).toEqual(['250 2.0.0 OK']);
      expect(upstream.commands.filter((command) => command.includes('evil'))).toEqual([]);
      if (BARE.test(sequence)) {
        expect(answer[0]).toMatch(/^554 5\.6\./);
        expect(upstream.received).toEqual([]);
        return;
      }
      expect(answer[0]).toMatch(/^250 /);
      expect(upstream.received).toHaveLength(1);
      // RFC 5321 §4.5.2: the first dot of a line that has more on it is not the sender's.
      const unstuffed = content.replace(/\r\n\./g, '\r\n');
      expect(upstream.received[0]!.content.toString('latin1')).toBe(unstuffed);
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

  test('a first line of two dots as its own segment is text', async () => {
    const client = await inData();
    await client.sendSlowly(Buffer.from('..'));
    client.send(`\r\n${SECOND}\r\n.\r\n`);
    expect((await client.reply())[0]).toMatch(/^250/);
    expect(upstream.received.map(({ content }) => content.toString('latin1'))).toEqual([
      `.\r\n${SECOND}\r\n`,
    ]);
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
