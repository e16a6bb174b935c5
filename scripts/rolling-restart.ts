/**
 * Two web processes and two SMTP processes behind balancers, restarted one after the other while visitors follow links
 * and mails are sent: no request and no mail may fail.
 *
 *   npm run rolling                       (--json: figures alone; --rounds 3)
 *
 * Needs PostgreSQL (DATABASE_URL, default postgres://postgres@127.0.0.1:5432/postgres; it makes a database of its own)
 * and Postfix's smtp-sink.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openBenchDatabase } from './bench-database.js';
import { faultsOf, rollingRestart } from './rolling-rounds.js';
import { BUILT } from './server-process.js';

const { values } = parseArgs({
  options: { json: { type: 'boolean' }, rounds: { type: 'string', default: '1' } },
});
const directory = mkdtempSync(join(tmpdir(), 'career-relay-rolling-'));
const url = process.env.DATABASE_URL ?? 'postgres://postgres@127.0.0.1:5432/postgres';
let faulty = 0;
try {
  for (let round = 1; round <= Number(values.rounds); round += 1) {
    const bench = await openBenchDatabase('postgres', url, join(directory, `${round}`), {
      links: 5_000,
      clicks: 0,
    });
    try {
      const tally = await rollingRestart(bench, ['web', 'web', 'smtp', 'smtp', 'worker'], BUILT);
      const faults = faultsOf(tally);
      faulty += faults.length;
      if (values.json) console.log(JSON.stringify({ round, ...tally, faults }));
      else print(round, tally, faults);
    } finally {
      await bench.drop();
    }
  }
} finally {
  rmSync(directory, { recursive: true, force: true });
}
process.exitCode = faulty === 0 ? 0 : 1;

function print(
  round: number,
  { restarts, requests, mails }: Awaited<ReturnType<typeof rollingRestart>>,
  faults: readonly string[],
): void {
  console.log(`round ${round}`);
  for (const { name, code, stopSeconds, startSeconds } of restarts) {
    console.log(
      `  ${name.padEnd(10)} exit ${code}, stopped in ${stopSeconds} s, ready again in ${startSeconds} s`,
    );
  }
  const { answered, failed, recorded } = requests;
  console.log(`  requests   ${answered} answered, ${failed} failed; ${recorded} clicks recorded`);
  const { sentAway, taken, delivered, links } = mails;
  console.log(
    `  mails      ${mails.answered} answered 250, ${mails.failed} failed; ${taken} taken upstream, ${delivered} delivered in the journal, ${links} with a link; ${sentAway} times told to connect again`,
  );
  console.log(
    faults.length === 0 ? '  nothing failed' : faults.map((fault) => `  FAULT ${fault}`).join('\n'),
  );
}
