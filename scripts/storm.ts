/**
 * Runs the program as a fleet of five processes under a mixed load while processes, PostgreSQL, Redis, the next mail
 * server, disks, clocks and the network are taken away at random, and compares afterwards what clients were told with
 * what stands. `npm run storm -- [--seconds N] [--seed N] [--json]`. Status 1 when anything is not as it must be.
 * Starts servers of its own (PostgreSQL's and Redis's programs must be installed) and touches no others.
 */
import { parseArgs } from 'node:util';
import { canOwnServers } from './own-servers.js';
import { newBooks } from './storm-books.js';
import { check } from './storm-check.js';
import { makeCompanies } from './storm-company.js';
import { type Struck, strike } from './storm-faults.js';
import { layGround } from './storm-ground.js';
import { createLoad } from './storm-load.js';
import { startFleet } from './storm-start.js';

const { values: options } = parseArgs({
  options: {
    seconds: { type: 'string', default: '600' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    json: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
  },
});

const RATES = { mails: 6, clicks: 20, reports: 4, forms: 0.5, reads: 2 };
/** Milliseconds that clients have to be answered when all runs again. */
const SETTLED_WITHIN = 120_000;

const say = (line: string) => {
  if (!options.json) console.log(line);
};

if (!canOwnServers())
  throw new Error('PostgreSQL and Redis must be installed (/usr/lib/postgresql, redis-server)');
const seed = Number(options.seed);
const ground = await layGround(true);
const end = async (status: number) => {
  await ground.release(options.keep);
  process.exit(status);
};
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void end(1));

async function storm(): Promise<boolean> {
  const web = await startFleet(ground);
  const companies = await makeCompanies(web, ground.postgres.url);
  const books = newBooks();
  say(`seed ${seed}; not tried here: ${ground.missing.join('; ') || 'nothing'}; logs in ${ground.directory}`);
  const load = createLoad(ground, companies, books, RATES);
  const struck: Struck[] = [];
  const until = performance.now() + Number(options.seconds) * 1_000;
  await strike(
    ground,
    seed,
    () => performance.now() >= until,
    (one) => {
      struck.push(one);
      say(`${one.at.toFixed(1).padStart(6)} s  ${one.what}, ${one.seconds.toFixed(1)} s`);
    },
  );
  for (const member of ground.members) member.start();
  await load.settle(SETTLED_WITHIN);
  const findings = await check(ground, companies, books);
  const { clicks, mails, registrations, reads } = books;
  const met = {
    mailAttempts: mails.attempts,
    clicksRetried: clicks.retried,
    clicksUnanswered: clicks.unanswered,
    reportAttempts: registrations.attempts,
    formsUnconfirmed: registrations.unconfirmed,
    readsAnswered: reads.answered,
    readsFailed: reads.failed,
  };
  const right = Object.values(findings.wrong).every((count) => count === 0);
  if (options.json) {
    const byKind: Record<string, number> = {};
    for (const { what } of struck) byKind[what] = (byKind[what] ?? 0) + 1;
    console.log(JSON.stringify({ seed, faults: struck.length, byKind, met, ...findings, right }));
    return right;
  }
  say(`\n${struck.length} faults in ${options.seconds} s`);
  say(`mails          ${JSON.stringify(findings.mails)}, attempts ${mails.attempts}`);
  say(`clicks         ${JSON.stringify(findings.clicks)}, went to the other process ${clicks.retried}`);
  say(`registrations  ${JSON.stringify(findings.registrations)}`);
  say(`clients met    ${JSON.stringify(met)}`);
  for (const [what, count] of Object.entries(findings.wrong)) say(`${String(count).padStart(5)}  ${what}`);
  for (const [what, cases] of Object.entries(findings.examples)) say(`${what}:\n  ${cases.join('\n  ')}`);
  return right;
}

let right = false;
try {
  right = await storm();
} catch (error) {
  console.error(error);
}
await end(right ? 0 : 1);
