import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import { parseConfig } from '../../src/config.js';
import type { Deps } from '../../src/deps.js';
import { RFC_TIMEOUTS } from '../../src/relay/smtp-client.js';
import { createUpstream } from '../../src/relay/upstream.js';
import { describeWith } from '../harness/programs.js';
import { ScriptedUpstream } from './peers.js';

const deps: Pick<Deps, 'config' | 'clock' | 'newId'> = {
  config: parseConfig({ NODE_ENV: 'test' }),
  clock: () => new Date(0),
  newId: () => 'id',
};
async function* content(...pieces: string[]): AsyncGenerator<Buffer> {
  for (const piece of pieces) yield Buffer.from(piece, 'latin1');
}

describe('SMTP client', () => {
  let server: ScriptedUpstream;
  beforeEach(async () => {
    server = await ScriptedUpstream.start();
  });
  afterEach(() => server.close());

  const upstreamWith = (options: Parameters<typeof createUpstream>[2]) =>
    createUpstream(deps, { kind: 'smtp', host: '127.0.0.1', port: server.port, implicitTls: false }, options);

  async function deliver(upstream: ReturnType<typeof createUpstream>, ...pieces: string[]) {
    const session = await upstream.open();
    await session.mail('<a@example.jp>', []);
    await session.rcpt('<b@example.com>', []);
    const result = await session.data(content(...pieces));
    session.release();
    return result;
  }

  test.each([
    [['.\r\n'], '.\r\n'],
    [['a\r\n.', 'b\r\n..\r\n'], 'a\r\n.b\r\n..\r\n'],
    [['a\r\n', '.\r\n'], 'a\r\n.\r\n'],
    [['no end'], 'no end\r\n'],
    [['a\r', '\n.b\r\n'], 'a\r\n.b\r\n'],
    [[''], ''],
  ])('dots are stuffed and the last line ended: %j', async (pieces, arrived) => {
    const upstream = upstreamWith({});
    expect(await deliver(upstream, ...pieces)).toMatchObject({ kind: 'replied', reply: { code: 250 } });
    expect(server.received.map((one) => one.content.toString('latin1'))).toEqual([arrived]);
    await upstream.close();
  });

  test.each(['a\nb\r\n', 'a\rb\r\n', 'a\r\n.\nb\r\n', 'a\r'])(
    'a bare line end does not get out: %j',
    async (text) => {
      const upstream = upstreamWith({});
      expect(await deliver(upstream, text)).toMatchObject({ kind: 'lost-before-dot' });
      expect(server.received).toEqual([]);
      await upstream.close();
    },
  );

  test.each([
    ['greeting', 'connect'],
    ['command', 'MAIL'],
    ['dataStart', 'DATA'],
    ['finalDot', '.'],
  ] as const)('time-out of %s', async (phase, silentAt) => {
    server.script = (command) => (command.startsWith(silentAt) ? new Promise(() => {}) : undefined);
    const upstream = upstreamWith({ timeouts: { ...RFC_TIMEOUTS, [phase]: 50 } });
    const attempt = deliver(upstream, 'x\r\n');
    if (phase === 'greeting' || phase === 'command')
      await expect(attempt).rejects.toMatchObject({ kind: 'timeout' });
    else {
      const kind = phase === 'finalDot' ? 'lost-after-dot' : 'lost-before-dot';
      expect(await attempt).toMatchObject({ kind, cause: { kind: 'timeout' } });
    }
    await upstream.close();
  });

  test('time-out of dataBlock: a server that stops reading', async () => {
    const deaf = createTcpServer((socket) => {
      socket.on('error', () => {}).write('220 deaf.example\r\n');
      socket.on('data', (chunk) => {
        if (!chunk.toString().startsWith('DATA')) return void socket.write('250 deaf.example\r\n');
        socket.pause();
        socket.write('354 go\r\n');
      });
    }).listen(0, '127.0.0.1');
    await once(deaf, 'listening');
    const upstream = createUpstream(
      deps,
      {
        kind: 'smtp',
        host: '127.0.0.1',
        port: (deaf.address() as { port: number }).port,
        implicitTls: false,
      },
      { timeouts: { ...RFC_TIMEOUTS, dataBlock: 100 } },
    );
    const session = await upstream.open();
    await session.mail('<a@example.jp>', []);
    await session.rcpt('<b@example.com>', []);
    const line = Buffer.from(`${'x'.repeat(70)}\r\n`.repeat(1_000));
    async function* endless() {
      for (;;) yield line;
    }
    expect(await session.data(endless())).toMatchObject({
      kind: 'lost-before-dot',
      cause: { kind: 'timeout' },
    });
    session.release();
    await upstream.close();
    deaf.close();
  });
  test('time-out of reset: a pooled connection that does not answer is left for a fresh one', async () => {
    server.script = (command) => (command === 'RSET' ? new Promise(() => {}) : undefined);
    const upstream = upstreamWith({ timeouts: { ...RFC_TIMEOUTS, reset: 50 } });
    expect(await deliver(upstream, 'x\r\n')).toMatchObject({ kind: 'replied' });
    expect(await deliver(upstream, 'y\r\n')).toMatchObject({ kind: 'replied' });
    expect(server.connections).toBe(2);
    await upstream.close();
  });
  test('an unused connection is closed in time, with QUIT', async () => {
    const left = new Promise<void>((resolve) => {
      server.script = (command) => {
        if (command === 'QUIT') resolve();
        return undefined;
      };
    });
    const upstream = upstreamWith({ pool: { idle: 20 } });
    await deliver(upstream, 'x\r\n');
    await left;
    await deliver(upstream, 'y\r\n');
    expect(server.connections).toBe(2);
    await upstream.close();
  });
  test.each(['RCPT', '.'])(
    'who lets go while %s is unanswered keeps the connection till the answer',
    async (at) => {
      let answer = (_reply: undefined): void => {};
      const asked = new Promise<void>((heard) => {
        server.script = (command, connection) => {
          if (connection > 1 || !command.startsWith(at)) return undefined;
          heard();
          return new Promise((resolve) => (answer = resolve));
        };
      });
      const upstream = upstreamWith({});
      const session = await upstream.open();
      await session.mail('<a@example.jp>', []);
      let result: unknown = session.rcpt('<b@example.com>', []);
      if (at === '.') {
        await result;
        result = session.data(content('first\r\n'));
      }
      await asked;
      session.release();
      expect(await deliver(upstream, 'second\r\n')).toMatchObject({ kind: 'replied' });
      expect(server.connections).toBe(2);
      answer(undefined);
      await result;
      if (at === '.') expect(server.received.at(-1)!.content.toString()).toBe('first\r\n');
      await upstream.close();
    },
  );

  test('no more connections than allowed; the next waits for its turn', async () => {
    const upstream = upstreamWith({ pool: { maxConnections: 1 } });
    const first = await upstream.open();
    const second = upstream.open();
    first.release();
    (await second).release();
    expect(server.connections).toBe(1);
    await upstream.close();
  });

  test('RSET stands before the next message only where the last one was not finished', async () => {
    const upstream = upstreamWith({ pool: { maxConnections: 1 } });
    await deliver(upstream, 'x\r\n');
    const left = await upstream.open();
    await left.mail('<a@example.jp>', []);
    left.release();
    await deliver(upstream, 'x\r\n');
    const verbs = server.commands.map((command) => command.split(/[ :]/, 1)[0]);
    expect(verbs).toEqual(['EHLO', 'MAIL', 'RCPT', 'DATA', 'MAIL', 'RSET', 'MAIL', 'RCPT', 'DATA']);
    await upstream.close();
  });

  test('a full pool says so in time', async () => {
    const upstream = upstreamWith({ pool: { maxConnections: 1, wait: 20 } });
    const held = await upstream.open();
    await expect(upstream.open()).rejects.toMatchObject({ kind: 'busy' });
    held.release();
    await upstream.close();
  });
});

