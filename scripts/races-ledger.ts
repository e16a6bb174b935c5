/**
 * Races for credits on PostgreSQL: `npm run races:ledger -- [--rounds N] [--kill] [--json]`. In each round 64 reports
 * of the same and of different registrations arrive at once around the threshold; then the ledger is counted: as many
 * credits as there are tens of registrations, no gap, an intact chain, each notice and its job once. With `--kill` the
 * process that takes the reports ends by `kill -9` in each round. Needs BENCH_DATABASE_URL or TEST_DATABASE_URL; makes
 * a database of its own.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { CONNECTIONS, openArena } from './race-arena.js';
import { isExact, raceInProcess, raceWithKill, type Tally } from './race-rounds.js';

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '20' },
    kill: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});

function told(tally: Tally): string {
  const { rounds, reports, registrations, entries, credits } = tally;
  const lines = [
    `${rounds} rounds${options.kill ? ', the process killed in each' : ''}: ${reports} reports of ${registrations} registrations`,
    `${entries} entries, ${credits} credits`,
    `faults: answers ${tally.wrongAnswers}, referrals ${tally.wrongReferrals}, credits ${tally.wrongCredits}, ` +
      `gaps ${tally.gaps}, chains ${tally.brokenChains}, notices and jobs ${tally.wrongNotices}`,
  ];
  if (options.kill) {
    lines.push(
      `${tally.cutOff} reports without an answer, ${tally.committedUnanswered} registrations of them committed before the kill`,
    );
  }
  return lines.join('\n');
}

const databaseUrl = process.env.BENCH_DATABASE_URL ?? process.env.TEST_DATABASE_URL;
if (!databaseUrl) throw new Error('set BENCH_DATABASE_URL or TEST_DATABASE_URL to a PostgreSQL server');
const directory = mkdtempSync(join(tmpdir(), 'career-relay-races-'));
try {
  const arena = await openArena(databaseUrl, directory, options.kill ? 4 : CONNECTIONS);
  try {
    const rounds = Number(options.rounds);
    const tally = await (options.kill ? raceWithKill(arena, rounds) : raceInProcess(arena, rounds));
    console.log(options.json ? JSON.stringify(tally) : told(tally));
    if (!isExact(tally)) process.exitCode = 1;
  } finally {
    await arena.close();
  }
} finally {
  rmSync(directory, { recursive: true, force: true });
}
