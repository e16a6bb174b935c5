import { readFileSync } from 'node:fs';
import type { AddressInfo, Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { SMTPServer } from 'smtp-server';
import type { SMTPConnectionOptions } from 'smtp-server/lib/smtp-connection.js';
import type { Deps } from '../deps.js';
import { withinDeadline } from './deadline.js';
import { createNetworkSignIn } from './network-sender.js';
import type { Relay } from './relay-job.js';
import { createSignIn, type SignIn, type SignInLimits } from './sign-in.js';
import { type ConnectionParts, RelayConnection } from './smtp-connection.js';
import { type Extensions, NO_EXTENSIONS } from './smtp-extensions.js';
import type { Upstream } from './upstream.js';

export type SmtpEdgeOptions = Readonly<{
  /** Milliseconds that transactions under way have to finish at close. */
  grace?: number;
  /** Milliseconds of silence after which a client is dismissed. */
  idle?: number;
  signIn?: SignInLimits;
}>;

export type SmtpEdge = Readonly<{
  /** @returns the port that was bound */
  listen(port: number): Promise<number>;
  /** Dismisses idle clients, lets transactions finish, answers 421 to new ones. */
  close(): Promise<void>;
}>;

/** RFC 5321 §4.5.3.2.7. */
const IDLE = 300_000;
const GRACE = 30_000;
/** Milliseconds that EHLO waits for upstream before it offers the minimum. */
const PROBE = 5_000;

/** The SMTP server's side of the library, with connections of our own. */
class RelayServer extends SMTPServer {
  parts: ConnectionParts | undefined;
  override connect(socket: Socket | TLSSocket, options?: SMTPConnectionOptions | null): void {
    const connection = new RelayConnection(this, socket, options, this.parts!);
    this.connections.add(connection);
    connection.on('error', (error: Error) => this.emit('error', error));
    connection.init();
  }
}

function tlsOf(config: Deps['config']) {
  if (!config.smtpTls) return {};
  const { certPath, keyPath } = config.smtpTls;
  return { cert: readFileSync(certPath), key: readFileSync(keyPath) };
}

/** What SASL answers for a sign-in that was not accepted. */
function refusalOf(result: Exclude<SignIn, { kind: 'accepted' }>): Error & { responseCode: number } {
  switch (result.kind) {
    case 'wrong':
      return Object.assign(new Error('Authentication credentials invalid'), { responseCode: 535 });
    case 'limited':
      return Object.assign(new Error('Too many failed attempts, try again later'), { responseCode: 454 });
    case 'unavailable':
      return Object.assign(new Error('Temporary authentication failure'), { responseCode: 454 });
  }
}

function createServer(deps: Deps, options: SmtpEdgeOptions): RelayServer {
  const signIn = createSignIn(deps, options.signIn);
  const commands = ['XCLIENT', 'XFORWARD', 'WIZ', 'SHELL', 'KILL', 'HELP'];
  const server = new RelayServer({
    ...tlsOf(deps.config),
    name: new URL(deps.config.baseUrl).hostname,
    disabledCommands: deps.config.smtpTls ? commands : [...commands, 'STARTTLS'],
    allowInsecureAuth: true, // the connection itself refuses AUTH without TLS, except on loopback
    authMethods: ['PLAIN', 'LOGIN'],
    authOptional: true, // MAIL itself asks for a credential or a listed network
    hideENHANCEDSTATUSCODES: false,
    disableReverseLookup: true,
    logger: false,
    socketTimeout: options.idle ?? IDLE,
    maxCommandLength: 4_096,
    onAuth({ username, password }, session, callback) {
      signIn(username ?? '', password ?? '', session.remoteAddress).then((result) => {
        if (result.kind === 'accepted') return callback(null, { user: result.credential });
        deps.events.smtpRefused(`sign-in-${result.kind}`);
        return callback(refusalOf(result));
      }, callback);
    },
  });
  server.on('error', () => deps.events.smtpRefused('connection-error'));
  return server;
}

/**
 * The inbound side of the hook. Nothing is accepted without a credential, given by AUTH or by a listed network: no open
 * relay in any configuration.
 */
export function createSmtpEdge(
  deps: Deps,
  upstream: Upstream,
  relay: Relay,
  options: SmtpEdgeOptions = {},
): SmtpEdge {
  let draining = false;
  const server = createServer(deps, options);

  async function offered(): Promise<Extensions> {
    try {
      return await withinDeadline(upstream.extensions(), PROBE);
    } catch (error) {
      deps.events.upstreamFault('probe', error);
      return NO_EXTENSIONS;
    }
  }
  server.parts = {
    deps,
    upstream,
    relay,
    offered,
    name: server.options.name!,
    networkSignIn: createNetworkSignIn(deps),
    hasTls: deps.config.smtpTls !== undefined,
    isDraining: () => draining,
  };

  return {
    async listen(port) {
      void offered();
      await new Promise<void>((resolve, reject) => {
        server.server.once('error', reject);
        server.listen(port, () => resolve());
      });
      return (server.server.address() as AddressInfo).port;
    },
    async close() {
      if (draining) return;
      draining = true;
      const closed = new Promise<void>((resolve) => server.server.close(() => resolve()));
      for (const connection of server.connections) (connection as RelayConnection).dismiss();
      const force = setTimeout(() => {
        for (const connection of server.connections) connection._socket.destroy();
      }, options.grace ?? GRACE);
      await closed;
      clearTimeout(force);
    },
  };
}
