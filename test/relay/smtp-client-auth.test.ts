import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { promisify } from 'node:util';
import { SMTPServer, type SMTPServerAuthentication } from 'smtp-server';
import { parseConfig, type UpstreamAddress } from '../../src/config.js';
import { RFC_TIMEOUTS, type SmtpAddress } from '../../src/relay/smtp-client.js';
import { createUpstream } from '../../src/relay/upstream.js';
import { describeWith } from '../harness/programs.js';
import { TestAuthority } from './edge.js';

const deps = { config: parseConfig({ NODE_ENV: 'test' }), clock: () => new Date(0), newId: () => 'id' };
const run = promisify(execFile);

/** An SMTP server of others, with STARTTLS or TLS, that wants a password. */
class Peer {
  readonly tried: SMTPServerAuthentication[] = [];
  private constructor(
    private readonly server: SMTPServer,
    readonly port: number,
  ) {}
  static async start(options: ConstructorParameters<typeof SMTPServer>[0]): Promise<Peer> {
    let peer: Peer | undefined;
    const server = new SMTPServer({
      logger: false,
      disableReverseLookup: true,
      ...options,
      onAuth(auth, _session, callback) {
        peer?.tried.push(auth);
        const secret = auth.method === 'XOAUTH2' ? auth.accessToken : auth.password;
        if (auth.username === 'relay@example.jp' && secret === 'söcret') callback(null, { user: 'relay' });
        else if (auth.method === 'XOAUTH2') callback(null, { data: { status: '401', schemes: 'bearer' } });
        else callback(new Error('no'));
      },
    });
    server.on('error', () => {});
    const listening = server.listen(0, '127.0.0.1');
    await once(listening, 'listening');
    peer = new Peer(server, (listening.address() as { port: number }).port);
    return peer;
  }
  stop(): Promise<void> {
    return new Promise((resolve) => this.server.close(() => resolve()));
  }
}

