/**
 * Measures the mail hook on this machine: `npm run bench:mail -- [--seconds N] [--sessions 1,20,200]
 * [--engine postgres|pglite] [--processes N] [--profile DIR] [--json]`. PostgreSQL needs BENCH_DATABASE_URL or TEST_DATABASE_URL; the
 * bench makes a database of its own there and drops it. Needs Postfix's smtp-source and smtp-sink.
 *
 * smtp-source sends the same 2 KB rejection (multipart/alternative, ISO-2022-JP), each to a recipient of its own, first
 * to smtp-sink alone, then to ours with smtp-sink behind it. Ours is the built program in a process of its own: it
 * inserts a link of its own in both parts, commits it and the journal's row first, and answers after the sink did. What
 * was sent, what the sink counted, and what links and rows there are must be one number. Times are those of a probe, one
 * more session beside the load. `processor` is what the hook's process and what PostgreSQL took, from /proc: unlike the
 * rates it hardly depends on what else runs.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Bench, openBenchDatabase } from './bench-database.js';
import { memoryOf, postgresTime, processorTime, startHook } from './bench-hook.js';
import { rejectionLetters } from './bench-letters.js';
import { type LoadFigures, type LoadPlan, runLoad } from './mail-load.js';
import { type MailSink, startSink } from './mail-sink.js';
import type { ServerProcess } from './server-process.js';
import { runSource, type SourcePlan, writeLetter } from './smtp-source.js';

const { values: options } = parseArgs({
  options: {
    seconds: { type: 'string', default: '5' },
    sessions: { type: 'string', default: '1,20,200' },
    engine: { type: 'string', default: 'postgres' },
    processes: { type: 'string', default: '1' },
    profile: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});

type Run = Readonly<{ sessions: number; connections: 'reused' | 'fresh' }>;
type Row = Run &
  Pick<LoadFigures, 'perSecond' | 'p50' | 'p99'> &
  Readonly<{
    target: 'sink alone' | 'ours';
    sent: number;
    arrived: number;
    ratio: number;
    /** Milliseconds of processor time a message: of the hook's process, and of PostgreSQL's. */
    processor?: Readonly<{ hook: number; postgres: number }>;
  }>;

function runs(): Run[] {
  const sessions = options.sessions.split(',').map(Number);
  return [
    ...sessions.map((count): Run => ({ sessions: count, connections: 'reused' })),
    { sessions: 20, connections: 'fresh' },
  ];
}

const FROM = 'recruit@aoba.example';
const SECRET_KEY = 'secret-key-of-the-bench-0123456789abcdef';
/** Messages that tell how many are needed for the wanted time. */
const TRIAL = 500;
/** Seconds. */
const WARM_UP = 8;
/** Numbers go on from run to run, so that no message is a repeat. */
const nextRun = counting();
const nextProbe = counting();

function counting(): () => number {
  let last = 0;
  return () => {
    last += 1;
    return last;
  };
}

type Measured = Readonly<{ perSecond: number; p50: number; p99: number; sent: number; arrived: number }>;

async function measure(
  run: Run,
  port: number,
  sink: MailSink,
  file: string,
  wanted = Number(options.seconds),
): Promise<Measured> {
  const before = sink.count();
  const source = (messages: number): SourcePlan => ({
    port,
    sessions: run.sessions,
    reuse: run.connections === 'reused',
    messages,
    file,
    from: FROM,
    domain: 'example.jp',
    run: `r${nextRun()}`,
  });
  const trial = Math.max(TRIAL, run.sessions * 5);
  const trialSeconds = await runSource(source(trial));
  const messages = Math.max(trial, Math.round((trial / trialSeconds) * wanted));
  const probe = new AbortController();
  const probing = runProbe(port, probe.signal);
  const seconds = await runSource(source(messages));
  probe.abort();
  const { answered, p50, p99 } = await probing;
  const sent = trial + messages + answered;
  // The sink prints its counter when a message is taken; the last lines may still be in the pipe.
  for (let tries = 0; sink.count() - before < sent && tries < 50; tries += 1) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const arrived = sink.count() - before;
  return { perSecond: Math.round((messages + answered) / seconds), p50, p99, sent, arrived };
}

function runProbe(port: number, signal: AbortSignal): Promise<LoadFigures> {
  const letters = rejectionLetters();
  const plan: LoadPlan = {
    port,
    sessions: 1,
    reuse: true,
    messages: Number.MAX_SAFE_INTEGER,
    seconds: 3_600,
    signal,
    pause: 20,
    letter: () => letters(nextProbe()),
  };
  return runLoad(plan);
}

