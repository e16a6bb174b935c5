/**
 * Measures what open dashboards cost the redirect: processor time of the server a click, with and without pages that
 * listen, in turn, on the same server: `tsx scripts/bench-live.ts [--rounds N] [--seconds N] [--rate N]`. PostgreSQL
 * with BENCH_DATABASE_URL or TEST_DATABASE_URL, else the embedded database. Linux only (/proc).
 */
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { digest } from '../src/keys.js';
import { createLiveBus } from '../src/live.js';
import { type Bench, openBenchDatabase } from './bench-database.js';
import { load, newTally } from './outage-load.js';
import { BUILT, freePort } from './server-process.js';

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '6' },
    rate: { type: 'string', default: '500' },
  },
});
/** As many as one session may have. */
const LISTENERS = 3;
/** Events told in the measurement of one alone. */
const EVENTS = 500_000;
/** Of the kernel's clock, in a second (USER_HZ). */
const TICKS = 100;

/** Milliseconds of processor time that a process has had. */
function processorTime(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return ((Number(fields[11]) + Number(fields[12])) / TICKS) * 1_000;
}

/** Signs somebody of the bench's company in. @returns the cookie */
async function signedIn(bench: Bench): Promise<string> {
  const db = await bench.open();
  const [member, token] = [randomUUID(), randomUUID()];
  await db.query(
    `INSERT INTO members (id, company_id, email, role, locale, created_at)
     SELECT $1, id, 'bench@bench.example', 'viewer', 'ja', now() FROM companies WHERE slug = 'bench'`,
    [member],
  );
  await db.query(
    `INSERT INTO sessions (token_hash, member_id, created_at, expires_at)
     VALUES ($1, $2, now(), now() + interval '1 day')`,
    [digest(token), member],
  );
  await db.close();
  return `cr_session=${token}`;
}

type Phase = Readonly<{ microseconds: number; heard: number }>;

/** @param listening how many pages are open meanwhile */
async function phase(
  bench: Bench,
  port: number,
  pid: number,
  cookie: string,
  listening: number,
): Promise<Phase> {
  const leaving = new AbortController();
  let heard = 0;
  const pages = Array.from({ length: listening }, async () => {
    const answer = await fetch(`http://127.0.0.1:${port}/dashboard/live`, {
      headers: { cookie },
      signal: leaving.signal,
    });
    if (answer.headers.get('content-type')?.startsWith('text/event-stream') !== true) {
      throw new Error(`the stream was answered ${answer.status}`);
    }
    for await (const chunk of answer.body as unknown as AsyncIterable<Uint8Array>)
      heard += Buffer.from(chunk).toString().split('event: changed').length - 1;
  });
  const closed = Promise.allSettled(pages);
  const tally = newTally();
  const until = performance.now() + Number(options.seconds) * 1_000;
  const before = processorTime(pid);
  await load(port, bench.codes, Number(options.rate), tally, () => performance.now() >= until);
  const microseconds = ((processorTime(pid) - before) * 1_000) / tally.ids.size;
  leaving.abort();
  await closed;
  if (tally.errors > 0) throw new Error(`${tally.errors} redirects failed`);
  return { microseconds, heard };
}

async function measure(bench: Bench): Promise<void> {
  const cookie = await signedIn(bench);
  const port = await freePort();
  const child = spawn(process.execPath, [...BUILT, 'start'], {
    env: {
      PATH: process.env.PATH,
      ...bench.env,
      PORT: String(port),
      SMTP_PORT: '0',
      LOG_LEVEL: 'warn',
      OPERATOR_KEY: 'operator-key-of-the-bench-0123456789abcdef',
      SECRET_KEY: 'secret-key-of-the-bench-0123456789abcdef',
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const exited = once(child, 'exit');
  try {
    while (
      !(await fetch(`http://127.0.0.1:${port}/readyz`).then(
        ({ ok }) => ok,
        () => false,
      ))
    )
      await delay(100);
    await phase(bench, port, child.pid!, cookie, 0);
    const rounds: { without: number; listening: number }[] = [];
    for (let round = 0; round < Number(options.rounds); round += 1) {
      const without = await phase(bench, port, child.pid!, cookie, 0);
      const listening = await phase(bench, port, child.pid!, cookie, LISTENERS);
      rounds.push({ without: without.microseconds, listening: listening.microseconds });
      console.log(
        `without ${without.microseconds.toFixed(0)} µs a click, with ${LISTENERS} pages ` +
          `${listening.microseconds.toFixed(0)} µs (${listening.heard} messages heard)`,
      );
    }
    const median = (values: number[]) => values.sort((left, right) => left - right)[values.length >> 1]!;
    const ratio = median(rounds.map((one) => one.listening)) / median(rounds.map((one) => one.without));
    console.log(`${bench.engine}: ratio of the medians ${ratio.toFixed(3)}`);
  } finally {
    child.kill('SIGTERM');
    await exited;
  }
}

/** Nanoseconds of processor time that an event of a batch takes by itself, here and until it was heard. */
async function publishing(listening: number): Promise<number> {
  const bus = createLiveBus();
  let heard = 0;
  for (let page = 0; page < listening; page += 1) {
    bus.subscribe('one', () => {
      heard += 1;
    });
  }
  const before = process.cpuUsage();
  for (let event = 1; event <= EVENTS; event += 1) {
    bus.publish({ kind: 'clicks', companyId: 'one', counts: { human: 1 } });
    if (event % 100 === 0) await new Promise(setImmediate);
  }
  const { user, system } = process.cpuUsage(before);
  if (heard !== EVENTS * listening) throw new Error(`${heard} heard`);
  bus.close();
  return Math.round(((user + system) * 1_000) / EVENTS);
}

console.log(
  `an event alone: ${await publishing(0)} ns with nobody there, ${await publishing(LISTENERS)} ns with ${LISTENERS} pages`,
);
const directory = mkdtempSync(join(tmpdir(), 'career-relay-bench-live-'));
const databaseUrl = process.env.BENCH_DATABASE_URL ?? process.env.TEST_DATABASE_URL;
const bench = await openBenchDatabase(databaseUrl ? 'postgres' : 'pglite', databaseUrl, directory, {
  links: 10_000,
  clicks: 0,
});
try {
  await measure(bench);
} finally {
  await bench.drop();
  rmSync(directory, { recursive: true, force: true });
}
