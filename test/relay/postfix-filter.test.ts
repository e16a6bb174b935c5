import { insertCredential } from '../../src/company/credentials.js';
import { startTestApp, type TestApp } from '../harness/app.js';
import { describeWith } from '../harness/programs.js';
import { arrival, journal, nextEntry, submit, until, withoutInsertions, withoutTrace } from './arrival.js';
import { type Certificate, makeCertificate } from './certificate.js';
import { type Fragments, fragmentsOf, guide, tablesOf } from './guide.js';
import { CHARSETS, letter } from './letters.js';
import { ScriptedUpstream } from './peers.js';
import { defaultOf, Postfix } from './postfix.js';
import { freePort } from './sink.js';

/** The Postfix takes the mail, gives it to the hook, takes it back, and sends it on: both trace fields are its own. */
const HOST = 'mx.example.jp';
/** A refusal of the server behind the hook, once it has the content. */
const REFUSAL = { refusals: '/^refuse me$/ REJECT not this one' };
const NETWORK_USER = 'relay-filter';

/** A company whose mail is classified, and the user name that 127.0.0.1 is listed with. */
async function companyOf(app: TestApp): Promise<string> {
  const { id } = await app.company({ name: 'Example', policy: 'auto' });
  const wanted = { companyId: id, kind: 'smtp', scopes: [] } as const;
  await insertCredential(app.db, app.deps.newId(), wanted, NETWORK_USER, 'no password', app.clock.now());
  return id;
}

function refused(messageId: string): Buffer {
  return Buffer.concat([letter(messageId), Buffer.from('refuse me\r\n')]);
}

describeWith('postfix', 'Postfix before its queue (smtpd_proxy_filter)', () => {
  let sink: ScriptedUpstream;
  let app: TestApp;
  let postfix: Postfix;
  let port: number;
  let seen = 0;
  beforeAll(async () => {
    const [listener, back] = [await freePort(), await freePort()];
    sink = await ScriptedUpstream.start();
    const env = {
      UPSTREAM_URL: `smtp://127.0.0.1:${back}`,
      SMTP_NETWORKS: `127.0.0.1=${NETWORK_USER}`,
      TRUSTED_SMTP_PEERS: '127.0.0.1',
    };
    app = await startTestApp('pglite', { env });
    await companyOf(app);
    port = listener;
    postfix = await Postfix.start({
      hostname: HOST,
      main: `relayhost = [127.0.0.1]:${sink.port}\nbody_checks = regexp:FOLDER/refusals`,
      master: fragmentsOf('Before the queue', { listener, back, hook: app.smtpPort })['master.cf']!,
      tables: REFUSAL,
      port,
    });
  }, 60_000);
  afterAll(async () => {
    await postfix?.stop();
    await app?.close();
    await sink?.close();
  });
  beforeEach(async () => {
    app.clock.advance(1_000); // rows are sorted by time
    seen = (await journal(app)).length;
  });

  test.each(CHARSETS)(
    '%s: the client has the answer of the server behind, the candidate the link',
    async (charset) => {
      const content = letter(`before-${charset}@example.jp`, charset);
      expect(await submit(port, 'hr@example.jp', content)).toMatch(/^250 2\.0\.0 Ok: queued as [0-9A-F]+$/);
      const arrived = await arrival(sink, `before-${charset}@example.jp`, () => postfix.log());
      const row = await nextEntry(app, seen);
      expect(row).toMatchObject({ verdict: 'rejection', action: 'inserted', outcome: 'delivered' });
      const left = withoutTrace(arrived.content, [HOST]);
      expect(left.includes(app.deps.config.linkBaseUrl)).toBe(true);
      expect(withoutTrace(withoutInsertions(left, row), [HOST])).toEqual(content);
    },
  );

  test('the second listener learns who the client was', () => {
    expect(postfix.log()).toMatch(/postfix\/relayed\/smtpd.* orig_client=/);
  });

  test('a refusal of the server behind reaches the client word by word', async () => {
    expect(await submit(port, 'hr@example.jp', refused('refused@example.jp'))).toBe('550 5.7.1 not this one');
    expect(await nextEntry(app, seen)).toMatchObject({
      outcome: 'refused',
      upstreamReply: '550 5.7.1 not this one',
    });
  });

  test('several recipients are one mail', async () => {
    const content = letter('both@example.jp');
    await submit(port, 'hr@example.jp', content, ['taro@example.com', 'hana@example.com']);
    const arrived = await arrival(sink, 'both@example.jp', () => postfix.log());
    expect(await nextEntry(app, seen)).toMatchObject({ reason: 'several-recipients', outcome: 'delivered' });
    expect(arrived.rcpt).toHaveLength(2);
    expect(withoutTrace(arrived.content, [HOST, HOST])).toEqual(content);
  });

  test('while the hook is down the client hears 451 and nothing is queued', async () => {
    await app.app.close();
    expect(await submit(port, 'hr@example.jp', letter('down@example.jp'))).toMatch(/^451 4\.3\.0 /);
    expect(await postfix.queue()).toEqual([]);
    expect(sink.received.some(({ content }) => content.includes('<down@example.jp>'))).toBe(false);
  });
});

