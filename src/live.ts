import { EventEmitter } from 'node:events';
import type { RedisClient, RedisStore } from './redis.js';

/** What screens that are open want to know at once. Small, and without anything personal. */
export type LiveEvent =
  | Readonly<{
      kind: 'clicks';
      companyId: string;
      /** Clicks recorded now, by visitor class. */
      counts: Readonly<Record<string, number>>;
    }>
  /** A registration was made, or has changed. */
  | Readonly<{ kind: 'registrations'; companyId: string }>
  /** Somebody signed out: `session` is the session's name, not its secret. */
  | Readonly<{ kind: 'session_ended'; companyId: string; session: string }>;

export interface LiveBus {
  /** Returns at once. What cannot be told is dropped: whoever listens reads the truth from the database. */
  publish(event: LiveEvent): void;
  /** @returns ends the subscription */
  subscribe(companyId: string, listener: (event: LiveEvent) => void): () => void;
  close(): void;
}

/** Events to other processes that wait for Redis at once; more are dropped. */
const UNDER_WAY = 100;

type Shared = Readonly<{ from: string; event: LiveEvent }>;

/** Hears what other processes publish. @returns ends it */
function listenToOthers(redis: RedisStore, channel: string, me: string, hear: (event: LiveEvent) => void) {
  const subscriber: RedisClient = redis.subscriber();
  subscriber.on('ready', () => {
    subscriber.subscribe(channel).catch(() => {});
  });
  subscriber.on('message', (_channel, message) => {
    const { from, event } = JSON.parse(message) as Shared;
    if (from !== me) hear(event);
  });
  return () => subscriber.disconnect();
}

/**
 * Live events within this process and, with Redis, between processes.
 * @param me tells this process's own events apart when they come back by way of Redis
 */
export function createLiveBus(redis?: Readonly<{ store: RedisStore; me: string }>): LiveBus {
  const local = new EventEmitter().setMaxListeners(0);
  const tell = (event: LiveEvent) => void local.emit(event.companyId, event);
  const channel = redis?.store.key('live');
  const stop = redis && listenToOthers(redis.store, channel!, redis.me, tell);
  let underWay = 0;

  return {
    publish(event) {
      if (local.listenerCount(event.companyId) > 0) setImmediate(tell, event);
      if (!redis?.store.usable() || underWay >= UNDER_WAY) return;
      underWay += 1;
      const message: Shared = { from: redis.me, event };
      redis.store
        .run((client) => client.publish(channel!, JSON.stringify(message)))
        .catch(() => {})
        .finally(() => {
          underWay -= 1;
        });
    },
    subscribe(companyId, listener) {
      local.on(companyId, listener);
      return () => void local.off(companyId, listener);
    },
    close() {
      stop?.();
      local.removeAllListeners();
    },
  };
}
