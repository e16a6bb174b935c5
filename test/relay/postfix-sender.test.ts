import { buildApp } from '../../src/app.js';
import { startTestApp, type TestApp } from '../harness/app.js';
import { describeWith } from '../harness/programs.js';
import { arrival, journal, nextEntry, submit, until, withoutInsertions, withoutTrace } from './arrival.js';
import { type Certificate, makeCertificate } from './certificate.js';
import { fragmentsOf, tablesOf } from './guide.js';
import { CHARSETS, letter } from './letters.js';
import { ScriptedUpstream } from './peers.js';
import { Postfix } from './postfix.js';
import { freePort } from './sink.js';

/** The company's Postfix: recruiting mail goes through the hook with AUTH and TLS, all other mail goes its own way. */
describeWith(
  ['postfix', 'libsasl2-modules', 'openssl'],
  'Postfix in front of the hook, by sender or header',
  () => {
    let certificate: Certificate;
    let upstream: ScriptedUpstream;
    let direct: ScriptedUpstream;
    let app: TestApp;
    let postfix: Postfix;
    let port: number;
    const places = () => ({ hook: app.smtpPort, credential, fallback: direct.port });
    let credential: { username: string; password: string };

    beforeAll(async () => {
      certificate = makeCertificate();
      [upstream, direct] = await Promise.all([ScriptedUpstream.start(), ScriptedUpstream.start()]);
      const env = {
        SMTP_PORT: String(await freePort()),
        SMTP_TLS_CERT: certificate.certPath,
        SMTP_TLS_KEY: certificate.keyPath,
        UPSTREAM_URL: upstream.url,
      };
      app = await startTestApp('pglite', { env });
      credential = await app.smtpCredential((await app.company({ name: 'Example', policy: 'auto' })).id);
      const [bySender, byHeader] = [fragmentsOf('By sender', places()), fragmentsOf('By header', places())];
      port = await freePort();
      const own = [
        `relayhost = [127.0.0.1]:${direct.port}`,
        `smtp_tls_CAfile = ${certificate.certPath}`, // a public authority in the field
        'smtp_tls_loglevel = 1',
      ];
      postfix = await Postfix.start({
        hostname: 'mx.example.jp',
        main: [...own, bySender['main.cf'], byHeader['main.cf']].join('\n'),
        master: `127.0.0.1:${port} inet n - n - - smtpd\n${bySender['master.cf']}`,
        tables: { ...tablesOf(bySender), ...tablesOf(byHeader) },
        port,
      });
    }, 60_000);
    afterAll(async () => {
      await postfix?.stop();
      await app?.close();
      await Promise.all([upstream?.close(), direct?.close()]);
      certificate?.remove();
    });
    let seen = 0;
    beforeEach(async () => {
      app.clock.advance(1_000); // rows are sorted by time
      seen = (await journal(app)).length;
    });

    test.each(CHARSETS)('mail of the recruiting mailbox, %s: inserted, and nothing else', async (charset) => {
      const content = letter(`${charset}@example.jp`, charset);
      await submit(port, 'hr@example.jp', content);
      const arrived = await arrival(upstream, `${charset}@example.jp`, () => postfix.log());
      const row = await nextEntry(app, seen);
      expect(row).toMatchObject({ verdict: 'rejection', action: 'inserted', outcome: 'delivered' });
      expect(arrived.content.includes(app.deps.config.linkBaseUrl)).toBe(true);
      expect(withoutTrace(withoutInsertions(arrived.content, row), ['mx.example.jp'])).toEqual(content);
      expect(direct.received).toEqual([]);
    });

    test('Postfix speaks to the hook by TLS that it verified', () => {
      expect(postfix.log()).toContain('Verified TLS connection established to localhost');
      expect(postfix.log()).not.toMatch(/(Untrusted|Anonymous) TLS connection/);
    });

    test('mail of others goes its own way, byte for byte', async () => {
      const content = letter('other@example.jp');
      await submit(port, 'sales@example.jp', content);
      const arrived = await arrival(direct, 'other@example.jp', () => postfix.log());
      expect(withoutTrace(arrived.content, ['mx.example.jp'])).toEqual(content);
      expect(upstream.received).toHaveLength(2);
    });

    test('a header field sends mail of any sender through the hook, which takes the field out', async () => {
      const field = 'X-Career-Relay: insert';
      await submit(port, 'sales@example.jp', letter('header@example.jp', 'UTF-8', [field]));
      const arrived = await arrival(upstream, 'header@example.jp', () => postfix.log());
      const row = await nextEntry(app, seen);
      expect(row).toMatchObject({ action: 'inserted', outcome: 'delivered' });
      expect(withoutTrace(withoutInsertions(arrived.content, row), ['mx.example.jp'])).toEqual(
        letter('header@example.jp'),
      );
    });

    test('several recipients come to the hook in one transaction: no link of one candidate reaches another', async () => {
      await submit(port, 'hr@example.jp', letter('two@example.jp'), ['taro@example.com', 'hana@example.com']);
      const arrived = await arrival(upstream, 'two@example.jp', () => postfix.log());
      expect(arrived.rcpt).toHaveLength(2);
      expect(await nextEntry(app, seen)).toMatchObject({
        action: 'untouched',
        reason: 'several-recipients',
      });
      expect(withoutTrace(arrived.content, ['mx.example.jp'])).toEqual(letter('two@example.jp'));
    });

    test('while the hook is down mail waits in the queue, and goes out exactly once when it is back', async () => {
      await app.app.close();
      const content = letter('patient@example.jp');
      await submit(port, 'hr@example.jp', content);
      const waiting = await until('deferral', async () =>
        (await postfix.queue()).find(({ queue_name }) => queue_name === 'deferred'),
      );
      expect(waiting.recipients[0]!.delay_reason).toMatch(/Connection refused/);
      const { config } = app.deps;
      const again = await buildApp(
        { ...config, smtpPort: app.smtpPort, logLevel: 'silent' },
        { db: app.db, clock: app.clock.now, work: false },
      );
      await again.start();
      try {
        await postfix.flush();
        const arrived = await arrival(upstream, 'patient@example.jp', () => postfix.log());
        await until('an empty queue', async () => (await postfix.queue()).length === 0);
        const row = await nextEntry(app, seen);
        expect(withoutTrace(withoutInsertions(arrived.content, row), ['mx.example.jp'])).toEqual(content);
        expect(await journal(app)).toHaveLength(seen + 1);
        const copies = upstream.received.filter(({ content: one }) => one.includes('<patient@example.jp>'));
        expect(copies).toHaveLength(1);
      } finally {
        await again.close();
      }
    });

    test('with a fallback, mail goes out without us while the hook is down', async () => {
      const bySender = fragmentsOf('By sender', places());
      const fallback = fragmentsOf('Without the hook when it is down', places());
      const listener = await freePort();
      const careless = await Postfix.start({
        hostname: 'mx2.example.jp',
        main: bySender['main.cf']!,
        master: `127.0.0.1:${listener} inet n - n - - smtpd\n${bySender['master.cf']}${fallback['master.cf']}`,
        tables: tablesOf(bySender),
        port: listener,
      });
      try {
        const content = letter('fallback@example.jp');
        await submit(listener, 'hr@example.jp', content);
        const arrived = await arrival(direct, 'fallback@example.jp', () => careless.log());
        expect(withoutTrace(arrived.content, ['mx2.example.jp'])).toEqual(content);
      } finally {
        await careless.stop();
      }
    });
  },
);
