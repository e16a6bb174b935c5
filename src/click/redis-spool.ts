import type { RedisClient, RedisStore } from '../redis.js';
import type { Spool } from './spool.js';
import type { Click } from './store.js';

const GROUP = 'replay';
const BATCH = 500;
/** Milliseconds that a click has: the visitor has waited for the store before. */
const HURRIED = 50;
/** Milliseconds a replay's command may take. */
const UNHURRIED = 5_000;
/** Milliseconds after which what another process took and did not finish is taken over. */
const ABANDONED_AFTER = 30_000;

export type RedisSpool = Spool & Readonly<{ durable(): boolean }>;

/** A stream's entry as ioredis gives it; null fields: deleted meanwhile. */
type Entry = [id: string, fields: string[] | null];

function clickOf([, fields]: Entry): Click[] {
  return fields?.[1] ? [JSON.parse(fields[1]) as Click] : [];
}

async function makeGroup(client: RedisClient, stream: string): Promise<void> {
  try {
    await client.xgroup('CREATE', stream, GROUP, '0', 'MKSTREAM');
  } catch (error) {
    if (!(error as Error).message.startsWith('BUSYGROUP')) throw error;
  }
}

async function read(client: RedisClient, stream: string, me: string, from: '0' | '>'): Promise<Entry[]> {
  const answer = await client.xreadgroup('GROUP', GROUP, me, 'COUNT', BATCH, 'STREAMS', stream, from);
  return (answer as [string, Entry[]][] | null)?.[0]?.[1] ?? [];
}

/**
 * Clicks wait in a stream that all processes share. A consumer group gives each entry to one of them; it is
 * acknowledged and deleted after its click is committed, so a process that ends in between leaves it to the others.
 * @param me this process's name in the group; never used before
 * @param abandonedAfter milliseconds
 */
export function createRedisSpool(
  redis: RedisStore,
  me: string,
  abandonedAfter = ABANDONED_AFTER,
): RedisSpool {
  const stream = redis.key('clicks');

  /** What this process took before and did not finish, then what others left, then what nobody took. */
  async function next(client: RedisClient): Promise<Entry[]> {
    const mine = await read(client, stream, me, '0');
    if (mine.length > 0) return mine;
    await client.xautoclaim(stream, GROUP, me, abandonedAfter, '0-0', 'COUNT', BATCH);
    const left = await read(client, stream, me, '0');
    return left.length > 0 ? left : read(client, stream, me, '>');
  }

  async function finish(client: RedisClient, ids: readonly string[]): Promise<void> {
    await client.xack(stream, GROUP, ...ids);
    await client.xdel(stream, ...ids);
  }

  return {
    durable: () => redis.durable(),
    async append(click) {
      await redis.run((client) => client.xadd(stream, '*', 'click', JSON.stringify(click)), HURRIED);
    },
    async drain(replay) {
      if (!redis.usable()) return 0;
      const waiting = await redis.run((client) => client.xlen(stream), UNHURRIED);
      if (waiting === 0) return 0;
      await redis.run((client) => makeGroup(client, stream), UNHURRIED);
      for (let count = 0; ; ) {
        const entries = await redis.run(next, UNHURRIED);
        if (entries.length === 0) return count;
        const clicks = entries.flatMap(clickOf);
        await replay(clicks);
        const ids = entries.map(([id]) => id);
        await redis.run((client) => finish(client, ids), UNHURRIED);
        count += clicks.length;
      }
    },
    // Another process may have left something at any time.
    pending: () => true,
    async close() {
      // A consumer that still holds entries stays, or they would be nobody's.
      await redis
        .run(async (client) => {
          const held = await read(client, stream, me, '0');
          if (held.length === 0) await client.xgroup('DELCONSUMER', stream, GROUP, me);
        }, UNHURRIED)
        .catch(() => {});
    },
  };
}
