import { createSecureContext } from 'node:tls';
import { withinDeadline } from '../deadline.js';
import type { Deps } from '../deps.js';
import type { Relay } from './relay-job.js';
import { createSenderLookup } from './sender-lookup.js';
import { createSignIn, type SignInLimits } from './sign-in.js';
import { type Extensions, NO_EXTENSIONS } from './smtp-extensions.js';
import { createConnectionCount, createRateLimit, type SmtpLimits, smtpLimits } from './smtp-limits.js';
import { createSmtpListener, type SmtpListener } from './smtp-listener.js';
import type { SessionParts } from './smtp-session.js';
import { loadTlsPair } from './tls-pair.js';
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
  /** Sends away who is here, each after its transaction, and goes on serving who comes. */
  retire(): void;
  /** Dismisses idle clients, lets transactions finish, answers 421 to new ones. */
  close(): Promise<void>;
}>;

/** RFC 5321 §4.5.3.2.7. */
const IDLE = 300_000;
/** Stopping takes 25 seconds at most, and others have things to finish after this. */
const GRACE = 12_000;
/** Milliseconds that EHLO waits for upstream before it offers the minimum. */
const PROBE = 5_000;

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
  const listeners: SmtpListener[] = [];
  let draining = false;
  let context = config.smtpTls && createSecureContext(loadTlsPair(config.smtpTls).pair);

  async function offered(): Promise<Extensions> {
    try {
      return await withinDeadline(upstream.extensions(), PROBE);
    } catch (error) {
      events.upstreamFault('probe', error);
      return NO_EXTENSIONS;
    }
  }
  const limits = { ...smtpLimits(config.smtp), ...options.limits };
  const parts: SessionParts = {
    deps,
    upstream,
    relay,
    offered,
    limits,
    connections: createConnectionCount(limits),
    messageRate: createRateLimit(
      deps.limiters.prompt({ name: 'messages', points: limits.messagesPerMinute, duration: 60 }),
    ),
    signIn: createSignIn(deps, options.signIn),
    senders: createSenderLookup(deps),
    name: new URL(config.baseUrl).hostname,
    idle: options.idle ?? IDLE,
    secureContext: () => context,
    isDraining: () => draining,
  };
  function listen(port: number, overTls: boolean): Promise<number> {
    const listener = createSmtpListener(parts, overTls);
    listeners.push(listener);
    return listener.listen(port);
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
        context = createSecureContext(loaded.pair);
        events.certificateLoaded(loaded.until);
      } catch (error) {
        events.certificateRefused(error);
      }
    },
    retire() {
      for (const listener of listeners) listener.retire();
    },
    async close() {
      if (draining) return;
      draining = true;
      await Promise.all(listeners.map((listener) => listener.drain(options.grace ?? GRACE)));
    },
  };
}
