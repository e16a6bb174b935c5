import { hostname } from 'node:os';
import type { Deps } from '../deps.js';
import { type Claims, forwardLines } from './peer-claims.js';
import {
  type ClientOptions,
  connectSmtp,
  isLoopback,
  RFC_TIMEOUTS,
  type SmtpAddress,
  type SmtpClient,
} from './smtp-client.js';
import type { Extensions } from './smtp-extensions.js';
import { asSmtpFault, SmtpFault } from './smtp-fault.js';
import { createSmtpPool, POOL_LIMITS, type PoolLimits, type SmtpPool } from './smtp-pool.js';
import { isPositive, type Reply } from './smtp-reply.js';
import type { Content } from './splice.js';
import type { DataResult, Upstream, UpstreamSession } from './upstream-session.js';

export type SmtpUpstreamOptions = Readonly<Partial<ClientOptions> & { pool?: Partial<PoolLimits> }>;

/** Milliseconds for which the answer to EHLO is believed. */
const EXTENSIONS_FOR = 60_000;

export function createSmtpUpstream(
  deps: Pick<Deps, 'clock'>,
  address: SmtpAddress,
  options: SmtpUpstreamOptions,
): Upstream {
  const client: ClientOptions = {
    name: options.name ?? hostname(),
    timeouts: options.timeouts ?? RFC_TIMEOUTS,
    tls: options.tls,
    startTls: options.startTls ?? !isLoopback(address.host),
  };
  let seenAt = 0;
  const pool = createSmtpPool(
    async () => {
      const connected = await connectSmtp(address, client);
      seenAt = deps.clock().getTime();
      return connected;
    },
    { ...POOL_LIMITS, ...options.pool },
  );
  return {
    async extensions(): Promise<Extensions> {
      const known = pool.lastExtensions();
      if (known && deps.clock().getTime() - seenAt < EXTENSIONS_FOR) return known;
      const probe = await pool.take(true);
      pool.giveBack(probe);
      return probe.extensions;
    },
    open: async () => createSession(pool, await pool.take(false)),
    connections: () => pool.counts(),
    close: async () => pool.close(),
  };
}

const NO_CLAIMS: Claims = new Map();

type Said = Readonly<{ line: string; reply: Reply }>;

function commandLine(verb: string, path: string, parameters: readonly string[]): string {
  return [`${verb}:${path}`, ...parameters].join(' ');
}

/** Whether a connection that answers so is of no more use (RFC 5321 §3.8). */
function isClosing(answer: Reply): boolean {
  return answer.code === 421;
}

/**
 * A transaction that survives, once, the loss of its connection: upstreams close idle ones at any time, and until
 * the content nothing has been handed over, so what was said is said again on a fresh connection. If the answers
 * differ there, the transaction fails.
 */
function createSession(pool: SmtpPool, first: SmtpClient): UpstreamSession {
  let client: SmtpClient | undefined = first;
  let replaced = false;
  let released = false;
  let exchanges = 0;
  let said: Said[] = [];

  function leave(): void {
    if (!client) return;
    const left = client;
    client = undefined;
    pool.giveBack(left);
  }
  /**
   * Nobody else may have the connection before its answer is here: they would take that answer for theirs, or write
   * into the content. So who lets go in between, since its client left, lets go after it.
   */
  async function exchange<T>(work: () => Promise<T>): Promise<T> {
    exchanges += 1;
    try {
      return await work();
    } finally {
      exchanges -= 1;
      if (released && exchanges === 0) leave();
    }
  }
  function abandon(): void {
    client?.wire.destroy();
    leave();
  }
  async function replace(): Promise<void> {
    replaced = true;
    abandon();
    const fresh = await pool.take(true);
    client = fresh;
    try {
      for (const { line, reply } of said) {
        const again = await fresh.command(line);
        if (isPositive(again) !== isPositive(reply)) throw new SmtpFault('lost', 'upstream changed its mind');
      }
    } catch (error) {
      // Half a transaction must never be finished: it would reach some of the recipients only.
      abandon();
      throw error;
    }
  }
  async function ask(line: string): Promise<Reply> {
    if (!client) throw new SmtpFault('lost', 'the transaction is over');
    try {
      const answer = await client.command(line);
      if (!isClosing(answer) || replaced) return answer;
    } catch (error) {
      if (replaced || asSmtpFault(error).kind === 'timeout') throw error;
    }
    await replace();
    return client.command(line);
  }
  async function say(line: string): Promise<Reply> {
    const answer = await ask(line);
    said.push({ line, reply: answer });
    return answer;
  }

  async function data(content: Content): Promise<DataResult> {
    try {
      const go = await ask('DATA');
      if (go.code !== 354) return { kind: 'refused-before-content', reply: go };
    } catch (error) {
      return { kind: 'lost-before-dot', cause: asSmtpFault(error) };
    }
    return client!.content(content);
  }

  return {
    mail: (path, parameters, claims) =>
      exchange(async () => {
        said = [];
        // What is said of the client is for its log; a server that will not hear it takes the mail all the same.
        for (const line of forwardLines(claims ?? NO_CLAIMS, first.extensions.xforward)) await say(line);
        return say(commandLine('MAIL FROM', path, parameters));
      }),
    rcpt: (path, parameters) => exchange(() => say(commandLine('RCPT TO', path, parameters))),
    data: (content) => exchange(() => data(content)),
    release() {
      released = true;
      if (exchanges === 0) leave();
    },
  };
}
