import { OUTAGES, runOutage } from '../../scripts/outage-rounds.js';
import { canOwnServers, mayMount } from '../../scripts/own-servers.js';

/** Runs where PostgreSQL's and Redis's programs are installed: each outage has servers of its own. */
const describeOutages = process.env.TEST_DATABASE_URL && canOwnServers() ? describe : describe.skip;

describeOutages('outage under load', () => {
  test.each(OUTAGES.filter((outage) => outage !== 'disk full' || mayMount()))(
    '%s: no visitor meets an error, every answered click is recorded',
    async (outage) => {
      const report = await runOutage(outage, (answers) => answers >= 200, 100);
      expect(report).toMatchObject({ errors: 0, missing: 0, lost: 0 });
      // A kill cuts off answers to clicks that are kept; nothing else does.
      if (outage !== 'killed meanwhile') expect(report.recorded).toBe(report.requests);
      // The disk was full, or refused, indeed.
      if (outage === 'files refused') expect(report.held).toBeGreaterThan(0);
      expect(report.readyMeanwhile).toBe(outage === 'redis stopped' ? 200 : 503);
      if (outage === 'redis stopped') expect(report.inexact).toBe(0);
    },
    120_000,
  );
});
