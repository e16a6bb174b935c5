import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { openPostgres } from '../src/db/db.js';
import { ownPostgres, ownRedis, smallDisk } from './own-servers.js';
import { FROM_SOURCE, freePort } from './server-process.js';

export const OUTAGES = [
  'postgres stopped',
  'postgres frozen',
  'redis stopped',
  'both stopped',
  'disk full',
  'start without postgres',
] as const;
export type Outage = (typeof OUTAGES)[number];

export type Report = Readonly<{
  outage: Outage;
  requests: number;
  /** No whole 302 to a place that a candidate can use. */
  errors: number;
  /** Redirects to the built-in page in place of the company's own destination. None while Redis is there. */
  inexact: number;
  /** Milliseconds, of requests while something was away. */
  p99: number;
  recorded: number;
  /** Answered and not recorded. */
  missing: number;
  /** What `/readyz` said in the midst of it. */
  readyMeanwhile: number;
}>;

const OPERATOR_KEY = 'operator-key-of-the-outage-test-0123456789';
const VISITORS = 16;
const LINKS = 300;

type Tally = { ids: Set<string>; errors: number; inexact: number; milliseconds: number[]; away: boolean };

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
    ...(outage === 'disk full' ? {} : { REDIS_URL: redis.url }),
  };
  return {
    port,
    postgres,
    redis,
    async start() {
      const child = spawn(process.execPath, [...FROM_SOURCE, 'start'], {
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

function follow(agent: Agent, port: number, code: string, tally: Tally): Promise<void> {
  const began = performance.now();
  const { away } = tally;
  return new Promise((resolve) => {
    const fail = () => {
      tally.errors += 1;
      resolve();
    };
    get({ agent, port, host: '127.0.0.1', path: `/r/${code}` }, (response) => {
      response.resume().on('end', () => {
        if (away) tally.milliseconds.push(performance.now() - began);
        const { location = '' } = response.headers;
        const exact = location.startsWith(`https://own.example/${code}/`);
        if (!exact && location.includes(`/join/${code}?click=`)) tally.inexact += 1;
        const id = /(?:\/|=)([0-9a-f-]{36})$/.exec(location)?.[1];
        if (response.statusCode !== 302 || !id || tally.ids.has(id)) return fail();
        tally.ids.add(id);
        resolve();
      });
    }).on('error', fail);
  });
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

/** Visitors follow links until `ended`. */
async function load(
  world: World,
  codes: readonly string[],
  tally: Tally,
  ended: () => boolean,
): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: VISITORS });
  let next = 0;
  const visitor = async () => {
    while (!ended()) await follow(agent, world.port, codes[next++ % codes.length]!, tally);
  };
  await Promise.all(Array.from({ length: VISITORS }, visitor));
  agent.destroy();
}

/**
 * Takes something away while visitors follow links, and gives it back.
 * @param enough whether the outage has lasted long enough; asked with the number of answers since it began
 */
export async function runOutage(
  outage: Outage,
  enough: (answersMeanwhile: number) => boolean,
): Promise<Report> {
  const world = await createWorld(outage);
  let child = await world.start();
  const tally: Tally = { ids: new Set(), errors: 0, inexact: 0, milliseconds: [], away: false };
  try {
    const codes = await mint(world.port);
    if (outage === 'start without postgres') {
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      await exited;
      await strike(world, outage);
      child = await world.start();
      tally.away = true;
    }
    let ended = false;
    const loading = load(world, codes, tally, () => ended);
    if (!tally.away) {
      await until(() => tally.ids.size >= 50);
      await strike(world, outage);
      tally.away = true;
    }
    const readyMeanwhile = await statusOf(world.port, '/readyz');
    await until(() => enough(tally.milliseconds.length));
    await mend(world, outage);
    tally.away = false;
    const before = tally.ids.size;
    await until(() => tally.ids.size >= before + 50);
    ended = true;
    await loading;
    let recorded = new Set<string>();
    let missing: string[] = [];
    await until(async () => {
      recorded = await recordedIds(world).catch(() => recorded);
      missing = [...tally.ids].filter((id) => !recorded.has(id));
      return missing.length === 0;
    }, child).catch(() => {});
    const sorted = tally.milliseconds.sort((left, right) => left - right);
    return {
      outage,
      requests: tally.ids.size + tally.errors,
      errors: tally.errors,
      inexact: tally.inexact,
      p99: Math.round(sorted[Math.floor(sorted.length * 0.99)] ?? 0),
      recorded: recorded.size,
      missing: missing.length,
      readyMeanwhile,
    };
  } finally {
    if (child.exitCode === null) {
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
    }
    await world.release();
  }
}
