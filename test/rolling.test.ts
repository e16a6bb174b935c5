import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openBenchDatabase } from '../scripts/bench-database.js';
import { faultsOf, rollingRestart } from '../scripts/rolling-rounds.js';
import { FROM_SOURCE } from '../scripts/server-process.js';
import { describeWith } from './harness/programs.js';

const databaseUrl = process.env.TEST_DATABASE_URL;

/** Seconds: on a busy machine the balancer takes its time to look. */
const DRAIN = 3;

/** The short form of `npm run rolling`: each process serves both. */
const suite = () =>
  test('no request and no mail fails while two processes are restarted in turn', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'career-relay-rolling-'));
    const bench = await openBenchDatabase('postgres', databaseUrl, directory, { links: 500, clicks: 0 });
    try {
      const tally = await rollingRestart(bench, ['web,smtp', 'web,smtp'], FROM_SOURCE, DRAIN);
      expect(faultsOf(tally)).toEqual([]);
      expect(tally.requests.answered).toBeGreaterThan(100);
      expect(tally.mails.answered).toBeGreaterThan(20);
      // Each took a part, and the other took over: the restarts were under load.
      expect(tally.restarts.map(({ code }) => code)).toEqual([0, 0]);
    } finally {
      await bench.drop();
      rmSync(directory, { recursive: true, force: true });
    }
  }, 180_000);

if (databaseUrl) describeWith('smtp-sink', 'a rolling restart', suite);
else describe.skip('a rolling restart needs TEST_DATABASE_URL', suite);

describe('the tally of a rolling restart', () => {
  const mails = { answered: 2, failed: 0, sentAway: 0, seconds: 1, perSecond: 2, p50: 1, p99: 1 };
  const whole = {
    restarts: [{ name: 'web 1', code: 0, stopSeconds: 1, startSeconds: 1 }],
    requests: { answered: 5, failed: 0, recorded: 5 },
    mails: { ...mails, taken: 2, delivered: 2, links: 2 },
  };
  test('says what failed, and what is missing', () => {
    expect(faultsOf(whole)).toEqual([]);
    expect(
      faultsOf({
        restarts: [{ ...whole.restarts[0]!, code: 1 }],
        requests: { answered: 5, failed: 1, firstFailure: 'ECONNRESET', recorded: 4 },
        mails: { ...whole.mails, failed: 1, firstFailure: '451', taken: 3, delivered: 1 },
      }),
    ).toEqual([
      'web 1 ended with 1',
      '1 requests failed: ECONNRESET',
      '5 clicks answered, 4 of them recorded',
      '1 mails failed: 451',
      '2 mails answered 250, 3 taken',
      '2 mails answered 250, 1 in the journal as delivered',
    ]);
  });
});