describeWith('postfix', 'Postfix before its queue, with a slow server behind the hook', () => {
  let slow: ScriptedUpstream;
  let app: TestApp;
  let postfix: Postfix;
  let port: number;
  beforeAll(async () => {
    const [listener, back] = [await freePort(), await freePort()];
    slow = await ScriptedUpstream.start();
    const env = { UPSTREAM_URL: slow.url, SMTP_NETWORKS: `127.0.0.1=${NETWORK_USER}` };
    app = await startTestApp('pglite', { env });
    await companyOf(app);
    port = listener;
    postfix = await Postfix.start({
      hostname: HOST,
      main: 'smtpd_proxy_timeout = 1s',
      master: fragmentsOf('Before the queue', { listener, back, hook: app.smtpPort })['master.cf']!,
      port,
    });
  }, 60_000);
  afterAll(async () => {
    await postfix?.stop();
    await app?.close();
    await slow?.close();
  });

  test('the guide names the limit that Postfix has', async () => {
    expect(await defaultOf('smtpd_proxy_timeout')).toBe('100s');
  });

  test('past the limit the client hears 451; its repeat hears 250, and there is one copy', async () => {
    let answer: (() => void) | undefined;
    slow.script = (command) =>
      command === '.' ? new Promise<undefined>((resolve) => (answer = () => resolve(undefined))) : undefined;
    const content = letter('slow@example.jp');
    expect(await submit(port, 'hr@example.jp', content)).toMatch(/^451 4\.3\.0 /);
    expect(await journal(app)).toMatchObject([{ outcome: 'forwarding' }]);
    answer!();
    expect(await nextEntry(app, 0)).toMatchObject({ outcome: 'delivered' });
    expect(await submit(port, 'hr@example.jp', content)).toMatch(/^250 2\.6\.0 .*not sent twice/);
    expect(slow.received).toHaveLength(1);
    expect(await journal(app)).toHaveLength(1);
  });
});

describeWith(['postfix', 'libsasl2-modules', 'openssl'], 'Postfix after its queue (content_filter)', () => {
  let certificate: Certificate;
  let sink: ScriptedUpstream;
  let app: TestApp;
  let postfix: Postfix;
  let port: number;
  let seen = 0;
  beforeAll(async () => {
    certificate = makeCertificate();
    const [listener, back] = [await freePort(), await freePort()];
    sink = await ScriptedUpstream.start();
    const env = {
      UPSTREAM_URL: `smtp://127.0.0.1:${back}`,
      SMTP_TLS_CERT: certificate.certPath,
      SMTP_TLS_KEY: certificate.keyPath,
    };
    app = await startTestApp('pglite', { env });
    const credential = await app.smtpCredential(await companyOf(app));
    const places = { listener, back, hook: app.smtpPort, credential };
    const agent: Fragments = fragmentsOf('By sender', places);
    port = listener;
    const own = [`relayhost = [127.0.0.1]:${sink.port}`, `smtp_tls_CAfile = ${certificate.certPath}`];
    postfix = await Postfix.start({
      hostname: HOST,
      main: [...own, 'always_bcc = archive@example.jp'].join('\n'),
      master: `${agent['master.cf']}${fragmentsOf('After the queue', places)['master.cf']}`,
      tables: tablesOf(agent),
      port,
    });
  }, 60_000);
  afterAll(async () => {
    await postfix?.stop();
    await app?.close();
    await sink?.close();
    certificate?.remove();
  });
  beforeEach(async () => {
    app.clock.advance(1_000); // rows are sorted by time
    seen = (await journal(app)).length;
  });

  test.each(CHARSETS)('%s: goes through the hook and back, and out once', async (charset) => {
    const content = letter(`after-${charset}@example.jp`, charset);
    expect(await submit(port, 'hr@example.jp', content)).toMatch(/^250 /);
    const arrived = await arrival(sink, `after-${charset}@example.jp`, () => postfix.log());
    const row = await nextEntry(app, seen);
    expect(row).toMatchObject({ verdict: 'rejection', action: 'inserted', outcome: 'delivered' });
    const left = withoutTrace(arrived.content, [HOST]);
    expect(left.includes(app.deps.config.linkBaseUrl)).toBe(true);
    expect(withoutTrace(withoutInsertions(left, row), [HOST])).toEqual(content);
    await until('an empty queue', async () => (await postfix.queue()).length === 0);
    expect(await journal(app)).toHaveLength(seen + 1);
  });

  test('a copy for the archive is made after the hook, which sees the candidate alone', () => {
    const recipients = sink.received.flatMap(({ rcpt }) => rcpt.map((line) => /<(.*)>/.exec(line)![1]));
    expect(recipients.filter((one) => one === 'taro@example.com')).toHaveLength(2);
    expect(recipients.filter((one) => one === 'archive@example.jp')).toHaveLength(2);
  });

  test('while the hook is down mail waits in the queue', async () => {
    await app.app.close();
    expect(await submit(port, 'hr@example.jp', letter('waiting@example.jp'))).toMatch(/^250 /);
    const waiting = await until('deferral', async () =>
      (await postfix.queue()).find(({ queue_name }) => queue_name === 'deferred'),
    );
    expect(waiting.recipients[0]!.delay_reason).toMatch(/Connection refused/);
    expect(sink.received.some(({ content }) => content.includes('<waiting@example.jp>'))).toBe(false);
  });
});

describe('the Postfix page', () => {
  test('every section with snippets is one that these suites run', () => {
    expect([...guide().keys()]).toEqual([
      'By sender',
      'Without the hook when it is down',
      'By header',
      'After the queue',
      'Before the queue',
      'Postfix as the next server',
    ]);
  });
});
