/**
 * Runs the program as a fleet of five processes under a steady moderate load, and shows that nothing grows: resident
 * memory of each process over time, and its slope. `npm run soak -- [--minutes N] [--every SECONDS] [--json]`.
 * Afterwards what clients were told is compared with what stands, as after a storm. Starts servers of its own.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { canOwnServers } from './own-servers.js';
import { newBooks } from './storm-books.js';
import { check } from './storm-check.js';
import { makeCompanies } from './storm-company.js';
import { layGround } from './storm-ground.js';
import { createLoad } from './storm-load.js';
import { startFleet } from './storm-start.js';

const { values: options } = parseArgs({
  options: {
    minutes: { type: 'string', default: '60' },
    every: { type: 'string', default: '60' },
    json: { type: 'boolean', default: false },
  },
});

const RATES = { mails: 3, clicks: 8, reports: 1, forms: 0.2, reads: 0.5 };
const SETTLED_WITHIN = 60_000;
/** Megabytes an hour, over the second half, from which a process is said to grow. */
const GROWS = 20;

/** Resident megabytes at a minute of the run. */
type Sample = Readonly<{ minute: number; megabytes: Readonly<Record<string, number>> }>;

/** Least squares: megabytes an hour. */
function slopeOf(samples: readonly Sample[], name: string): number {
  const points = samples.map(({ minute, megabytes }) => [minute / 60, megabytes[name] ?? 0] as const);
  const mean = (at: 0 | 1) => points.reduce((sum, point) => sum + point[at], 0) / points.length;
  const [hours, size] = [mean(0), mean(1)];
  const covariance = points.reduce((sum, [x, y]) => sum + (x - hours) * (y - size), 0);
  const variance = points.reduce((sum, [x]) => sum + (x - hours) ** 2, 0);
  return variance === 0 ? 0 : Math.round((covariance / variance) * 10) / 10;
}

const say = (line: string) => {
  if (!options.json) console.log(line);
};

if (!canOwnServers())
  throw new Error('PostgreSQL and Redis must be installed (/usr/lib/postgresql, redis-server)');
const ground = await layGround(false);
const end = async (status: number) => {
  await ground.release();
  process.exit(status);
};
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void end(1));

async function soak(): Promise<boolean> {
  const names = ground.members.map(({ name }) => name);
  const web = await startFleet(ground);
  const companies = await makeCompanies(web, ground.postgres.url);
  const books = newBooks();
  const load = createLoad(ground, companies, books, RATES);
  const samples: Sample[] = [];
  const began = performance.now();
  const minutes = () => (performance.now() - began) / 60_000;
  say(`resident megabytes\nminute ${names.map((name) => name.padStart(8)).join('')}`);
  while (minutes() < Number(options.minutes)) {
    await delay(Number(options.every) * 1_000);
    const sizes = ground.members.map((one) => [one.name, Math.round((one.resident() ?? 0) / 1_024)] as const);
    samples.push({ minute: minutes(), megabytes: Object.fromEntries(sizes) });
    say(`${minutes().toFixed(1).padStart(6)} ${sizes.map(([, size]) => String(size).padStart(8)).join('')}`);
  }
  await load.settle(SETTLED_WITHIN);
  const findings = await check(ground, companies, books);
  const half = samples.filter(({ minute }) => minute >= minutes() / 2);
  const slopes = Object.fromEntries(names.map((name) => [name, slopeOf(half, name)]));
  const flat = Object.values(slopes).every((slope) => slope < GROWS);
  const right = flat && Object.values(findings.wrong).every((count) => count === 0);
  if (options.json) console.log(JSON.stringify({ samples, slopes, ...findings, right }));
  else {
    console.log(`megabytes an hour over the second half: ${JSON.stringify(slopes)} (limit ${GROWS})`);
    console.log(JSON.stringify({ ...findings, examples: undefined }, null, 1));
    for (const [what, cases] of Object.entries(findings.examples)) console.log(what, cases);
  }
  return right;
}

let right = false;
try {
  right = await soak();
} catch (error) {
  console.error(error);
}
await end(right ? 0 : 1);
