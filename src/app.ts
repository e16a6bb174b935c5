import cluster from 'node:cluster';
import { fileURLToPath } from 'node:url';
import pino from 'pino';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { openAsnLookup } from './click/asn-lookup.js';
import { systemTimer, type Timer } from './click/batch.js';
import { type Clicks, createClicks } from './click/click.js';
import { createSharedGuesses } from './click/guessing.js';
import { createRedirect } from './click/redirect.js';
import { createRedisLinks, type RedisLinks } from './click/redis-links.js';
import { createUpkeep } from './click/upkeep.js';
import { createCredentialUsage } from './company/credential-usage.js';
import type { Config, Role } from './config.js';
import { createDueNotices } from './credit/due-notices.js';
import { createExpiry } from './credit/expiry.js';
import { createLiveStreams } from './dashboard/live.js';
import { type Awaited, awaitDatabase } from './db/awaited.js';
import { breakCircuit } from './db/breaker.js';
import { type Db, openPglite, openPostgres } from './db/db.js';
import { migrate } from './db/migrate.js';
import { openReads, type Reads, readsOf } from './db/replica.js';
import { timed } from './db/timed.js';
import type { Deps } from './deps.js';
import { createEvents, type Events, type Log } from './events.js';
import { createRollup } from './figures/rollup.js';
import { joinFleet } from './fleet-metrics.js';
import { registerGauges, type Standing } from './gauges.js';
import { uuid7 } from './id.js';
import { createJobQueue, type JobQueue } from './jobs/queue.js';
import { createKeys } from './keys.js';
import { ownLimiters, sharedLimiters } from './limiter.js';
import { createLiveBus } from './live.js';
import { createCourier } from './notify/courier.js';
import { mailHandlers } from './notify/handlers.js';
import { createRandomBytes } from './random.js';
import { openRedis, type RedisStore } from './redis.js';
import { createParkedMatcher } from './registration/parked.js';
import { closeAbandoned, createHousekeeping } from './relay/housekeeping.js';
import { createRelay } from './relay/relay.js';
import { sendgridRoutes } from './relay/sendgrid-edge.js';
import { createLargeBodies } from './relay/sendgrid-limits.js';
import { createSendgridRelay } from './relay/sendgrid-relay.js';
import { createSendgridUpstream } from './relay/sendgrid-upstream.js';
import { createSmtpEdge } from './relay/smtp-edge.js';
import { createUpstream } from './relay/upstream.js';
import { webParts } from './routes.js';
import { adoptKeptKeys, ensureOperatorKey, loadSecret } from './secrets.js';
import type { DeclaredRoute } from './web/access.js';
import { createWebServer } from './web/server.js';
import { createStatusServer, type StatusParts } from './web/status.js';

/** What tests, and `main` where it forks, put in place of the real thing. */
export type Overrides = Readonly<{
  db?: Db;
  clock?: () => Date;
  randomBytes?: (count: number) => Buffer;
  log?: Log;
  /** Counts down the click path's deadlines, and the waits for a database or Redis that is away. */
  timer?: Timer;
  /** Milliseconds for which the hook believes what it knows of a company. */
  freshFor?: number;
  /** What our keys in Redis begin with. */
  redisPrefix?: string;
  /** The figures of all processes of this machine, where this one has forked others. */
  metrics?: () => Promise<string>;
  /** Whether jobs run by themselves; without, tests run them by `jobs.drain()`. */
  work?: boolean;
}>;

export type App = Readonly<{
  deps: Deps;
  jobs: JobQueue;
  /** Every HTTP route behind the redirector, and who may call it. */
  routes: readonly DeclaredRoute[];
  /** This process's figures. */
  registry: Registry;
  /**
   * Resolves when the database is there and up to date; redirects are answered before.
   * `newOperatorKey`: the operator's key made at this start, to be printed once.
   */
  ready: Promise<{ newOperatorKey: string | undefined }>;
  /** Listens on the ports of its roles, with or without the database. @returns the ports that were bound */
  start(): Promise<{ http?: number; smtp?: number; smtps?: number; status?: number }>;
  /** Reads again what may change while it runs: the certificate of the SMTP hook. */
  reload(): void;
  /** Before `close`: goes on serving, says that it is not ready any more, and asks clients to connect elsewhere. */
  retire(): void;
  /** Stops taking work, finishes what runs, closes everything. Safe to call twice. */
  close(): Promise<void>;
}>;

/** The database that the configuration names. The embedded one takes its directory's lock: `conflict` when held. */
export async function openDatabase(config: Config): Promise<Db> {
  return config.databaseUrl ? openPostgres(config.databaseUrl) : openPglite({ directory: config.dataDir });
}