describeWith('openssl', 'AUTH and TLS towards upstream', () => {
  const authority = new TestAuthority();
  const good = authority.issue('good', 'localhost');
  const other = authority.issue('other', 'mail.example');
  const pairOf = (issued: { SMTP_TLS_CERT: string; SMTP_TLS_KEY: string }) => ({
    cert: readFileSync(issued.SMTP_TLS_CERT),
    key: readFileSync(issued.SMTP_TLS_KEY),
  });
  afterAll(() => authority.remove());

  let peer: Peer;
  afterEach(() => peer.stop());
  function addressOf(query = '', secret = 'söcret', scheme = 'smtp'): SmtpAddress {
    const user = `${encodeURIComponent('relay@example.jp')}:${encodeURIComponent(secret)}`;
    const url = `${scheme}://${user}@localhost:${peer.port}${query}`;
    return parseConfig({ UPSTREAM_URL: url }).upstream as Extract<UpstreamAddress, { kind: 'smtp' }>;
  }
  async function connect(address: SmtpAddress, options: Parameters<typeof createUpstream>[2] = {}) {
    const upstream = createUpstream(deps, address, {
      tls: { ca: authority.ca() },
      startTls: true,
      ...options,
    });
    try {
      (await upstream.open()).release();
    } finally {
      await upstream.close();
    }
  }

  test.each([
    ['PLAIN', ''],
    ['LOGIN', ''],
    ['XOAUTH2', '?auth=xoauth2'],
  ])('AUTH %s', async (method, query) => {
    peer = await Peer.start({ ...pairOf(good), authMethods: [method] });
    await connect(addressOf(query));
    expect(peer.tried.map((auth) => auth.method)).toEqual([method]);
    await expect(connect(addressOf(query, 'wrong'))).rejects.toMatchObject({
      kind: 'refused',
      message: expect.stringMatching(/AUTH: 535/),
    });
  });
  test('no mechanism in common', async () => {
    peer = await Peer.start({ ...pairOf(good), authMethods: ['PLAIN'] });
    await expect(connect(addressOf('?auth=xoauth2'))).rejects.toMatchObject({ kind: 'refused' });
    expect(peer.tried).toEqual([]);
  });
  test('a password never goes in the clear to another host', async () => {
    peer = await Peer.start({ ...pairOf(good), disabledCommands: ['STARTTLS'], allowInsecureAuth: true });
    // Another name for this host, as far as the client can know.
    const elsewhere = { ...addressOf(), host: '0.0.0.0' };
    await expect(connect(elsewhere)).rejects.toMatchObject({ kind: 'tls' });
    expect(peer.tried).toEqual([]);
  });

  test.each(['smtp', 'smtps'])('%s: a certificate of a private CA, known and unknown', async (scheme) => {
    peer = await Peer.start({ ...pairOf(good), secure: scheme === 'smtps' });
    await connect(addressOf('', 'söcret', scheme));
    await expect(connect(addressOf('', 'söcret', scheme), { tls: {} })).rejects.toMatchObject({
      kind: 'tls',
    });
    expect(peer.tried).toHaveLength(1);
  });
  test.each(['smtp', 'smtps'])('%s: a certificate for another name', async (scheme) => {
    peer = await Peer.start({ ...pairOf(other), secure: scheme === 'smtps' });
    await expect(connect(addressOf('', 'söcret', scheme))).rejects.toMatchObject({ kind: 'tls' });
    expect(peer.tried).toEqual([]);
  });
  test('NODE_EXTRA_CA_CERTS is how an administrator trusts a private CA', async () => {
    peer = await Peer.start(pairOf(good));
    const program = `
      import { createUpstream } from './src/relay/upstream.ts';
      const address = { kind: 'smtp', host: 'localhost', port: ${peer.port}, implicitTls: false };
      const upstream = createUpstream({ clock: () => new Date(0) }, address, { startTls: true });
      await upstream.open().then((session) => session.release(), (error) => console.log(error.kind));
      await upstream.close();`;
    const runWith = async (env: Record<string, string>) => {
      const given = ['--import', 'tsx', '--input-type=module', '-e', program];
      const { stdout } = await run(process.execPath, given, { env: { PATH: process.env.PATH, ...env } });
      return stdout.trim();
    };
    expect(await runWith({})).toBe('tls');
    expect(await runWith({ NODE_EXTRA_CA_CERTS: authority.caPath })).toBe('');
  });

  test('what a stranger on the line says before the handshake is not heard inside TLS', async () => {
    peer = await Peer.start({});
    const injecting = createServer((socket) => {
      socket.on('error', () => {}).write('220 x\r\n');
      socket.on('data', (chunk) => {
        if (chunk.toString().startsWith('EHLO')) socket.write('250-x\r\n250 STARTTLS\r\n');
        if (chunk.toString().startsWith('STARTTLS')) socket.write('220 go\r\n250 AUTH PLAIN\r\n');
      });
    }).listen(0, '127.0.0.1');
    await once(injecting, 'listening');
    const address = { ...addressOf(), port: (injecting.address() as { port: number }).port };
    await expect(connect(address)).rejects.toMatchObject({ kind: 'protocol' });
    injecting.close();
  });

  test.each(['smtp', 'smtps'])('%s: a handshake that does not come is a time-out', async (scheme) => {
    peer = await Peer.start({});
    const silent = createServer((socket) => {
      socket.on('error', () => {});
      if (scheme === 'smtps') return;
      socket.write('220 x\r\n');
      socket.on('data', (chunk) => {
        if (chunk.toString().startsWith('EHLO')) socket.write('250-x\r\n250 STARTTLS\r\n');
        if (chunk.toString().startsWith('STARTTLS')) socket.write('220 go\r\n');
      });
    }).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const address = { ...addressOf('', 'x', scheme), port: (silent.address() as { port: number }).port };
    const timeouts = { ...RFC_TIMEOUTS, connect: 100 };
    await expect(connect(address, { timeouts, startTls: true })).rejects.toMatchObject({ kind: 'timeout' });
    silent.close();
  });
});
