/**
 * Measures what large mails cost the hook: `npm run bench:mail-memory -- [--concurrent N] [--megabytes N] [--json]`.
 * First the time of one message over its size, with an attachment, as a single HTML part, and as 10,000 tiny parts,
 * beside the same to smtp-sink alone; then N messages at once, while the resident memory of the hook's process is
 * watched. The built program on a PostgreSQL database of its own (BENCH_DATABASE_URL or TEST_DATABASE_URL), or on the
 * embedded one. Needs Postfix's smtp-sink.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openBenchDatabase } from './bench-database.js';
import { type BenchHook, memoryOf, startHook } from './bench-hook.js';
import { attached, htmlAlone, tinyParts } from './bench-letters.js';
import { type LoadPlan, runLoad } from './mail-load.js';
import { startSink } from './mail-sink.js';

const { values: options } = parseArgs({
  options: {
    concurrent: { type: 'string', default: '50' },
    megabytes: { type: 'string', default: '20' },
    json: { type: 'boolean', default: false },
  },
});

const MEGABYTE = 1_000_000;
const TIMES = 5;
let sent = 0;

function plan(port: number, sessions: number, content: Buffer, auth?: LoadPlan['auth']): LoadPlan {
  const letter = () => {
    sent += 1;
    return { from: 'recruit@aoba.example', to: `c${sent}@example.jp`, content };
  };
  return { port, sessions, reuse: true, messages: sessions, seconds: 300, auth, letter };
}

async function timeOf(port: number, content: Buffer, auth?: LoadPlan['auth']): Promise<number> {
  const figures = await runLoad({ ...plan(port, 1, content, auth), messages: TIMES });
  if (figures.failed > 0) throw new Error(figures.firstFailure);
  return figures.p50;
}

async function overSizes(sinkPort: number, { server, auth }: BenchHook) {
  const mails: [string, Buffer][] = [
    ...[0.01, 0.1, 1, 5, 10, 25].map((size): [string, Buffer] => ['attachment', attached(size * MEGABYTE)]),
    ...[0.1, 0.5, 1, 5, 25].map((size): [string, Buffer] => ['one HTML part', htmlAlone(size * MEGABYTE)]),
    ...[100, 1_000, 10_000].map((count): [string, Buffer] => [`${count} parts`, tinyParts(count)]),
  ];
  const rows = [];
  for (const [kind, content] of mails) {
    const alone = await timeOf(sinkPort, content);
    const ours = await timeOf(server.smtpPort, content, auth);
    const megabytes = content.length / MEGABYTE;
    rows.push({ kind, megabytes, alone, ours, perMegabyte: (ours - alone) / megabytes });
  }
  return rows;
}

async function manyAtOnce({ server, auth }: BenchHook) {
  const content = attached(Number(options.megabytes) * MEGABYTE);
  const before = memoryOf(server.process).now;
  let most = before;
  const watch = setInterval(() => {
    most = Math.max(most, memoryOf(server.process).now);
  }, 20);
  const figures = await runLoad(plan(server.smtpPort, Number(options.concurrent), content, auth));
  clearInterval(watch);
  const { answered, failed, seconds } = figures;
  return { answered, failed, seconds, before, most, growth: most - before };
}

const databaseUrl = process.env.BENCH_DATABASE_URL ?? process.env.TEST_DATABASE_URL;
const directory = mkdtempSync(join(tmpdir(), 'career-relay-bench-'));
const bench = await openBenchDatabase(databaseUrl ? 'postgres' : 'pglite', databaseUrl, directory, {
  links: 0,
  clicks: 0,
});
const sink = await startSink();
let hook: BenchHook | undefined;
try {
  hook = await startHook(bench, sink.port);
  await timeOf(hook.server.smtpPort, attached(MEGABYTE), hook.auth);
  const memory = await manyAtOnce(hook);
  const sizes = await overSizes(sink.port, hook);
  if (options.json) console.log(JSON.stringify({ memory, sizes }, null, 2));
  else {
    const { answered, seconds, before, most, growth } = memory;
    console.log(
      `${options.concurrent} messages of ${options.megabytes} MB at once: ${answered} answered in ${seconds} s; ` +
        `resident ${before} MB before, ${most} MB at most, growth ${growth} MB`,
    );
    for (const { kind, megabytes, alone, ours, perMegabyte } of sizes) {
      console.log(
        `${kind.padEnd(14)} ${megabytes.toFixed(2).padStart(6)} MB  sink alone ${alone.toFixed(1).padStart(7)} ms  ` +
          `ours ${ours.toFixed(1).padStart(7)} ms  above it ${perMegabyte.toFixed(1)} ms/MB`,
      );
    }
  }
} finally {
  await hook?.server.stop();
  await sink.stop();
  await bench.drop();
  rmSync(directory, { recursive: true, force: true });
}
