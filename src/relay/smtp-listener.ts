import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { readProxyHeader } from './proxy-protocol.js';
import { type ConnectionOrigin, isTrustedPeer } from './smtp-identity.js';
import { reply, replyLines } from './smtp-reply.js';
import { type SessionParts, SmtpSession } from './smtp-session.js';

export type SmtpListener = Readonly<{
  /** @returns the port that was bound */
  listen(port: number): Promise<number>;
  /** Dismisses who is here, each after its transaction; who comes from now on is served. */
  retire(): void;
  /**
   * Takes no more connections, dismisses idle clients and lets transactions finish.
   * @param grace milliseconds until those that are left are cut off; after half of it who has not come as far as DATA is
   *   told to come back
   */
  drain(grace: number): Promise<void>;
}>;

/** Milliseconds that a client has for its TLS handshake, where that comes first. */
const HANDSHAKE = 30_000;
const NOT_DIRECT = reply(554, '5.7.1 Not for direct connections');

/** One port of the hook. @param overTls TLS from the first byte */
export function createSmtpListener(parts: SessionParts, overTls: boolean): SmtpListener {
  const { deps, limits, connections } = parts;
  const sessions = new Set<SmtpSession>();
  /** Connections that have not come as far as a session: a PROXY header or a TLS handshake is still to come. */
  const pending = new Set<Socket>();
  const server = createServer((socket) => {
    pending.add(socket);
    const forget = () => pending.delete(socket);
    socket.on('error', () => {}).once('close', forget);
    begin(socket)
      .catch((error: unknown) => {
        deps.events.relayFault('connection', error);
        socket.destroy();
      })
      .finally(forget);
  });
  server.on('error', () => deps.events.smtpRefused('connection-error'));

  async function begin(socket: Socket): Promise<void> {
    const origin = await originOf(socket);
    if (!origin || socket.destroyed) return;
    const stream = overTls ? await encrypted(socket) : socket;
    if (!stream || stream.destroyed) return;
    const place = connections.take(isTrustedPeer(parts, origin.address) ? undefined : origin.address);
    if (typeof place === 'string') {
      deps.events.smtpRefused(`connections-${place}`);
      refuse(stream, `421 4.7.0 ${parts.name} Too many connections, try again later\r\n`);
      return;
    }
    sessions.add(new SmtpSession(parts, stream, origin, place, (session) => sessions.delete(session)));
  }

  /** Who is there: the peer, or whom it speaks for where every connection comes from a proxy. */
  async function originOf(socket: Socket): Promise<ConnectionOrigin | undefined> {
    const peer = plainAddress(socket.remoteAddress ?? '');
    if (!deps.config.smtp.proxyProtocol) return { address: peer, isProxy: false };
    const say = overTls ? '' : replyLines(NOT_DIRECT);
    if (!isTrustedPeer(parts, peer)) {
      deps.events.smtpRefused('proxy-from-stranger');
      refuse(socket, say);
      return undefined;
    }
    try {
      const client = await readProxyHeader(socket, limits.proxyHeader);
      return { address: plainAddress(client?.address ?? peer), isProxy: client === undefined };
    } catch {
      deps.events.smtpRefused('proxy-header');
      refuse(socket, say);
      return undefined;
    }
  }

  async function encrypted(socket: Socket): Promise<TLSSocket | undefined> {
    const secure = new TLSSocket(socket, { isServer: true, secureContext: parts.secureContext() });
    secure.on('error', () => {});
    const shaken = await new Promise<boolean>((resolve) => {
      const timer = setTimeout(() => resolve(false), HANDSHAKE);
      const settle = (done: boolean) => {
        clearTimeout(timer);
        resolve(done);
      };
      secure.once('secure', () => settle(true)).once('error', () => settle(false));
      secure.once('close', () => settle(false));
    });
    if (shaken) return secure;
    deps.events.smtpRefused('tls');
    secure.destroy();
    socket.destroy();
    return undefined;
  }

  return {
    async listen(port) {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(port, () => {
          server.off('error', reject);
          resolve();
        });
      });
      return (server.address() as AddressInfo).port;
    },
    retire() {
      for (const session of sessions) session.dismiss();
    },
    async drain(grace) {
      const closed = closing(server);
      for (const session of sessions) session.dismiss();
      for (const socket of pending) socket.destroy();
      const hurry = (all: boolean) => {
        for (const session of sessions) session.hurry(all);
      };
      const steps = [setTimeout(hurry, grace / 2, false), setTimeout(hurry, grace, true)];
      await closed;
      for (const step of steps) clearTimeout(step);
    },
  };
}

function closing(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}

/** Says why, and ends the connection. */
function refuse(socket: Socket, line: string): void {
  socket.on('error', () => {});
  if (line) socket.write(line, 'latin1');
  socket.destroySoon();
}

/** An IPv4 address that came mapped into IPv6 is the IPv4 address. */
function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '');
}
