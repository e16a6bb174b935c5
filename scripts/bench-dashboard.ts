/**
 * Measures what a dashboard reads: `npm run bench:dashboard -- [--companies N] [--messages N] [--clicks N] [--rounds N] [--json]`.
 * A year of an installation in a PostgreSQL server of its own, and a hundredth of it beside: each query of the biggest company
 * (a tenth of all) and of the median one, in turn on both. Exit code 1 where a limit is not kept.
 */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { addDays, dayOf, type Step } from '../src/dashboard/days.js';
import { listHappenings, listMessages } from '../src/dashboard/queries.js';
import { figuresBy, figuresOf, projectedDay, standingOf } from '../src/dashboard/stats.js';
import { type Db, openPostgres } from '../src/db/db.js';
import { migrate } from '../src/db/migrate.js';
import { DIMENSIONS } from '../src/figures/columns.js';
import { rollUp } from '../src/figures/rollup.js';
import type { Bucket, Range } from '../src/figures/store.js';
import { companyOfRank, fillInstallation, type Installation } from './bench-companies.js';
import { ownPostgres } from './own-servers.js';

const { values: options } = parseArgs({
  options: {
    companies: { type: 'string', default: '1000' },
    messages: { type: 'string', default: '1000000' },
    clicks: { type: 'string', default: '10000000' },
    rounds: { type: 'string', default: '25' },
    json: { type: 'boolean', default: false },
  },
});

/** Milliseconds at p95; and how many times what a hundredth of the size takes a whole page may take. */
const LIMITS = { median: 50, biggest: 200, ratio: 1.5 };
const TIME_ZONE = 'Asia/Tokyo';
/** As many connections as the program's pool has. */
const CONNECTIONS = 10;

type Bench = Readonly<{ db: Db; size: Installation; load: number; rollUp: number; now: Date }>;
type Times = Readonly<{ p50: number; p95: number }>;
type Measured = Readonly<{
  company: 'median' | 'biggest';
  what: string;
  full: Times;
  hundredth: Times;
  ratio: number;
}>;

function say(text: string): void {
  if (!options.json) console.log(text);
}

const seconds = (since: number) => Math.round((performance.now() - since) / 100) / 10;

async function openBench(server: string, name: string, size: Installation): Promise<Bench> {
  const admin = new pg.Client({ connectionString: server });
  await admin.connect();
  await admin.query(`CREATE DATABASE ${name}`).finally(() => admin.end());
  const url = new URL(server);
  url.pathname = `/${name}`;
  const db = openPostgres(url.toString(), CONNECTIONS);
  return fillBench(db, name, size).catch(async (error: unknown) => {
    await db.close();
    throw error;
  });
}

async function fillBench(db: Db, name: string, size: Installation): Promise<Bench> {
  await migrate(db);
  const loading = performance.now();
  await fillInstallation(db, size);
  const load = seconds(loading);
  const now = new Date();
  const rolling = performance.now();
  while ((await rollUp({ db, clock: () => now })) === 'more');
  const rolled = seconds(rolling);
  for (const table of ['figure_sums', 'figure_candidate_days', 'figure_returns']) {
    await db.exec(`VACUUM (ANALYZE) ${table}`);
  }
  await db.exec('CHECKPOINT');
  say(
    `${name}: ${size.messages} messages, ${size.clicks} clicks; loaded in ${load} s, summed up in ${rolled} s`,
  );
  return { db, size, load, rollUp: rolled, now };
}

type Work = (bench: Bench, companyId: string) => Promise<unknown>;

function rangeOf(now: Date, days: number, before = 0): Range {
  const to = addDays(dayOf(now, TIME_ZONE), -before);
  return { from: addDays(to, 1 - days), to, timeZone: TIME_ZONE };
}

/** What the first page of a company reads, as it reads it: side by side. */
function overview(
  range: (now: Date) => Range,
  step: Step,
  breakdown: Bucket,
  before?: (now: Date) => Range,
): Work {
  return ({ db, now }, id) =>
    Promise.all([
      standingOf(db, id, now).then(({ referrals }) =>
        projectedDay(db, id, referrals.remaining, now, TIME_ZONE),
      ),
      figuresOf(db, id, range(now)),
      figuresBy(db, id, range(now), step),
      figuresBy(db, id, range(now), breakdown),
      ...(before ? [figuresOf(db, id, before(now)), figuresBy(db, id, before(now), step)] : []),
      listHappenings(db, id, 6),
      listMessages(db, id, { limit: 8 }),
    ]);
}