type Stored = Readonly<{ links: number; delivered: number; inserted: number }>;

async function stored(bench: Bench): Promise<Stored> {
  const db = await bench.open();
  const [row] = await db.query<Stored>(
    `SELECT (SELECT count(*) FROM links WHERE kind = 'candidate') AS links,
       count(*) FILTER (WHERE outcome = 'delivered') AS delivered,
       count(*) FILTER (WHERE outcome = 'delivered' AND action = 'inserted') AS inserted
     FROM messages`,
  );
  await db.close();
  return row!;
}

async function bench(directory: string, databaseUrl: string | undefined) {
  const engine = options.engine === 'pglite' ? 'pglite' : 'postgres';
  if (engine === 'postgres' && !databaseUrl) throw new Error('set BENCH_DATABASE_URL, or --engine pglite');
  const file = join(directory, 'letter');
  writeLetter(file, rejectionLetters()(0).content);
  const database = await openBenchDatabase(engine, databaseUrl, join(directory, 'data'), {
    links: 0,
    clicks: 0,
  });
  const sink = await startSink();
  const rows: Row[] = [];
  let server: ServerProcess | undefined;
  let throughOurs = 0;
  try {
    const processes = { SMTP_CONCURRENCY: options.processes, SECRET_KEY };
    const profiling = options.profile ? ['--cpu-prof', `--cpu-prof-dir=${options.profile}`] : [];
    ({ server } = await startHook(database, sink.port, profiling, processes));
    // A server runs for weeks: what it compiles at its start is not measured.
    const warm = await measure({ sessions: 50, connections: 'reused' }, server.smtpPort, sink, file, WARM_UP);
    throughOurs += warm.arrived;
    const before = memoryOf(server.process).now;
    for (const run of runs()) {
      const alone = await measure(run, sink.port, sink, file);
      rows.push({ target: 'sink alone', ...run, ...alone, ratio: 1 });
      const spent = { hook: processorTime(server.process), postgres: postgresTime(database.name) };
      const own = await measure(run, server.smtpPort, sink, file);
      const processor = {
        hook: ((processorTime(server.process) - spent.hook) * 1_000) / own.arrived,
        postgres: ((postgresTime(database.name) - spent.postgres) * 1_000) / own.arrived,
      };
      throughOurs += own.arrived;
      const ratio = Math.round((own.perSecond / alone.perSecond) * 1_000) / 1_000;
      rows.push({ target: 'ours', ...run, ...own, ratio, processor });
    }
    const peak = memoryOf(server.process).peak;
    await server.stop();
    server = undefined;
    const kept = await stored(database);
    return {
      engine,
      processes: Number(options.processes),
      rows,
      memory: { before, peak },
      throughOurs,
      ...kept,
    };
  } finally {
    await server?.stop();
    await sink.stop();
    await database.drop();
  }
}

function print(result: Awaited<ReturnType<typeof bench>>): void {
  if (options.json) {
    console.log(JSON.stringify(result, null, 2));
    return;
  }
  console.log(`engine ${result.engine}, processes for SMTP: ${result.processes}`);
  for (const {
    target,
    sessions,
    connections,
    perSecond,
    p50,
    p99,
    sent,
    arrived,
    ratio,
    processor,
  } of result.rows) {
    console.log(
      `${String(sessions).padStart(4)} sessions, ${connections}  ${target.padEnd(10)} ` +
        `${String(perSecond).padStart(6)}/s  p50 ${p50} ms  p99 ${p99} ms  sent ${sent}, arrived ${arrived}` +
        `${sent === arrived ? '' : '  MISMATCH'}  ratio ${ratio}` +
        `${processor ? `  processor: hook ${processor.hook.toFixed(2)} ms, PostgreSQL ${processor.postgres.toFixed(2)} ms` : ''}`,
    );
  }
  const { throughOurs, links, delivered, inserted, memory } = result;
  const same = new Set([throughOurs, links, delivered, inserted]).size === 1;
  console.log(
    `through ours: ${throughOurs} arrived, ${links} links, ${delivered} delivered, ${inserted} inserted` +
      `${same ? '' : '  MISMATCH'}`,
  );
  console.log(`resident: ${memory.before} MB before, ${memory.peak} MB at most`);
}

const databaseUrl = process.env.BENCH_DATABASE_URL ?? process.env.TEST_DATABASE_URL;
const directory = mkdtempSync(join(tmpdir(), 'career-relay-bench-'));
try {
  print(await bench(directory, databaseUrl));
} finally {
  rmSync(directory, { recursive: true, force: true });
}