describeWith('openssl', 'SMTP client and TLS', () => {
  let folder: string;
  let server: Server;
  let cert: Buffer;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'career-relay-tls-'));
    const [keyPath, certPath] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
    const key = ['-newkey', 'rsa:2048', '-nodes', '-keyout', keyPath];
    execFileSync('openssl', ['req', '-x509', ...key, '-out', certPath, '-days', '2', ...subject], {
      stdio: 'ignore',
    });
    cert = readFileSync(certPath);
    server = createServer({ cert, key: readFileSync(keyPath) }, (socket: TLSSocket) => {
      socket.on('error', () => {});
      socket.write('220 tls.example ESMTP\r\n');
      socket.on('data', () => socket.write('250 tls.example\r\n'));
    });
    server.on('tlsClientError', () => {});
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterAll(() => {
    server.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const connect = (host: string, tls?: object) =>
    createUpstream(
      deps,
      { kind: 'smtp', host, port: (server.address() as { port: number }).port, implicitTls: true },
      { tls },
    );

  test('a certificate that nobody vouches for is refused', async () => {
    await expect(connect('localhost').open()).rejects.toMatchObject({ kind: 'tls' });
  });
  test('a certificate for another name is refused', async () => {
    const upstream = connect('127.0.0.1', { ca: cert, servername: 'mail.example' });
    await expect(upstream.open()).rejects.toMatchObject({ kind: 'tls' });
  });
  test('a certificate in order is taken', async () => {
    const upstream = connect('localhost', { ca: cert });
    (await upstream.open()).release();
    await upstream.close();
  });
});