const RANGES: Readonly<Record<string, (now: Date) => Range>> = {
  '7 days': (now) => rangeOf(now, 7),
  '30 days': (now) => rangeOf(now, 30),
  '30 days before': (now) => rangeOf(now, 30, 30),
  '12 months': (now) => rangeOf(now, 365),
  'half a year, long ago': (now) => rangeOf(now, 170, 140),
  all: () => ({ from: '-infinity', to: 'infinity', timeZone: TIME_ZONE }),
};
const BUCKETS: readonly Bucket[] = ['all', 'day', 'week', 'month', ...DIMENSIONS];

function works(): Readonly<Record<string, Work>> {
  const { '7 days': week, '30 days': month, '30 days before': monthBefore, '12 months': year } = RANGES;
  const made: Record<string, Work> = {
    'page, 7 days': overview(week!, 'day', 'job'),
    'page, 30 days, compared': overview(month!, 'day', 'job', monthBefore),
    'page, 12 months by month': overview(year!, 'month', 'device'),
    'page, all by week': overview(RANGES.all!, 'week', 'source'),
    'messages, one verdict': ({ db }, id) => listMessages(db, id, { verdict: 'unsure', limit: 51 }),
  };
  for (const [name, range] of Object.entries(RANGES)) {
    for (const by of BUCKETS) {
      made[`${name} by ${by}`] = ({ db, now }, id) => figuresBy(db, id, range(now), by);
    }
  }
  return made;
}

function timesOf(all: number[]): Times {
  all.sort((left, right) => left - right);
  const at = (share: number) =>
    Number((all[Math.min(all.length - 1, Math.floor(all.length * share))] ?? 0).toFixed(2));
  return { p50: at(0.5), p95: at(0.95) };
}

async function timed(work: Promise<unknown>): Promise<number> {
  const from = performance.now();
  await work;
  return performance.now() - from;
}

/** One query on both sizes in turn, so that what else the machine does meets both. */
async function measure(
  full: Bench,
  hundredth: Bench,
  companyId: string,
  work: Work,
): Promise<[Times, Times]> {
  const rounds = Number(options.rounds);
  const times: [number[], number[]] = [[], []];
  // The first ones of a connection plan the statement and fetch its pages.
  for (let round = -CONNECTIONS; round < rounds; round += 1) {
    for (const [place, bench] of [full, hundredth].entries()) {
      const took = await timed(work(bench, companyId));
      if (round >= 0) times[place]!.push(took);
    }
  }
  return [timesOf(times[0]), timesOf(times[1])];
}

async function measureAll(full: Bench, hundredth: Bench): Promise<Measured[]> {
  const measured: Measured[] = [];
  const companies = { median: Math.floor(full.size.companies / 2), biggest: 0 } as const;
  for (const company of ['median', 'biggest'] as const) {
    for (const [what, work] of Object.entries(works())) {
      const [at, small] = await measure(full, hundredth, companyOfRank(companies[company]), work);
      const ratio = Number((at.p50 / small.p50).toFixed(2));
      measured.push({ company, what, full: at, hundredth: small, ratio });
      say(
        `${company.padEnd(8)} ${what.padEnd(36)} p50 ${at.p50} p95 ${at.p95} ms; a hundredth: ${small.p50}, ${small.p95} ms; ${ratio} times`,
      );
    }
  }
  return measured;
}

async function main(): Promise<void> {
  const started = performance.now();
  const size = {
    companies: Number(options.companies),
    messages: Number(options.messages),
    clicks: Number(options.clicks),
  };
  const directory = mkdtempSync(join(tmpdir(), 'career-relay-bench-'));
  // PostgreSQL's own user must reach its files.
  chmodSync(directory, 0o755);
  const server = await ownPostgres(directory);
  const opened: Bench[] = [];
  try {
    const hundredthSize = {
      ...size,
      messages: Math.ceil(size.messages / 100),
      clicks: Math.ceil(size.clicks / 100),
    };
    for (const [name, of] of [
      ['hundredth', hundredthSize],
      ['whole', size],
    ] as const) {
      opened.push(await openBench(server.url, name, of));
    }
    const [hundredth, full] = opened;
    const measured = await measureAll(full!, hundredth!);
    const missed = measured.filter(
      ({ company, what, full: at, ratio }) =>
        at.p95 > LIMITS[company] || (what.startsWith('page') && ratio > LIMITS.ratio),
    );
    const facts = { size, load: full!.load, rollUp: full!.rollUp, seconds: seconds(started), limits: LIMITS };
    if (options.json) console.log(JSON.stringify({ ...facts, measured, missed: missed.length }));
    else say(`${measured.length} measured in ${facts.seconds} s; ${missed.length} beyond a limit`);
    for (const { company, what, full: at, ratio } of missed)
      say(`beyond: ${company}, ${what}: p95 ${at.p95} ms, ${ratio} times`);
    process.exitCode = missed.length > 0 ? 1 : 0;
  } finally {
    await Promise.all(opened.map(({ db }) => db.close()));
    await server.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

await main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
