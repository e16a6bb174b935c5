/**
 * Measures the mail hook on this machine: `npm run bench:mail -- [--messages N] [--seconds N] [--sessions 1,20,200]
 * [--engine postgres|pglite] [--profile DIR] [--json]`. PostgreSQL needs BENCH_DATABASE_URL or TEST_DATABASE_URL; the
 * bench makes a database of its own there and drops it. Needs Postfix's smtp-sink.
 *
 * The same client sends the same 2 KB rejection (multipart/alternative, ISO-2022-JP), each with its own Message-ID and
 * recipient, first to smtp-sink alone, then to ours with smtp-sink behind it. Ours is the built program in a process of
 * its own: it inserts a link of its own in both parts, commits it and the journal's row first, and answers after the
 * sink did. What was answered, what the sink counted, and what links and rows there are must be one number.
 * `processor` is what the hook's own process took, from /proc: unlike the rates it hardly depends on what else runs.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Bench, openBenchDatabase } from './bench-database.js';
import { memoryOf, processorTime, startHook } from './bench-hook.js';
import { rejectionLetters } from './bench-letters.js';
import { type LoadFigures, type LoadPlan, runLoad } from './mail-load.js';
import { type MailSink, startSink } from './mail-sink.js';
import type { ServerProcess } from './server-process.js';

const { values: options } = parseArgs({
  options: {
    messages: { type: 'string', default: '100000' },
    seconds: { type: 'string', default: '4' },
    sessions: { type: 'string', default: '1,20,200' },
    engine: { type: 'string', default: 'postgres' },
    profile: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});

type Run = Readonly<{ sessions: number; connections: 'reused' | 'fresh' }>;
type Row = Run &
  LoadFigures &
  Readonly<{
    target: 'sink alone' | 'ours';
    ratio: number;
    arrived: number;
    /** Milliseconds of processor time that the hook's process took for a message. */
    processor?: number;
  }>;

function runs(): Run[] {
  const sessions = options.sessions.split(',').map(Number);
  return [
    ...sessions.map((count): Run => ({ sessions: count, connections: 'reused' })),
    { sessions: 20, connections: 'fresh' },
  ];
}

/** Numbers go on from run to run, so that no message is a repeat. */
let sent = 0;

async function measure(run: Run, port: number, auth?: LoadPlan['auth']): Promise<LoadFigures> {
  const letters = rejectionLetters();
  const base = sent;
  const plan = { port, sessions: run.sessions, reuse: run.connections === 'reused', auth };
  const letter = (number: number) => letters(base + number);
  await runLoad({ ...plan, messages: run.sessions * 10, seconds: 1, letter });
  sent += run.sessions * 10;
  const warm = sent;
  const figures = await runLoad({
    ...plan,
    messages: Number(options.messages),
    seconds: Number(options.seconds),
    letter: (number) => letters(warm + number),
  });
  sent += Number(options.messages);
  return figures;
}

async function counted(sink: MailSink, run: Run, port: number, auth?: LoadPlan['auth']) {
  const before = sink.count();
  const figures = await measure(run, port, auth);
  // The sink prints its counter when a message is taken; the last lines may still be in the pipe.
  await new Promise((resolve) => setTimeout(resolve, 100));
  return { figures, arrived: sink.count() - before };
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
  const database = await openBenchDatabase(engine, databaseUrl, directory, { links: 0, clicks: 0 });
  const sink = await startSink();
  const rows: Row[] = [];
  let server: ServerProcess | undefined;
  try {
    const profiling = options.profile ? ['--cpu-prof', `--cpu-prof-dir=${options.profile}`] : [];
    const ours = await startHook(database, sink.port, profiling);
    server = ours.server;
    const before = memoryOf(server.process).now;
    const arrivedBefore = { alone: 0, ours: 0 };
    for (const run of runs()) {
      const alone = await counted(sink, run, sink.port);
      arrivedBefore.alone += alone.arrived;
      rows.push({ target: 'sink alone', ...run, ...alone.figures, arrived: alone.arrived, ratio: 1 });
      const spent = processorTime(server.process);
      const own = await counted(sink, run, server.smtpPort, ours.auth);
      const processor = ((processorTime(server.process) - spent) * 1_000) / own.arrived;
      arrivedBefore.ours += own.arrived;
      const ratio = Math.round((own.figures.perSecond / alone.figures.perSecond) * 1_000) / 1_000;
      rows.push({ target: 'ours', ...run, ...own.figures, arrived: own.arrived, ratio, processor });
    }
    const peak = memoryOf(server.process).peak;
    await server.stop();
    server = undefined;
    const kept = await stored(database);
    return { engine, rows, memory: { before, peak }, throughOurs: arrivedBefore.ours, ...kept };
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
  console.log(`engine ${result.engine}`);
  for (const row of result.rows) {
    const { target, sessions, connections, perSecond, p50, p99, answered, failed, ratio } = row;
    console.log(
      `${String(sessions).padStart(4)} sessions, ${connections}  ${target.padEnd(10)} ` +
        `${String(perSecond).padStart(6)}/s  p50 ${p50} ms  p99 ${p99} ms  answered ${answered}, ` +
        `failed ${failed}${row.firstFailure ? ` (${row.firstFailure})` : ''}  ratio ${ratio}${row.processor ? `  processor ${row.processor.toFixed(2)} ms` : ''}`,
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
