import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startTestApp, type TestApp } from '../harness/app.js';
import { describeWith, pathOf } from '../harness/programs.js';
import { arrival, journal, nextEntry, withoutInsertions } from './arrival.js';
import { type Certificate, makeCertificate } from './certificate.js';
import { CHARSETS, letter } from './letters.js';
import { ScriptedUpstream } from './peers.js';

describeWith(['msmtp', 'openssl'], 'msmtp, with STARTTLS and AUTH', () => {
  let certificate: Certificate;
  let upstream: ScriptedUpstream;
  let app: TestApp;
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'career-relay-msmtp-'));
    certificate = makeCertificate();
    upstream = await ScriptedUpstream.start();
    const env = {
      UPSTREAM_URL: upstream.url,
      SMTP_TLS_CERT: certificate.certPath,
      SMTP_TLS_KEY: certificate.keyPath,
    };
    app = await startTestApp('pglite', { env });
    const credential = await app.smtpCredential((await app.company({ name: 'Example', policy: 'auto' })).id);
    const account = [
      'account default',
      'host localhost',
      `port ${app.smtpPort}`,
      'tls on',
      'tls_starttls on',
      `tls_trust_file ${certificate.certPath}`,
      'auth on',
      `user ${credential.username}`,
      `password ${credential.password}`,
      'from hr@example.jp',
      'set_from_header off',
      'set_date_header off',
      'set_msgid_header off',
      'undisclosed_recipients off',
    ];
    writeFileSync(join(folder, 'msmtprc'), `${account.join('\n')}\n`, { mode: 0o600 });
  }, 60_000);
  afterAll(async () => {
    await app?.close();
    await upstream?.close();
    certificate?.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Hands a mail to msmtp as a program on the same machine does: with the line ends of Unix. */
  function send(content: Buffer): Promise<void> {
    return new Promise((resolve, reject) => {
      const child = execFile(
        pathOf('msmtp'),
        ['-C', join(folder, 'msmtprc'), '--', 'taro@example.com'],
        (error, _stdout, stderr) => (error ? reject(new Error(stderr)) : resolve()),
      );
      child.stdin!.end(Buffer.from(content.toString('latin1').replaceAll('\r\n', '\n'), 'latin1'));
    });
  }

  test.each(CHARSETS)('%s: what arrives less what was inserted is what was sent', async (charset) => {
    app.clock.advance(1_000); // rows are sorted by time
    const seen = (await journal(app)).length;
    const content = letter(`msmtp-${charset}@example.jp`, charset);
    await send(content);
    const { content: left, mail } = await arrival(upstream, `msmtp-${charset}@example.jp`);
    const row = await nextEntry(app, seen);
    expect(row).toMatchObject({ verdict: 'rejection', action: 'inserted', outcome: 'delivered' });
    expect(mail).toMatch(/^MAIL FROM:<hr@example\.jp>/);
    expect(left.includes(app.deps.config.linkBaseUrl)).toBe(true);
    expect(withoutInsertions(left, row)).toEqual(content);
  });
});