/** Connections of the click path: what is under way in each of its statements, and what is late. */
const CLICK_CONNECTIONS = 8;

/** On PostgreSQL the click path has connections of its own: it waits for nobody's, and few statements are planned once. */
function openClickDatabase({ config, db }: Deps, overridden: boolean): Db {
  if (overridden || config.databaseUrl === undefined) return db;
  return openPostgres(config.databaseUrl, CLICK_CONNECTIONS, true);
}

/** Connections for reads of the dashboard, besides those of the database itself. */
const REPLICA_CONNECTIONS = 5;

function readsFor({ replicaUrl }: Config, db: Db, timer: Timer, { readsMoved }: Events): Reads {
  return replicaUrl
    ? openReads(db, openPostgres(replicaUrl, REPLICA_CONNECTIONS), timer, readsMoved)
    : readsOf(db);
}

/** Milliseconds that the database has to say that it is there. */
const READY_DEADLINE = 2_000;

type Redis = Readonly<{ store: RedisStore; links: RedisLinks }>;

function openRedisOf(config: Config, db: Db, timer: Timer, prefix = 'career-relay'): Redis | undefined {
  if (config.redisUrls.length === 0) return undefined;
  const store = openRedis(config.redisUrls, timer, prefix);
  return { store, links: createRedisLinks(store, db) };
}

/** What every flow is given, and what gives it. Opens, and waits for nothing but the embedded database. */
async function prepareGround(config: Config, overrides: Overrides) {
  const clock = overrides.clock ?? (() => new Date());
  const random = overrides.randomBytes ?? createRandomBytes();
  const newId = () => uuid7(clock(), random(10));
  const registry = new Registry();
  const { tracing } = config.operation;
  // Nothing of it is even loaded where nobody asked for traces.
  const traces = tracing && (await import('./traces.js')).createTraces(tracing);
  const events = createEvents(overrides.log ?? pino({ level: config.logLevel }), registry, traces);
  const keys = createKeys(loadSecret(config, random), config.previousSecretKeys);
  const db = timed(overrides.db ?? (await openDatabase(config)), events.storeTimed);
  const reads = readsFor(config, db, overrides.timer ?? systemTimer, events);
  const jobs: JobQueue = createJobQueue(db, events, () => handlers);
  const redis = openRedisOf(config, db, overrides.timer ?? systemTimer, overrides.redisPrefix);
  const linkCache = redis?.links;
  const live = createLiveBus(redis && { store: redis.store, me: newId() });
  const limiters = redis ? sharedLimiters(redis.store, keys) : ownLimiters;
  const usage = createCredentialUsage({ db, clock, events }, overrides.timer ?? systemTimer);
  const base = { config, db, reads, clock, newId, randomBytes: random, keys, events, jobs };
  const deps: Deps = { ...base, linkCache, live, limiters, usage };
  const upstream = createUpstream(deps, config.upstream);
  const handlers = mailHandlers(deps, createCourier(deps, upstream));
  return { deps, registry, jobs, upstream, redis, traces, usage };
}

/** Brings the schema up to date. @returns the operator's key where one was made now */
async function prepareDatabase({ config, db, events, keys, clock, newId, randomBytes: random }: Deps) {
  const applied = await migrate(db);
  if (applied.length > 0) events.migrated(applied);
  await adoptKeptKeys(config, db, keys, { clock, randomBytes: random });
  return ensureOperatorKey(config, db, { clock, newId, randomBytes: random });
}

/** The table of networks that comes with the program. */
const NETWORKS = fileURLToPath(new URL('./click/networks/networks.bin', import.meta.url));

function redirectOf(deps: Deps, clicks: Clicks, timer: Timer, redis: Redis | undefined) {
  const networks = openAsnLookup(deps.config.asnTable ?? NETWORKS, timer, deps.events.asnTableFailed);
  const sharedGuesses = redis && createSharedGuesses(redis.store, deps.keys);
  return { handle: createRedirect(deps, clicks, networks.asnOf, sharedGuesses), networksRead: networks.read };
}

/** Why the service is not ready. Without Redis it is: each of its uses has a form of its own without. */
async function reasonsNotReady(deps: Deps, opening: Awaited): Promise<string[]> {
  const waitingFor = opening.waitingFor();
  if (waitingFor) return [`database: ${waitingFor}`];
  try {
    await deps.db.query('SELECT 1', [], { timeout: READY_DEADLINE });
    return [];
  } catch (error) {
    return [`database: ${(error as Error).message}`];
  }
}

