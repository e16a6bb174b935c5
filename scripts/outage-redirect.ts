/**
 * Takes PostgreSQL, Redis, both or the disk away while visitors follow links, and counts: no visitor meets an error, and
 * every click that was answered is recorded once all is back. `npm run outage:redirect -- [--seconds N] [--rate N] [--only NAME]`.
 * Visitors come at an even rate that leaves the processor idle in between, so that what is measured is the outage.
 * Starts servers of its own (PostgreSQL's and Redis's programs must be installed) and touches no others.
 */
import { parseArgs } from 'node:util';
import { STORE_DEADLINE } from '../src/click/click.js';
import { OUTAGES, runOutage } from './outage-rounds.js';
import { canOwnServers } from './own-servers.js';

const { values: options } = parseArgs({
  options: {
    seconds: { type: 'string', default: '10' },
    rate: { type: 'string', default: '300' },
    only: { type: 'string' },
    json: { type: 'boolean' },
  },
});
/** Milliseconds that an answer may take while something is away: the store's deadline, and what comes after it. */
const LIMIT = STORE_DEADLINE + 50;

if (!canOwnServers())
  throw new Error('PostgreSQL and Redis must be installed (/usr/lib/postgresql, redis-server)');
for (const outage of OUTAGES) {
  if (options.only && options.only !== outage) continue;
  let began = 0;
  const report = await runOutage(
    outage,
    () => {
      began ||= performance.now();
      return performance.now() - began >= Number(options.seconds) * 1_000;
    },
    Number(options.rate),
  );
  const { requests, errors, inexact, p99, p99There, lag, held, lost, recorded, missing } = report;
  if (options.json) console.log(JSON.stringify(report));
  else {
    console.log(
      `${outage}: ${requests} requests, ${errors} errors, ${inexact} to the built-in page; ` +
        `p99 ${p99} ms (limit ${LIMIT}; ${p99There} with all there; late by themselves: visitors ${lag.visitors}, ` +
        `server ${lag.server}); ${recorded} recorded, ${missing} missing; ${held} held in memory, ${lost} lost; ` +
        `/readyz ${report.readyMeanwhile}`,
    );
  }
  if (errors > 0 || missing > 0 || p99 > LIMIT) process.exitCode = 1;
}
