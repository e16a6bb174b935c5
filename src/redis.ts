import { Cluster, Redis, type RedisOptions } from 'ioredis';

/** Runs `run` once after `milliseconds`; calling what it returns takes that back. */
type Timer = (milliseconds: number, run: () => void) => () => void;

/** Milliseconds that a command on the click path may take: what comes after it must fit into the visitor's wait too. */
const QUICK = 100;
/** Milliseconds that nobody asks again after a command was late while no other was answered. */
const PAUSE = 1_000;
const RECONNECT_AT_MOST = 1_000;

export type RedisClient = Redis | Cluster;

export class RedisAway extends Error {
  override readonly name = 'RedisAway';
}

/** Redis as somebody who may be away at any moment: whoever asks gets an answer or a refusal, and gets it soon. */
export type RedisStore = Readonly<{
  /** Whether it is worth asking: connected, and not late a moment ago. */
  usable(): boolean;
  /** Whether it writes what it acknowledges to a disk (`appendonly yes`). */
  durable(): boolean;
  /**
   * Runs commands.
   * @param deadline milliseconds; QUICK unless told
   * @throws RedisAway when it is not usable or late; what the commands throw
   */
  run<T>(work: (client: RedisClient) => Promise<T>, deadline?: number): Promise<T>;
  /** A connection of its own for subscriptions; the caller ends it. */
  subscriber(): RedisClient;
  /** The name of one of our few keys and channels that are one thing to all. */
  key(name: string): string;
  /** A key of which there are many: it has no hash tag, so that they spread over a cluster's nodes. */
  spreadKey(name: string): string;
  /** Calls `listener` whenever a connection is up. */
  onReady(listener: () => void): void;
  close(): Promise<void>;
}>;

const PROMPT: RedisOptions = {
  enableOfflineQueue: false,
  autoResendUnfulfilledCommands: false,
  maxRetriesPerRequest: 0,
  connectTimeout: 2_000,
  retryStrategy: (times) => Math.min(times * 50, RECONNECT_AT_MOST),
};

function connect(urls: readonly string[]): RedisClient {
  const client =
    urls.length === 1
      ? new Redis(urls[0]!, PROMPT)
      : new Cluster([...urls], {
          enableOfflineQueue: false,
          clusterRetryStrategy: (times) => Math.min(times * 50, RECONNECT_AT_MOST),
          redisOptions: PROMPT,
        });
  // A lost connection is no fault: it comes back by itself. Without a listener it would end the process.
  client.on('error', () => {});
  return client;
}

/**
 * Opens Redis, in the background: nothing waits for it.
 * @param urls one node, or several of a cluster
 * @param prefix what every key begins with; tests have their own
 */
export function openRedis(urls: readonly string[], timer: Timer, prefix = 'career-relay'): RedisStore {
  const client = connect(urls);
  let pausing: (() => void) | undefined;
  let durable = false;
  let closed = false;
  let answers = 0;

  client.on('ready', () => {
    pausing?.();
    pausing = undefined;
    void client.info('persistence').then(
      (info) => {
        durable = info.includes('aof_enabled:1');
      },
      () => {},
    );
  });

  function pause(): void {
    pausing ??= timer(PAUSE, () => {
      pausing = undefined;
    });
  }

  const usable = () => client.status === 'ready' && !pausing && !closed;

  return {
    usable,
    durable: () => durable && usable(),
    run(work, deadline = QUICK) {
      if (!usable()) return Promise.reject(new RedisAway('Redis is away'));
      return new Promise((resolve, reject) => {
        const before = answers;
        const cancel = timer(deadline, () => {
          // One that answers others is slow, not away.
          if (answers === before) pause();
          reject(new RedisAway('Redis is late'));
        });
        Promise.resolve(client)
          .then(work)
          .then((result) => {
            answers += 1;
            resolve(result);
          }, reject)
          .finally(() => cancel());
      });
    },
    subscriber: () => connect(urls),
    key: (name) => `{${prefix}}:${name}`,
    spreadKey: (name) => `${prefix}:${name}`,
    onReady(listener) {
      client.on('ready', listener);
      if (client.status === 'ready') listener();
    },
    async close() {
      pausing?.();
      closed = true;
      client.disconnect();
    },
  };
}
