/**
 * Measures the redirect on this machine: `npm run bench:redirect -- [--links N] [--clicks N] [--seconds N] [--rounds N]
 * [--only postgres,two,redis,pglite] [--grow] [--json]`. A bare node:http 302, then ours on PostgreSQL (with BENCH_DATABASE_URL or
 * TEST_DATABASE_URL, in a database of its own), on PostgreSQL with two web processes, with a Redis of its own, and on
 * the embedded database. Load: wrk, 64 connections, random codes, a browser's agent. Needs wrk, and a build:
 * what is measured is dist/main.js.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Bench, openBenchDatabase, type Size } from './bench-database.js';
import { startBare, startOurs } from './bench-servers.js';
import { canOwnServers, ownRedis } from './own-servers.js';
import { CONNECTIONS, type Load, runLoad, writeLoad } from './wrk.js';

const { values: options } = parseArgs({
  options: {
    links: { type: 'string', default: '1000000' },
    clicks: { type: 'string', default: '0' },
    seconds: { type: 'string', default: '8' },
    rounds: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
    only: { type: 'string', default: 'postgres,two,redis,pglite' },
    grow: { type: 'boolean', default: false },
    profile: { type: 'string' },
  },
});

const SECONDS = Number(options.seconds);
const WARM_UP = 3;
const ONLY = new Set(options.only.split(','));
const DATABASE = process.env.BENCH_DATABASE_URL ?? process.env.TEST_DATABASE_URL;

type Figures = Readonly<{ server: string; ratio: number; recorded?: number }> & Size & Load;

/** A way to run ours; no `env` where it cannot be run here. */
type Variant = Readonly<{ name: string; engine: Bench['engine']; env: Record<string, string> | undefined }>;

/** Links, and clicks on them, that a grown installation has. */
const GROWTH = [10_000, 1_000_000, 10_000_000];

const figures: Figures[] = [];

async function measureBare(script: string): Promise<Load> {
  const server = await startBare();
  try {
    await runLoad(script, server.port, WARM_UP, server.pid);
    return await runLoad(script, server.port, SECONDS, server.pid);
  } finally {
    await server.stop();
  }
}

async function measureOurs(
  script: string,
  bench: Bench,
  { env }: Variant,
): Promise<Load & { recorded: number }> {
  const before = await bench.countClicks();
  const server = await startOurs({ ...bench.env, ...env }, options.profile);
  try {
    const warm = await runLoad(script, server.port, WARM_UP, server.pid, bench.database);
    const load = await runLoad(script, server.port, SECONDS, server.pid, bench.database);
    await server.stop();
    return { ...load, recorded: (await bench.countClicks()) - before - warm.answered };
  } finally {
    await server.stop();
  }
}

/** wrk drops what is under way when its time is over, after warming up and after measuring. */
const UNDER_WAY = 2 * CONNECTIONS;

function verdict({ answered, failed, recorded }: Figures): string {
  if (recorded === undefined) return '';
  const complete = failed === 0 && recorded >= answered && recorded <= answered + UNDER_WAY;
  return `recorded ${recorded} of ${answered} answered${complete ? '' : '  MISMATCH'}`;
}

function note(one: Figures): void {
  figures.push(one);
  if (options.json) return;
  const { server, postgres, load, idle } = one.processorTime;
  console.log(
    `${one.server.padEnd(15)} ${String(one.links).padStart(8)} links ${String(one.requestsPerSecond).padStart(6)}/s  ` +
      `p50 ${one.p50} ms  p99 ${one.p99} ms  ratio ${one.ratio}  µs an answer: node ${server}, ` +
      `postgres ${postgres}, wrk ${load}, idle ${idle}  ${verdict(one)}`,
  );
}

/** Bare right before each of ours: what else the machine does changes by the minute. */
async function measurePair(script: string, bench: Bench, variant: Variant): Promise<void> {
  const { size } = bench;
  const bare = await measureBare(script);
  note({ server: 'bare node:http', ...size, ...bare, ratio: 1 });
  const ours = await measureOurs(script, bench, variant);
  const ratio = Math.round((ours.requestsPerSecond / bare.requestsPerSecond) * 100) / 100;
  note({ server: `ours, ${variant.name}`, ...size, ...ours, ratio });
}

async function measure(variants: readonly Variant[], directory: string, size: Size): Promise<void> {
  for (const engine of new Set(variants.map((variant) => variant.engine))) {
    const bench = await openBenchDatabase(engine, DATABASE, join(directory, `${engine}-${size.links}`), size);
    try {
      const script = writeLoad(directory, bench.codes);
      for (let round = 0; round < Number(options.rounds); round += 1) {
        for (const variant of variants) {
          if (variant.engine === engine) await measurePair(script, bench, variant);
        }
      }
    } finally {
      await bench.drop();
    }
  }
}

async function main(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'career-relay-bench-'));
  const redis = ONLY.has('redis') && canOwnServers() ? await ownRedis(directory, 'everysec') : undefined;
  const all: Variant[] = [
    { name: 'postgres', engine: 'postgres', env: {} },
    { name: 'two', engine: 'postgres', env: { WEB_CONCURRENCY: '2' } },
    { name: 'redis', engine: 'postgres', env: redis && { REDIS_URL: redis.url } },
    { name: 'pglite', engine: 'pglite', env: {} },
  ];
  const variants = all.filter(
    ({ name, engine, env }) => ONLY.has(name) && env !== undefined && (engine !== 'postgres' || DATABASE),
  );
  const sizes = options.grow
    ? GROWTH.map((count) => ({ links: count, clicks: count }))
    : [{ links: Number(options.links), clicks: Number(options.clicks) }];
  try {
    for (const size of sizes) await measure(variants, directory, size);
  } finally {
    await redis?.stop();
    rmSync(directory, { recursive: true, force: true });
  }
  if (options.json) console.log(JSON.stringify(figures, null, 2));
}

await main();
