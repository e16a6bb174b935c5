import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openBenchDatabase } from '../../scripts/bench-database.js';
import { killUnderLoad } from '../../scripts/kill-rounds.js';
import { describeEachDatabase } from '../harness/database.js';

describeEachDatabase('kill -9 under load', (engine) => {
  test('every answered click is recorded', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'career-relay-kill-'));
    const bench = await openBenchDatabase(engine, process.env.TEST_DATABASE_URL, directory, {
      links: 500,
      clicks: 0,
    });
    try {
      const tally = await killUnderLoad(bench, 1);
      expect(tally.answered).toBeGreaterThanOrEqual(400);
      expect(tally.missing).toBe(0);
      // The kill cuts off the answers of at most as many clicks as there are visitors.
      expect(tally.recorded - tally.answered).toBeLessThanOrEqual(32);
    } finally {
      await bench.drop();
      rmSync(directory, { recursive: true, force: true });
    }
  }, 120_000);
});
