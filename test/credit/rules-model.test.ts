import fc from 'fast-check';
import { MemoryLedger } from './memory-ledger.js';
import { type Command, histories, Model, play } from './model.js';

/** CR_RULES_RUNS: how many histories; each takes a few milliseconds. */
const RUNS = Number(process.env.CR_RULES_RUNS ?? 5_000);

describe('the pure rules of the ledger, in memory, against a model', () => {
  async function check(history: readonly (readonly [number, Command])[]): Promise<void> {
    const ledger = new MemoryLedger();
    const model = new Model();
    for (const [, command] of history) {
      const [said, wanted] = await play(ledger, model, command);
      if (said !== wanted) throw new Error(`${JSON.stringify(command)}: ${said}, not ${wanted}`);
      const [sums, modelled] = [JSON.stringify(sorted(ledger.sums())), JSON.stringify(sorted(model.sums()))];
      if (sums !== modelled) throw new Error(`after ${JSON.stringify(command)}: ${sums}, not ${modelled}`);
    }
    const broken = ledger.audit();
    if (broken) throw new Error(JSON.stringify(broken));
  }

  function sorted(sums: object): [string, number][] {
    return Object.entries(sums).sort(([left], [right]) => (left < right ? -1 : 1));
  }

  test(`${RUNS} histories give the model's outcomes and balances after each step, and pass the audit`, async () => {
    await fc.assert(fc.asyncProperty(histories(1), check), { numRuns: RUNS });
  }, 600_000);

  test('a wrong model is found', async () => {
    const wrong = fc.asyncProperty(histories(1), async (history) => {
      const ledger = new MemoryLedger();
      const model = new Model();
      model.expire = () => {};
      for (const [, command] of history) await play(ledger, model, command);
      return JSON.stringify(sorted(ledger.sums())) === JSON.stringify(sorted(model.sums()));
    });
    expect((await fc.check(wrong, { numRuns: 2_000 })).failed).toBe(true);
  });
});
