import fc from 'fast-check';
import { approveAdjustment, proposeAdjustment } from '../../src/credit/adjustment.js';
import { expireCredits } from '../../src/credit/expiry.js';
import { verifyLedger } from '../../src/credit/verify.js';
import { startTestApp, type TestApp } from '../harness/app.js';
import { describeEachDatabase } from '../harness/database.js';
import { Books } from './books.js';
import { histories, type Ledger, Model, play } from './model.js';

/** CR_MODEL_RUNS: how many histories on each database; the thousands run in memory, in rules-model.test.ts. */
const RUNS = Number(process.env.CR_MODEL_RUNS ?? 100);
const COMPANIES = 3;

/** The real ledger of one company, as the model's player handles it. */
function ledgerOf(app: TestApp, books: Books, all: readonly Model[]): Ledger {
  return {
    now: () => app.clock.now().getTime(),
    wait: (milliseconds) => app.clock.advance(milliseconds),
    newId: () => app.deps.newId(),
    refer: async (id) => (await books.refer(id)).kind,
    reverse: async (id) => (await books.reverse(id)).kind,
    redeem: async (quantity, reference) => (await books.redeem(quantity, reference)).kind,
    cancel: async (reference) => (await books.cancel(reference)).kind,
    adjust: async (referrals, progress, credits) => {
      const id = app.deps.newId();
      const at = app.clock.now();
      const deltas = { referrals, progress, credits, reason: 'x' };
      return app.db.transaction(async (tx) => {
        await proposeAdjustment(tx, { id, companyId: books.id, ...deltas, actor: 'other', at });
        return (await approveAdjustment(app.deps, tx, { id, actor: 'test', at })).kind;
      });
    },
    // The job looks at every company.
    expire: async () => {
      await expireCredits(app.deps);
      for (const model of all) model.expire(app.clock.now().getTime());
    },
    setRules: (threshold, creditExpiresAfterDays) => books.setRules({ threshold, creditExpiresAfterDays }),
    sums: async () => {
      const { sequence: _sequence, ...sums } = await books.sums();
      return sums;
    },
  };
}

describeEachDatabase('ledger against a model', (engine) => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp(engine);
  });
  afterAll(() => app.close());

  test('every history gives the same outcomes and balances after each step, and an intact ledger', async () => {
    await fc.assert(
      fc.asyncProperty(histories(COMPANIES), async (history) => {
        const books = await Promise.all(Array.from({ length: COMPANIES }, () => Books.open(app)));
        const models = books.map(() => new Model());
        const ledgers = books.map((one) => ledgerOf(app, one, models));
        for (const [company, command] of history) {
          const [said, wanted] = await play(ledgers[company]!, models[company]!, command);
          expect([command, said]).toEqual([command, wanted]);
          expect(await ledgers[company]!.sums()).toEqual(models[company]!.sums());
        }
        for (const { id } of books) {
          expect((await verifyLedger(app.db, { companyId: id })).breaks).toEqual([]);
        }
      }),
      { numRuns: RUNS },
    );
  }, 600_000);
});
