import { randomBytes } from 'node:crypto';
import pino from 'pino';
import { collectDefaultMetrics, Registry } from 'prom-client';
import type { Timer } from './click/batch.js';
import { type Clicks, createClicks } from './click/click.js';
import { createRedirect } from './click/redirect.js';
import { companyApi, companyOperations } from './company/api.js';
import type { Config, Role } from './config.js';
import { ledgerApi, ledgerOperations } from './credit/api.js';
import { dashboardApi, dashboardOperations } from './dashboard/api.js';
import { operatorPages } from './dashboard/operator.js';
import { outboxPages } from './dashboard/outbox.js';
import { dashboardPages } from './dashboard/pages.js';
import { type Db, openPglite, openPostgres } from './db/db.js';
import { migrate } from './db/migrate.js';
import type { Deps } from './deps.js';
import { createEvents, type Log } from './events.js';
import { uuid7 } from './id.js';
import { createJobQueue, type JobQueue } from './jobs/queue.js';
import { createKeys } from './keys.js';
import { linkApi, linkOperations } from './link/api.js';
import { createCourier } from './notify/courier.js';
import { mailHandlers } from './notify/handlers.js';
import { batchApi, batchOperations } from './registration/batch-api.js';
import { myDataPages } from './registration/my-data-pages.js';
import { registrationPages } from './registration/pages.js';
import { createParkedMatcher } from './registration/parked.js';
import { postbackApi, postbackOperations } from './registration/postback.js';
import { signatureAuth } from './registration/signature.js';
import { signingApi, signingOperations } from './registration/signing-api.js';
import { createRelay } from './relay/relay.js';
import { createSmtpEdge } from './relay/smtp-edge.js';
import { createUpstream } from './relay/upstream.js';
import { ensureOperatorKey, loadSecret } from './secrets.js';
import { openApiRoutes } from './web/openapi.js';
import { createWebServer, type WebParts } from './web/server.js';
import { signInRoutes } from './web/sign-in.js';

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

/** The database that the configuration names. The embedded one takes its directory's lock: `conflict` when held. */
export async function openDatabase(config: Config): Promise<Db> {
  return config.databaseUrl ? openPostgres(config.databaseUrl) : openPglite({ directory: config.dataDir });
}

/** What every flow is given, and what gives it. */
async function prepareGround(config: Config, overrides: Overrides) {
  const clock = overrides.clock ?? (() => new Date());
  const random = overrides.randomBytes ?? randomBytes;
  const newId = () => uuid7(clock(), random(10));
  const registry = new Registry();
  const events = createEvents(overrides.log ?? pino({ level: config.logLevel }), registry);
  const keys = createKeys(loadSecret(config, random));
  const db = overrides.db ?? (await openDatabase(config));
  const applied = await migrate(db);
  if (applied.length > 0) events.migrated(applied);
  const newOperatorKey = await ensureOperatorKey(config, db, { clock, newId, randomBytes: random });
  const jobs: JobQueue = createJobQueue(db, events, () => handlers);
  const deps: Deps = { config, db, clock, newId, randomBytes: random, keys, events, jobs };
  const upstream = createUpstream(deps, config.upstream);
  const handlers = mailHandlers(deps, createCourier(deps, upstream));
  return { deps, registry, jobs, upstream, newOperatorKey };
}

/** The HTTP API as it describes itself. */
const operations = [
  ...companyOperations,
  ...linkOperations,
  ...ledgerOperations,
  ...postbackOperations,
  ...batchOperations,
  ...signingOperations,
  ...dashboardOperations,
];

function webParts(deps: Deps, clicks: Clicks | undefined, registry: Registry): WebParts {
  return {
    front: clicks ? [createRedirect(deps, clicks)] : [],
    pages: [
      openApiRoutes(deps.config, operations),
      registrationPages(deps),
      myDataPages(deps),
      signInRoutes(deps),
      dashboardPages(deps),
      operatorPages(deps),
      outboxPages(deps),
    ],
    api: [
      companyApi(deps),
      linkApi(deps),
      ledgerApi(deps),
      postbackApi(deps),
      batchApi(deps),
      signingApi(deps),
      dashboardApi(deps),
    ],
    signed: signatureAuth(deps),
    notReady: async () => {
      try {
        await deps.db.query('SELECT 1');
        return [];
      } catch (error) {
        return [`database: ${(error as Error).message}`];
      }
    },
    metrics: () => registry.metrics(),
  };
}

/** Builds the program from its configuration: opens the database, migrates, wires every part. Nothing listens yet. */
export async function buildApp(config: Config, overrides: Overrides = {}): Promise<App> {
  const { deps, registry, jobs, upstream, newOperatorKey } = await prepareGround(config, overrides);
  const { events, db } = deps;
  const has = (role: Role) => config.roles.includes(role);
  const clicks = has('web') ? await createClicks(deps, overrides.timer) : undefined;
  const web = createWebServer(deps, webParts(deps, clicks, registry));
  const relay = createRelay(deps);
  const hook = createSmtpEdge(deps, upstream, relay);
  const parked = createParkedMatcher(deps);
  let closing: Promise<void> | undefined;

  async function closeAll(): Promise<void> {
    events.stopping({});
    await Promise.all([web.close(), hook.close()]);
    await clicks?.close();
    await relay.settled();
    await parked.stop();
    await jobs.stop();
    await upstream.close();
    if (!overrides.db) await db.close();
    events.stopped();
  }

  return {
    deps,
    jobs,
    newOperatorKey,
    async start() {
      collectDefaultMetrics({ register: registry });
      const work = (overrides.work ?? true) && has('worker');
      await jobs.start({ work });
      if (work) parked.start();
      clicks?.start();
      const http = has('web') ? await web.listen(config.port) : undefined;
      const smtp = has('smtp') ? await hook.listen(config.smtpPort) : undefined;
      events.started({ roles: config.roles.join(','), http, smtp, database: db.engine });
      return { http, smtp };
    },
    close() {
      closing ??= closeAll();
      return closing;
    },
  };
}
