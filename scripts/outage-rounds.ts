import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { openPostgres } from '../src/db/db.js';
import { load, newTally, p99Of, type Tally } from './outage-load.js';
import { ownPostgres, ownRedis, smallDisk } from './own-servers.js';
import { FROM_SOURCE, freePort } from './server-process.js';

export const OUTAGES = [
  'postgres stopped',
  'postgres frozen',
  'redis stopped',
  'both stopped',
  'disk full',
  'files refused',
  'killed meanwhile',
  'start without postgres',
] as const;
export type Outage = (typeof OUTAGES)[number];
/** Clicks wait in files then. */
const WITHOUT_REDIS: readonly Outage[] = ['disk full', 'files refused', 'killed meanwhile'];
/** Blocks of 512 bytes that a file may have: a few clicks, and the rest of a line is refused (EFBIG). */
const SMALL_FILES = 'ulimit -f 4; exec "$0" "$@"';

export type Report = Readonly<{
  outage: Outage;
  requests: number;
  /** No whole 302 to a place that a candidate can use. */
  errors: number;
  /** Redirects to the built-in page in place of the company's own destination. None while Redis is there. */
  inexact: number;
  /** Milliseconds, of requests while something was away. */
  p99: number;
  /** The same while all was there, before and after. */
  p99There: number;
  /** Milliseconds that the visitors' own process, and the server's, were late at their slowest hundredth. */
  lag: Readonly<{ visitors: number; server: number }>;
  /** Clicks that waited in memory alone; clicks given up. */
  held: number;
  lost: number;
  recorded: number;
  /** Answered and not recorded. */
  missing: number;
  /** What `/readyz` said in the midst of it. */
  readyMeanwhile: number;
}>;

const OPERATOR_KEY = 'operator-key-of-the-outage-test-0123456789';
const LINKS = 300;

type World = Readonly<{
  port: number;
  postgres: Awaited<ReturnType<typeof ownPostgres>>;
  redis: Awaited<ReturnType<typeof ownRedis>>;
  start(): Promise<ChildProcess>;
  release(): Promise<void>;
}>;

async function call<Answer>(port: number, path: string, body: unknown): Promise<Answer> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${OPERATOR_KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return (await response.json()) as Answer;
}

async function statusOf(port: number, path: string): Promise<number> {
  return fetch(`http://127.0.0.1:${port}${path}`).then(
    (response) => response.status,
    () => 0,
  );
}

