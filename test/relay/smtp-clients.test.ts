import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import Encoding from 'encoding-japanese';
import nodemailer from 'nodemailer';
import { startTestApp, type TestApp } from '../harness/app.js';
import { testWith } from '../harness/programs.js';
import { RawClient } from './peers.js';

const run = promisify(execFile);

const TEXT = '慎重に選考を行いました結果、誠に残念ながら今回は採用を見送らせていただくこととなりました。';
const header = (charset: string, encoding: string) =>
  [
    'From: hr@example.jp',
    'To: taro@example.com',
    'Subject: result',
    `Message-ID: <${charset}-${Math.random()}@example.jp>`,
    'MIME-Version: 1.0',
    `Content-Type: text/plain; charset=${charset}`,
    `Content-Transfer-Encoding: ${encoding}`,
    '',
    '',
  ].join('\r\n');

const UTF8 = Buffer.from(`${header('UTF-8', '8bit')}山田様\r\n\r\n${TEXT}\r\n..dots\r\n`);
const JIS = Buffer.concat([
  Buffer.from(header('ISO-2022-JP', '7bit')),
  Buffer.from(
    Encoding.convert(Encoding.stringToCode(`山田様\r\n\r\n${TEXT}\r\n`), { from: 'UNICODE', to: 'JIS' }),
  ),
]);

describe('SMTP clients in the field', () => {
  let app: TestApp;
  let credential: { username: string; password: string };
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'career-relay-clients-'));
    app = await startTestApp('pglite');
    const company = await app.company({ name: 'Example', slug: 'example', policy: 'auto' });
    credential = await app.smtpCredential(company.id);
  });
  afterAll(async () => {
    await app.close();
    rmSync(folder, { recursive: true, force: true });
  });

  // Mails and rows are named and sorted by time.
  beforeEach(() => app.clock.advance(1_000));

  /** Cuts out of the newest mail what the journal says was inserted. */
  async function undone(): Promise<{ sent: Buffer; original: Buffer }> {
    const sent = app.outbox().at(-1)!;
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve));
      const rows = await app.db.query<{ ranges: { at: number; length: number }[]; action: string }>(
        'SELECT ranges, action FROM messages ORDER BY id',
      );
      if (rows.length < app.outbox().length) continue;
      let at = 0;
      const pieces = rows.at(-1)!.ranges.map((range) => {
        const piece = sent.subarray(at, range.at);
        at = range.at + range.length;
        return piece;
      });
      expect(rows.at(-1)!.action).toBe('inserted');
      return { sent, original: Buffer.concat([...pieces, sent.subarray(at)]) };
    }
  }

  const MAILS: readonly (readonly [string, Buffer])[] = [
    ['UTF-8', UTF8],
    ['ISO-2022-JP', JIS],
  ];
  testWith('swaks').each(MAILS)(
    'swaks, %s: what arrives less what was inserted is what was sent',
    async (charset, content) => {
      const path = join(folder, `${charset}.eml`);
      writeFileSync(path, content.toString('latin1').replaceAll('\r\n', '\n'), 'latin1');
      const { username, password } = credential;
      const server = [
        '--server',
        `127.0.0.1:${app.smtpPort}`,
        '--from',
        'hr@example.jp',
        '--to',
        'taro@example.com',
      ];
      const auth = ['--auth', 'LOGIN', '--auth-user', username, '--auth-password', password];
      await run('swaks', [...server, ...auth, '--data', `@${path}`]);
      const { sent, original } = await undone();
      expect(sent.length).toBeGreaterThan(content.length);
      // swaks ends the content with a line end of its own.
      expect(original.toString('latin1').trimEnd()).toBe(content.toString('latin1').trimEnd());
    },
  );

  testWith('curl')('curl', async () => {
    const path = join(folder, 'curl.eml');
    writeFileSync(path, UTF8.toString('latin1').replace(/<UTF-8-/, '<curl-'), 'latin1');
    const { username, password } = credential;
    const envelope = [
      '--mail-from',
      'hr@example.jp',
      '--mail-rcpt',
      'taro@example.com',
      '--upload-file',
      path,
    ];
    await run('curl', [
      '-sS',
      ...envelope,
      '-u',
      `${username}:${password}`,
      `smtp://127.0.0.1:${app.smtpPort}`,
    ]);
    expect((await undone()).original).toEqual(readFileSync(path));
  });

  testWith('python3')('Python smtplib', async () => {
    const path = join(folder, 'python.eml');
    writeFileSync(path, JIS.toString('latin1').replace(/<ISO-2022-JP-/, '<python-'), 'latin1');
    const script = `
import smtplib, sys
host = smtplib.SMTP("127.0.0.1", int(sys.argv[1]))
host.login(sys.argv[2], sys.argv[3])
host.sendmail("hr@example.jp", ["taro@example.com"], open(sys.argv[4], "rb").read())
host.quit()
`;
    const { username, password } = credential;
    await run('python3', ['-c', script, String(app.smtpPort), username, password, path]);
    expect((await undone()).original).toEqual(readFileSync(path));
  });

  test('nodemailer', async () => {
    const transport = nodemailer.createTransport({
      host: '127.0.0.1',
      port: app.smtpPort,
      ignoreTLS: true,
      auth: { user: credential.username, pass: credential.password },
    });
    const sent = await transport.sendMail({
      from: 'hr@example.jp',
      to: 'taro@example.com',
      subject: '選考結果のご連絡',
      text: TEXT,
      html: `<p>${TEXT}</p>`,
    });
    transport.close();
    expect(sent.response).toMatch(/^250 2\.0\.0 Ok: written as /);
    expect((await undone()).original.toString()).not.toContain(app.deps.config.linkBaseUrl);
  });

  test('a client that sends one byte at a time', async () => {
    const content = Buffer.from(UTF8.toString('latin1').replace(/<UTF-8-/, '<slow-'), 'latin1');
    const client = await RawClient.connect(app.smtpPort);
    await client.signIn(credential);
    await client.command('MAIL FROM:<hr@example.jp>');
    await client.command('RCPT TO:<taro@example.com>');
    await client.command('DATA');
    await client.sendSlowly(
      Buffer.from(`${content.toString('latin1').replace('\r\n..', '\r\n...')}.\r\n`, 'latin1'),
    );
    expect((await client.reply())[0]).toMatch(/^250/);
    client.close();
    expect((await undone()).original).toEqual(content);
  });

  test('a message larger than memory holds goes through a file, whole', async () => {
    const filler = `${'x'.repeat(70)}\r\n`.repeat(20_000);
    const content = Buffer.from(`${header('UTF-8', '8bit')}${TEXT}\r\n${filler}`);
    const client = await RawClient.connect(app.smtpPort);
    await client.signIn(credential);
    await client.command('MAIL FROM:<hr@example.jp>');
    await client.command('RCPT TO:<taro@example.com>');
    await client.command('DATA');
    client.send(Buffer.concat([content, Buffer.from('.\r\n')]));
    expect((await client.reply())[0]).toMatch(/^250/);
    client.close();
    expect(app.outbox().at(-1)!.length).toBeGreaterThanOrEqual(content.length);
  });
});