/** Builds the program from its configuration: opens the database, migrates, wires every part. Nothing listens yet. */
export async function buildApp(config: Config, overrides: Overrides = {}): Promise<App> {
  const { deps, registry, jobs, upstream, redis, traces, usage } = await prepareGround(config, overrides);
  const { events, db } = deps;
  const has = (role: Role) => config.roles.includes(role);
  const timer = overrides.timer ?? systemTimer;
  let newOperatorKey: string | undefined;
  const preparing = awaitDatabase(
    async () => {
      newOperatorKey = (await prepareDatabase(deps)) ?? newOperatorKey;
    },
    timer,
    events,
  );
  await preparing.begin();
  const periodic = [
    createHousekeeping(deps),
    createUpkeep(deps, timer),
    createRollup(deps, timer),
    createExpiry(deps),
    createDueNotices(deps),
    createParkedMatcher(deps),
  ];
  const works = (overrides.work ?? true) && has('worker');
  const working = awaitDatabase(
    async () => {
      // The embedded database is this process's alone: what is open in it, a process before has left.
      if (db.engine === 'pglite') await closeAbandoned(deps, true);
      await jobs.start({ work: works });
      if (works) for (const one of periodic) one.start();
    },
    timer,
    events,
  );
  const clickDb = has('web') ? openClickDatabase(deps, overrides.db !== undefined) : db;
  const quick = { ...deps, db: breakCircuit(clickDb, timer) };
  const clicks = has('web') ? await createClicks(quick, timer, redis) : undefined;
  const redirect = clicks && redirectOf(deps, clicks, timer, redis);
  const streams = createLiveStreams(deps, timer);
  const relay = createRelay(deps, undefined, overrides.freshFor);
  const sendgrid = createSendgridRelay(deps, createSendgridUpstream(config.sendgrid.baseUrl, timer));
  const v3 = sendgridRoutes(deps, sendgrid, createLargeBodies(timer));
  let retired = false;
  const status: StatusParts = {
    notReady: async () => (retired ? ['stopping'] : reasonsNotReady(deps, preparing)),
    metrics: overrides.metrics ?? (cluster.isWorker ? joinFleet(registry) : () => registry.metrics()),
  };
  const web = createWebServer(
    deps,
    webParts(deps, redirect ? [redirect.handle] : [], status, streams.router, v3, traces),
  );
  const watch = createStatusServer(status);
  const standing: Standing = {
    storePool: () => db.connections?.(),
    upstreamPool: () => upstream.connections?.(),
    hasSpooled: () => clicks?.hasSpooled() ?? false,
    jobs: () => jobs.counts(),
    isReady: async () => (await status.notReady()).length === 0,
  };
  registerGauges(registry, standing, has('worker'));
  const hook = createSmtpEdge(deps, upstream, relay);
  let closing: Promise<void> | undefined;

  function retire(): void {
    if (retired) return;
    retired = true;
    events.stopping({});
    web.retire();
    hook.retire();
  }

  async function closeAll(): Promise<void> {
    retire();
    streams.close();
    await Promise.all([web.close(), hook.close()]);
    await clicks?.close();
    await Promise.all([relay.settled(), sendgrid.settled()]);
    await Promise.all([preparing.stop(), working.stop(), ...periodic.map((one) => one.stop())]);
    await jobs.stop();
    await usage.stop();
    await upstream.close();
    deps.live.close();
    await redis?.store.close();
    if (clickDb !== db) await clickDb.close();
    await deps.reads.close();
    if (!overrides.db) await db.close();
    watch.close();
    await traces?.close();
    events.stopped();
  }

  return {
    deps,
    jobs,
    routes: web.routes,
    registry,
    ready: preparing.ready.then(() => ({ newOperatorKey })),
    async start() {
      collectDefaultMetrics({ register: registry });
      if (preparing.waitingFor() === undefined) await working.begin();
      else preparing.ready.then(() => working.begin()).catch((error) => events.jobFailed('queue', error));
      clicks?.start();
      usage.start();
      // Whoever came while the table is read would wait for it. A timer of the tests' own stands still.
      if (!overrides.timer) await redirect?.networksRead;
      const http = has('web') ? await web.listen(config.port) : undefined;
      const smtp = has('smtp') ? await hook.listen(config.smtpPort) : undefined;
      const { tlsPort } = config.smtp;
      const smtps = has('smtp') && tlsPort !== undefined ? await hook.listenTls(tlsPort) : undefined;
      const { statusPort } = config.operation;
      const watched = statusPort === undefined ? undefined : await watch.listen(statusPort);
      const roles = config.roles.join(',');
      events.started({ roles, http, smtp, smtps, status: watched, database: db.engine });
      return { http, smtp, smtps, status: watched };
    },
    reload: () => hook.reload(),
    retire,
    close() {
      closing ??= closeAll();
      return closing;
    },
  };
}
