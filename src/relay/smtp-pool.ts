import type { SmtpClient } from './smtp-client.js';
import type { Extensions } from './smtp-extensions.js';
import { SmtpFault } from './smtp-fault.js';
import { isPositive } from './smtp-reply.js';

export type PoolLimits = Readonly<{
  maxConnections: number;
  /** Milliseconds that a caller waits for a free connection. */
  wait: number;
  /** Milliseconds after which an unused connection is closed; servers close theirs after 5 minutes. */
  idle: number;
}>;

export const POOL_LIMITS: PoolLimits = { maxConnections: 50, wait: 30_000, idle: 30_000 };

/** Connections to one upstream. Each is held by one transaction at a time. */
export type SmtpPool = Readonly<{
  /** @param fresh true for a connection that nobody has used. @throws SmtpFault */
  take(fresh: boolean): Promise<SmtpClient>;
  /** Takes a connection back; one that is not usable any more is dropped. */
  giveBack(client: SmtpClient): void;
  /** What the newest connection said. */
  lastExtensions(): Extensions | undefined;
  counts(): Readonly<{ open: number; idle: number; waiting: number }>;
  /** Closes what is idle and everything else when it is given back. */
  close(): void;
}>;

type Idle = { client: SmtpClient; timer: NodeJS.Timeout; since: number };

/**
 * Milliseconds for which an unused connection is taken for alive without asking. Should it have died, MAIL shows that,
 * and the connection is replaced unseen.
 */
const ALIVE = 2_000;

/** @param now monotonic milliseconds */
export function createSmtpPool(
  connect: () => Promise<SmtpClient>,
  limits: PoolLimits,
  now: () => number = () => performance.now(),
): SmtpPool {
  const idle: Idle[] = [];
  const waiting: (() => void)[] = [];
  let open = 0;
  let closed = false;
  let extensions: Extensions | undefined;

  function dropped(): void {
    open -= 1;
    waiting.shift()?.();
  }
  function drop(client: SmtpClient): void {
    client.wire.destroy();
    dropped();
  }
  /** Whether the connection waits for MAIL: surely, without a question. */
  function isReady({ client, since }: Idle): boolean {
    return client.isClean() && client.wire.isUsable() && now() - since < ALIVE;
  }
  function quit(entry: Idle): void {
    const at = idle.indexOf(entry);
    if (at < 0) return;
    idle.splice(at, 1);
    clearTimeout(entry.timer);
    entry.client.wire.quit();
    dropped();
  }

  async function room(): Promise<void> {
    const oldest = idle[0];
    if (open >= limits.maxConnections && oldest) quit(oldest);
    if (open < limits.maxConnections) return;
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        waiting.splice(waiting.indexOf(go), 1);
        reject(new SmtpFault('busy', 'all connections to upstream are in use'));
      }, limits.wait);
      const go = () => {
        clearTimeout(timer);
        resolve();
      };
      waiting.push(go);
    });
  }

  async function connected(): Promise<SmtpClient> {
    open += 1;
    try {
      const client = await connect();
      extensions = client.extensions;
      return client;
    } catch (error) {
      dropped();
      throw error;
    }
  }

  /** A connection from before, brought to a clean state. A dead one shows here and is left behind. */
  async function reused(): Promise<SmtpClient | undefined> {
    for (let entry = idle.pop(); entry; entry = idle.pop()) {
      clearTimeout(entry.timer);
      try {
        if (isReady(entry) || isPositive(await entry.client.command('RSET'))) return entry.client;
      } catch {
        // Lost while it was idle, which is what RSET was to find out.
      }
      drop(entry.client);
    }
    return undefined;
  }

  return {
    async take(fresh) {
      if (closed) throw new SmtpFault('busy', 'stopping');
      for (;;) {
        const client = fresh ? undefined : await reused();
        if (client) return client;
        if (fresh || idle.length === 0) await room();
        if (!fresh && idle.length > 0) continue;
        if (open < limits.maxConnections) return connected();
      }
    },
    giveBack(client) {
      if (closed || !client.wire.isUsable()) {
        if (client.wire.isUsable()) client.wire.quit();
        drop(client);
        return;
      }
      const entry: Idle = { client, timer: setTimeout(() => quit(entry), limits.idle), since: now() };
      entry.timer.unref();
      client.wire.onBroken(() => quit(entry));
      idle.push(entry);
      waiting.shift()?.();
    },
    lastExtensions: () => extensions,
    counts: () => ({ open, idle: idle.length, waiting: waiting.length }),
    close() {
      closed = true;
      for (const entry of [...idle]) quit(entry);
    },
  };
}
