import type { CredentialUsage } from './company/credential-usage.js';
import type { Config } from './config.js';
import type { Db } from './db/db.js';
import type { Reads } from './db/replica.js';
import type { Events } from './events.js';
import type { Jobs } from './jobs/jobs.js';
import type { Keys } from './keys.js';
import type { Limiters } from './limiter.js';
import type { LinkCache } from './link/cache.js';
import type { LiveBus } from './live.js';

/** A mail of our own, ready to be composed. Addresses are plain (`user@host`). */
export type OutgoingMail = Readonly<{
  /** Where the same mail may be handed over again after a crash: the same text each time, so that it has one Message-ID. */
  id?: string;
  to: string;
  subject: string;
  text: string;
  html: string;
  headers?: Readonly<Record<string, string>>;
}>;

/** Sends one mail of our own; resolves when the next server has taken responsibility, rejects otherwise. */
export interface Courier {
  send(mail: OutgoingMail): Promise<void>;
}

/** What every flow is given. Time, ids and randomness come from here, so that tests hold them in hand. */
export type Deps = Readonly<{
  config: Config;
  db: Db;
  /** For screens, figures and exports, which may be a moment old; what decides anything is read from `db`. */
  reads: Reads;
  clock: () => Date;
  /** A fresh UUID, version 7: sortable by the clock's time (RFC 9562 §5.7). */
  newId: () => string;
  randomBytes: (count: number) => Buffer;
  keys: Keys;
  events: Events;
  jobs: Jobs;
  /** With REDIS_URL. */
  linkCache?: LinkCache;
  live: LiveBus;
  limiters: Limiters;
  usage: CredentialUsage;
}>;
