import type { AddressInfo } from 'node:net';
import type { SMTPServerOptions } from 'smtp-server';
import type { Deps } from '../deps.js';
import { withinDeadline } from './deadline.js';
import type { Relay } from './relay-job.js';
import { createSenderLookup } from './sender-lookup.js';
import { createSignIn, type SignIn, type SignInLimits } from './sign-in.js';
import type { ConnectionParts, RelayConnection } from './smtp-connection.js';
import { type Extensions, NO_EXTENSIONS } from './smtp-extensions.js';
import { createConnectionCount, createRateLimit, type SmtpLimits, smtpLimits } from './smtp-limits.js';
import { RelayServer } from './smtp-listener.js';
import { loadTlsPair, type TlsPair } from './tls-pair.js';
import type { Upstream } from './upstream.js';

export type SmtpEdgeOptions = Readonly<{
  /** Milliseconds that transactions under way have to finish at close. */
  grace?: number;
  /** Milliseconds of silence after which a client is dismissed. */
  idle?: number;
  signIn?: SignInLimits;
  limits?: Partial<SmtpLimits>;
}>;

export type SmtpEdge = Readonly<{
  /** STARTTLS where there is a certificate. @returns the port that was bound */
  listen(port: number): Promise<number>;
  /** TLS from the first byte. @returns the port that was bound */
  listenTls(port: number): Promise<number>;
  /** Reads the certificate and its key anew, for connections from now on; a pair that does not load changes nothing. */
  reload(): void;
  /** Dismisses idle clients, lets transactions finish, answers 421 to new ones. */
  close(): Promise<void>;
}>;

/** RFC 5321 §4.5.3.2.7. */
const IDLE = 300_000;
const GRACE = 30_000;
/** Milliseconds that EHLO waits for upstream before it offers the minimum. */
const PROBE = 5_000;

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

function createServer(
  parts: ConnectionParts,
  pair: TlsPair | undefined,
  secure: boolean,
  options: SmtpEdgeOptions,
): RelayServer {
  const { deps, signIn } = parts;
  const commands = ['WIZ', 'SHELL', 'KILL', 'HELP'];
  const settings = {
    ...pair,
    secure,
    name: parts.name,
    disabledCommands: pair ? commands : [...commands, 'STARTTLS'],
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
  } satisfies SMTPServerOptions;
  const server = new RelayServer(settings, parts);
  server.on('error', () => deps.events.smtpRefused('connection-error'));
  return server;
}

async function bind(server: RelayServer, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.server.once('error', reject);
    server.listen(port, () => resolve());
  });
  return (server.server.address() as AddressInfo).port;
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
  const { config, events } = deps;
  const servers: RelayServer[] = [];
  let draining = false;
  let pair = config.smtpTls && loadTlsPair(config.smtpTls).pair;

  async function offered(): Promise<Extensions> {
    try {
      return await withinDeadline(upstream.extensions(), PROBE);
    } catch (error) {
      events.upstreamFault('probe', error);
      return NO_EXTENSIONS;
    }
  }
  const limits = { ...smtpLimits(config.smtp), ...options.limits };
  const parts: ConnectionParts = {
    deps,
    upstream,
    relay,
    offered,
    limits,
    connections: createConnectionCount(limits),
    messageRate: createRateLimit('messages', limits.messagesPerMinute, 60),
    signIn: createSignIn(deps, options.signIn),
    senders: createSenderLookup(deps),
    name: new URL(config.baseUrl).hostname,
    hasTls: pair !== undefined,
    isDraining: () => draining,
  };
  function listen(port: number, secure: boolean): Promise<number> {
    const server = createServer(parts, pair, secure, options);
    servers.push(server);
    return bind(server, port);
  }

  return {
    listen(port) {
      void offered();
      return listen(port, false);
    },
    listenTls: (port) => listen(port, true),
    reload() {
      if (!config.smtpTls) return;
      try {
        const loaded = loadTlsPair(config.smtpTls);
        pair = loaded.pair;
        for (const server of servers) server.updateSecureContext(loaded.pair);
        events.certificateLoaded(loaded.until);
      } catch (error) {
        events.certificateRefused(error);
      }
    },
    async close() {
      if (draining) return;
      draining = true;
      await Promise.all(servers.map((server) => drain(server, options.grace ?? GRACE)));
    },
  };
}

async function drain(server: RelayServer, grace: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.server.close(() => resolve()));
  for (const connection of server.connections) (connection as RelayConnection).dismiss();
  // Those that have not come as far as a connection: the PROXY header or the TLS handshake is still to come.
  for (const socket of server._pendingSockets.values()) socket.destroy();
  const force = setTimeout(() => {
    for (const connection of server.connections) connection._socket.destroy();
  }, grace);
  await closed;
  clearTimeout(force);
}
