import { randomBytes } from 'node:crypto';
import pino from 'pino';
import { collectDefaultMetrics, Registry } from 'prom-client';
import type { Timer } from './click/batch.js';
import { createClicks } from './click/click.js';
import { createRedirect } from './click/redirect.js';
import type { Config } from './config.js';
import { type Db, openPglite, openPostgres } from './db/db.js';
import { migrate } from './db/migrate.js';
import type { Deps } from './deps.js';
import { createEvents, type Log } from './events.js';
import { uuid7 } from './id.js';
import { createJobQueue, type JobQueue } from './jobs/queue.js';
import { createKeys } from './keys.js';
import { ensureOperatorKey, loadSecret } from './secrets.js';
import { createWebServer, type WebParts } from './web/server.js';

/** What tests put in place of the real thing. */
export type Overrides = Readonly<{
  db?: Db;
  clock?: () => Date;
  randomBytes?: (count: number) => Buffer;
  log?: Log;
  /** Counts down the click path's deadlines. */
  timer?: Timer;
  /** Whether jobs run by themselves; without, tests run them by `jobs.drain()`. */
  work?: boolean;
}>;

export type App = Readonly<{
  deps: Deps;
  jobs: JobQueue;
  /** The operator's key made at this start, to be printed once. */
  newOperatorKey: string | undefined;
  /** Listens on the ports of its roles. @returns the ports that were bound */
  start(): Promise<{ http?: number; smtp?: number }>;
  /** Stops taking work, finishes what runs, closes everything. Safe to call twice. */
  close(): Promise<void>;
}>;

async function openDatabase(config: Config): Promise<Db> {
  return config.databaseUrl ? openPostgres(config.databaseUrl) : openPglite({ directory: config.dataDir });
}

/** Builds the program from its configuration: opens the database, migrates, wires every part. Nothing listens yet. */
export async function buildApp(config: Config, overrides: Overrides = {}): Promise<App> {
  const clock = overrides.clock ?? (() => new Date());
  const random = overrides.randomBytes ?? randomBytes;
  const newId = () => uuid7(clock(), random(10));
  const registry = new Registry();
  const events = createEvents(overrides.log ?? pino({ level: config.logLevel }), registry);
  const secret = loadSecret(config, random);
  const db = overrides.db ?? (await openDatabase(config));
  const applied = await migrate(db);
  if (applied.length > 0) events.migrated(applied);
  const newOperatorKey = await ensureOperatorKey(config, db, { clock, newId, randomBytes: random });
  const jobs: JobQueue = createJobQueue(db, events, () => handlers);
  const deps: Deps = {
    config,
    db,
    clock,
    newId,
    randomBytes: random,
    keys: createKeys(secret),
    events,
    jobs,
  };
  const handlers = {
    'verification-mail': async () => {},
    'notice-mail': async () => {},
    'sign-in-mail': async () => {},
  };

  const clicks = config.roles.includes('web') ? await createClicks(deps, overrides.timer) : undefined;
  const parts: WebParts = {
    front: clicks ? [createRedirect(deps, clicks)] : [],
    pages: [],
    api: [],
    notReady: async () => {
      try {
        await db.query('SELECT 1');
        return [];
      } catch (error) {
        return [`database: ${(error as Error).message}`];
      }
    },
    metrics: () => registry.metrics(),
  };
  const web = createWebServer(deps, parts);
  let closing: Promise<void> | undefined;

  async function closeAll(): Promise<void> {
    events.stopping({});
    await web.close();
    await clicks?.close();
    await jobs.stop();
    if (!overrides.db) await db.close();
    events.stopped();
  }

  return {
    deps,
    jobs,
    newOperatorKey,
    async start() {
      collectDefaultMetrics({ register: registry });
      await jobs.start({ work: (overrides.work ?? true) && config.roles.includes('worker') });
      clicks?.start();
      const http = config.roles.includes('web') ? await web.listen(config.port) : undefined;
      events.started({ roles: config.roles.join(','), http, database: db.engine });
      return { http };
    },
    close() {
      closing ??= closeAll();
      return closing;
    },
  };
}
