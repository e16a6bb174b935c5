import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { createRelay } from '../../src/relay/relay.js';
import { createSmtpEdge, type SmtpEdge } from '../../src/relay/smtp-edge.js';
import { createUpstream, type Upstream } from '../../src/relay/upstream.js';
import { startTestApp, type TestApp } from '../harness/app.js';
import { describeWith } from '../harness/programs.js';
import { arrival, journal, nextEntry, withoutInsertions, withoutTrace } from './arrival.js';
import { type Certificate, makeCertificate } from './certificate.js';
import { fragmentsOf } from './guide.js';
import { CHARSETS, letter } from './letters.js';
import { RawClient, ScriptedUpstream } from './peers.js';
import { Postfix } from './postfix.js';
import { freePort } from './sink.js';

const HOST = 'mx.example.jp';
const ACCOUNT = { user: 'relay@example.jp', password: 'p\u00e4ss=word, \\ "quoted"' };

/**
 * Knows one account, and tells Postfix so in the protocol of Dovecot's authentication server (version 1.1), which every
 * Postfix of Debian speaks without further packages. What is tried here is Postfix's side of SASL, and ours.
 */
async function startAccounts(): Promise<Server> {
  const right = Buffer.from(`\0${ACCOUNT.user}\0${ACCOUNT.password}`).toString('base64');
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.write(
      'VERSION\t1\t1\nMECH\tPLAIN\tplaintext\nSPID\t1\nCUID\t1\nCOOKIE\t00112233445566778899aabbccddeeff\nDONE\n',
    );
    socket.setEncoding('utf8').on('data', (text: string) => {
      for (const line of text.split('\n')) {
        const [verb, id, ...rest] = line.split('\t');
        if (verb !== 'AUTH') continue;
        const isRight = rest.includes(`resp=${right}`);
        socket.write(isRight ? `OK\t${id}\tuser=${ACCOUNT.user}\n` : `FAIL\t${id}\tuser=${ACCOUNT.user}\n`);
      }
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

describeWith(['postfix', 'openssl'], 'Postfix behind the hook, with STARTTLS and AUTH', () => {
  let certificate: Certificate;
  let accounts: Server;
  let sink: ScriptedUpstream;
  let app: TestApp;
  let postfix: Postfix;
  let credential: { username: string; password: string };
  let port: number;
  const opened: { edge: SmtpEdge; upstream: Upstream }[] = [];
  beforeAll(async () => {
    certificate = makeCertificate();
    accounts = await startAccounts();
    sink = await ScriptedUpstream.start();
    app = await startTestApp('pglite');
    credential = await app.smtpCredential((await app.company({ name: 'Example', policy: 'auto' })).id);
    port = await freePort();
    const fragments = fragmentsOf('Postfix as the next server', { listener: port });
    const { port: accountsPort } = accounts.address() as { port: number };
    postfix = await Postfix.start({
      hostname: HOST,
      main: [
        fragments['main.cf'],
        'smtpd_sasl_type = dovecot',
        `smtpd_sasl_path = inet:127.0.0.1:${accountsPort}`,
        `relayhost = [127.0.0.1]:${sink.port}`,
        'smtpd_tls_loglevel = 1',
      ].join('\n'),
      master: fragments['master.cf']!,
      files: {
        'mx.example.jp.pem': readFileSync(certificate.certPath, 'utf8'),
        'mx.example.jp.key': readFileSync(certificate.keyPath, 'utf8'),
      },
      port,
    });
  }, 60_000);
  afterAll(async () => {
    for (const { edge, upstream } of opened) {
      await edge.close();
      await upstream.close();
    }
    await postfix?.stop();
    await app?.close();
    await sink?.close();
    accounts?.close();
    certificate?.remove();
  });

  /** The hook of the app with an upstream that, unlike by default on loopback, is encrypted. @returns its port */
  async function hookTo(password: string, ca: Buffer | undefined, startTls = true): Promise<number> {
    const auth = { user: ACCOUNT.user, password };
    const address = { kind: 'smtp', host: 'localhost', port, implicitTls: false, auth } as const;
    const upstream = createUpstream(app.deps, address, { startTls, tls: { ca } });
    const edge = createSmtpEdge(app.deps, upstream, createRelay(app.deps));
    opened.push({ edge, upstream });
    return edge.listen(0);
  }
  const authority = () => readFileSync(certificate.certPath);

  /** Signs in to the hook and sends. @returns the last reply */
  async function send(hook: number, content: Buffer): Promise<string | undefined> {
    const client = await RawClient.connect(hook);
    try {
      await client.signIn(credential);
      for (const line of ['MAIL FROM:<hr@example.jp>', 'RCPT TO:<taro@example.com>', 'DATA']) {
        const [answer] = await client.command(line);
        if (!/^[23]/.test(answer ?? '')) return answer;
      }
      client.send(content.toString('latin1').replace(/^\./gm, '..'));
      return (await client.command('.'))[0];
    } finally {
      client.close();
    }
  }

  test.each(CHARSETS)('%s: arrives as it was sent but for the link and one trace field', async (charset) => {
    app.clock.advance(1_000); // rows are sorted by time
    const seen = (await journal(app)).length;
    const content = letter(`smarthost-${charset}@example.jp`, charset);
    expect(await send(await hookTo(ACCOUNT.password, authority()), content)).toMatch(
      /^250 2\.0\.0 Ok: queued as /,
    );
    const arrived = await arrival(sink, `smarthost-${charset}@example.jp`, () => postfix.log());
    const row = await nextEntry(app, seen);
    expect(row).toMatchObject({ action: 'inserted', outcome: 'delivered' });
    const left = withoutTrace(arrived.content, [HOST]);
    expect(left.includes(app.deps.config.linkBaseUrl)).toBe(true);
    expect(withoutInsertions(left, row)).toEqual(content);
    expect(postfix.log()).toContain(`sasl_method=PLAIN, sasl_username=${ACCOUNT.user}`);
    expect(postfix.log()).toMatch(/TLS connection established from .*TLSv1\.[23]/);
  });

  const before = async () => (await journal(app)).length;
  test('a wrong password for the next server: the client keeps its mail', async () => {
    const rows = await before();
    expect(await send(await hookTo('wrong', authority()), letter('wrong@example.jp'))).toMatch(
      /^451 4\.4\.1 /,
    );
    expect(await before()).toBe(rows);
  });
  test('a certificate that nobody vouches for: no password is told, the client keeps its mail', async () => {
    const signIns = postfix.log().split('sasl_method=').length;
    expect(await send(await hookTo(ACCOUNT.password, undefined), letter('tls@example.jp'))).toMatch(
      /^451 4\.4\.1 /,
    );
    expect(postfix.log().split('sasl_method=')).toHaveLength(signIns);
  });
  test('without TLS Postfix takes no password: the client keeps its mail', async () => {
    const hook = await hookTo(ACCOUNT.password, undefined, false);
    expect(await send(hook, letter('plain@example.jp'))).toMatch(/^451 4\.4\.1 /);
  });
});
