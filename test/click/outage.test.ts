import { OUTAGES, runOutage } from '../../scripts/outage-rounds.js';
import { canOwnServers } from '../../scripts/own-servers.js';

/** Runs where PostgreSQL's and Redis's programs are installed: each outage has servers of its own. */
const describeOutages = process.env.TEST_DATABASE_URL && canOwnServers() ? describe : describe.skip;

describeOutages('outage under load', () => {
  test.each(OUTAGES)(
    '%s: no visitor meets an error, every answered click is recorded',
    async (outage) => {
      const report = await runOutage(outage, (answers) => answers >= 200);
      expect(report).toMatchObject({ errors: 0, missing: 0 });
      expect(report.recorded).toBe(report.requests);
      expect(report.readyMeanwhile).toBe(outage === 'redis stopped' ? 200 : 503);
      if (outage === 'redis stopped') expect(report.inexact).toBe(0);
    },
    120_000,
  );
});