async function until(condition: () => Promise<boolean> | boolean, child?: ChildProcess): Promise<void> {
  for (let tries = 0; tries < 6_000; tries += 1) {
    if (child && child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode}`);
    if (await condition()) return;
    await delay(20);
  }
  throw new Error('what was waited for did not come');
}

async function createWorld(outage: Outage): Promise<World> {
  const directory = mkdtempSync(join(tmpdir(), 'career-relay-outage-'));
  // PostgreSQL runs as another user and must get through.
  chmodSync(directory, 0o755);
  const dataDir = join(directory, 'data');
  const port = await freePort();
  const [postgres, redis] = [await ownPostgres(directory), await ownRedis(directory)];
  const unmount = outage === 'disk full' ? smallDisk(join(dataDir, 'spool'), '64k') : () => {};
  if (!unmount) throw new Error('this process may not mount a small disk');
  const env = {
    PATH: process.env.PATH,
    PORT: String(port),
    SMTP_PORT: '0',
    LOG_LEVEL: 'fatal',
    OPERATOR_KEY,
    SECRET_KEY: 'secret-key-of-the-outage-test-0123456789',
    DATA_DIR: dataDir,
    DATABASE_URL: postgres.url,
    TSX_DISABLE_CACHE: '1',
    ...(WITHOUT_REDIS.includes(outage) ? {} : { REDIS_URL: redis.url }),
  };
  const program = [process.execPath, ...FROM_SOURCE, 'start'];
  const [command, ...args] = outage === 'files refused' ? ['sh', '-c', SMALL_FILES, ...program] : program;
  return {
    port,
    postgres,
    redis,
    async start() {
      const child = spawn(command!, args, {
        env,
        stdio: ['ignore', 'ignore', 'inherit'],
      });
      await until(async () => (await statusOf(port, '/healthz')) === 200, child);
      return child;
    },
    async release() {
      await redis.stop();
      await postgres.stop();
      unmount();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** Mints through the API; the company's own destination shows whether redirects stay exact. */
async function mint(port: number): Promise<string[]> {
  const company = await call<{ id: string }>(port, '/v1/companies', {
    name: 'Outage',
    destinationUrl: 'https://own.example/{code}/{click}',
  });
  const links = Array.from({ length: LINKS }, () => ({}));
  const batch = { company: company.id, links };
  const minted = await call<{ links: { code: string }[] }>(port, '/v1/links/batch', batch);
  return minted.links.map(({ code }) => code);
}

async function strike(world: World, outage: Outage): Promise<void> {
  if (outage === 'postgres frozen') return world.postgres.freeze(true);
  if (outage !== 'redis stopped') await world.postgres.stop();
  if (outage === 'redis stopped' || outage === 'both stopped') await world.redis.stop();
}

async function mend(world: World, outage: Outage): Promise<void> {
  if (outage === 'postgres frozen') return world.postgres.freeze(false);
  if (outage === 'redis stopped' || outage === 'both stopped') await world.redis.start();
  if (outage !== 'redis stopped') await world.postgres.start();
}

async function recordedIds(world: World): Promise<Set<string>> {
  const db = openPostgres(world.postgres.url, 1);
  const rows = await db.query<{ id: string }>('SELECT id FROM clicks').finally(() => db.close());
  return new Set(rows.map(({ id }) => id));
}

/** What the server counts, by name; 0 for what it never counted. */
async function metricsOf(port: number): Promise<(name: string) => number> {
  const text = await fetch(`http://127.0.0.1:${port}/metrics`).then((response) => response.text());
  return (name) => Number(new RegExp(`^${name} (.+)$`, 'm').exec(text)?.[1] ?? 0);
}

async function end(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill(signal);
  await exited;
}

async function begunWithout(world: World, child: ChildProcess, outage: Outage): Promise<ChildProcess> {
  await end(child, 'SIGTERM');
  await strike(world, outage);
  return world.start();
}

/** The server ends as by a crash, and begins again while the store is still away. */
async function killed(world: World, child: ChildProcess, tally: Tally): Promise<ChildProcess> {
  tally.dying = true;
  await end(child, 'SIGKILL');
  const next = await world.start();
  tally.dying = false;
  return next;
}

async function missingAtLast(world: World, tally: Tally, child: ChildProcess) {
  let recorded = new Set<string>();
  let missing: string[] = [];
  await until(async () => {
    recorded = await recordedIds(world).catch(() => recorded);
    missing = [...tally.ids].filter((id) => !recorded.has(id));
    return missing.length === 0;
  }, child).catch(() => {});
  return { recorded: recorded.size, missing: missing.length };
}

/**
 * Takes something away while visitors follow links, and gives it back.
 * @param enough whether the outage has lasted long enough; asked with the number of answers since it began
 * @param rate visitors a second
 */
export async function runOutage(
  outage: Outage,
  enough: (answersMeanwhile: number) => boolean,
  rate: number,
): Promise<Report> {
  const world = await createWorld(outage);
  let child = await world.start();
  const tally = newTally();
  const { away } = tally.milliseconds;
  try {
    const codes = await mint(world.port);
    if (outage === 'start without postgres') {
      child = await begunWithout(world, child, outage);
      tally.away = true;
    }
    let ended = false;
    const loading = load(world.port, codes, rate, tally, () => ended);
    if (!tally.away) {
      await until(() => tally.ids.size >= rate);
      await strike(world, outage);
      tally.away = true;
    }
    await metricsOf(world.port);
    const readyMeanwhile = await statusOf(world.port, '/readyz');
    if (outage === 'killed meanwhile') {
      await until(() => away.length >= rate);
      child = await killed(world, child, tally);
    }
    await until(() => enough(away.length));
    const metrics = await metricsOf(world.port);
    await mend(world, outage);
    tally.away = false;
    const before = tally.ids.size;
    await until(() => tally.ids.size >= before + rate);
    ended = true;
    const { lag } = await loading;
    return {
      outage,
      requests: tally.ids.size + tally.errors,
      errors: tally.errors,
      inexact: tally.inexact,
      p99: p99Of(away),
      p99There: p99Of(tally.milliseconds.there),
      lag: { visitors: lag, server: Math.round(metrics('nodejs_eventloop_lag_p99_seconds') * 1_000) },
      held: metrics('career_relay_clicks_held_total'),
      lost: metrics('career_relay_clicks_lost_total'),
      ...(await missingAtLast(world, tally, child)),
      readyMeanwhile,
    };
  } finally {
    await end(child, 'SIGKILL');
    await world.release();
  }
}
