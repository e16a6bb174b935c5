import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openBenchDatabase } from '../../scripts/bench-database.js';
import { killUnderLoad, VISITORS } from '../../scripts/kill-rounds.js';
import { FROM_SOURCE } from '../../scripts/server-process.js';
import { describeEachDatabase } from '../harness/database.js';

describeEachDatabase('kill -9 under load', (engine) => {
  test('every answered click is recorded', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'career-relay-kill-'));
    const bench = await openBenchDatabase(engine, process.env.TEST_DATABASE_URL, directory, {
      links: 500,
      clicks: 0,
    });
    try {
      const tally = await killUnderLoad(bench, 2, FROM_SOURCE);
      expect(tally.answered).toBeGreaterThanOrEqual(100);
      expect(tally.missing).toBe(0);
      // A kill cuts off the answers of at most as many clicks as there are visitors.
      expect(tally.recorded - tally.answered).toBeLessThanOrEqual(2 * VISITORS);
    } finally {
      await bench.drop();
      rmSync(directory, { recursive: true, force: true });
    }
  }, 120_000);
});
