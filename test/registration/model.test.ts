import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { startTestApp } from '../harness/app.js';
import { describeEachDatabase, type Engine } from '../harness/database.js';
import { histories, type Player, type Step } from './histories.js';
import { History, prepareRules } from './history.js';

/** CR_MODEL_RUNS: how many histories on PostgreSQL. PGlite takes longer for one, and runs the same SQL. */
const RUNS = Number(process.env.CR_MODEL_RUNS ?? 5_000);
const SHARE: Readonly<Record<Engine, number>> = { postgres: 1, pglite: 0.02 };
/** CR_MODEL_SEED, as a failure names it, plays the same histories again. */
const SEED = Number(process.env.CR_MODEL_SEED ?? Date.now() % 1_000_000_000);
/** Databases that histories are played on side by side: while one answers the program works for the other. */
const LANES: Readonly<Record<Engine, number>> = { postgres: 2, pglite: 1 };

/** Jest's own comparison takes as long as a step: it is asked only where something differs. */
function expectEqual(step: Step, [said, wanted]: readonly [unknown, unknown]): void {
  if (!isDeepStrictEqual(said, wanted)) expect([step, said]).toEqual([step, wanted]);
}

function playerOf(history: History): Player {
  return {
    async perform(step) {
      expectEqual(step, await history.play(step));
      expectEqual(step, await history.state());
    },
  };
}

async function playOn(engine: Engine, runs: number, seed: number): Promise<void> {
  const app = await startTestApp(engine, { prepared: true });
  try {
    await prepareRules(app);
    const property = fc.asyncProperty(histories, async (commands) => {
      const history = await History.open(app);
      await fc.asyncModelRun(() => ({ model: {}, real: playerOf(history) }), commands);
      expect(await history.breaks()).toEqual([]);
    });
    await fc.assert(property, { numRuns: runs, seed });
  } finally {
    await app.close();
  }
}

describeEachDatabase('registration and credit against the rules written again', (engine) => {
  const lanes = LANES[engine];
  const runs = Math.ceil((RUNS * SHARE[engine]) / lanes);

  test(`balances, statuses and reasons are the same after each step of ${lanes} × ${runs} histories`, async () => {
    // All of them end before the test does, also where one finds something.
    const playing = Array.from({ length: lanes }, (_, lane) => playOn(engine, runs, SEED + lane));
    for (const ended of await Promise.allSettled(playing))
      if (ended.status === 'rejected') throw ended.reason;
  }, 900_000);
});
