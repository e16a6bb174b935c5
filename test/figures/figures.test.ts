import fc from 'fast-check';
import type { Db } from '../../src/db/db.js';
import { rollUp } from '../../src/figures/rollup.js';
import { countFigures } from '../../src/figures/store.js';
import { engines, openTestDatabase } from '../harness/database.js';
import { BUCKETS, createHistory, HAPPENINGS, type Happening } from './history.js';
import { byKey, recount } from './recount.js';

const happening: fc.Arbitrary<Happening> = fc.record({
  what: fc.constantFrom(...HAPPENINGS),
  by: fc.nat({ max: 1_000 }),
});

describe('figures that are kept', () => {
  let db: Db;
  const clock = { at: Date.parse('2026-03-20T01:00:00Z') };
  const now = () => new Date(clock.at);

  beforeAll(async () => {
    ({ db } = await openTestDatabase(engines.at(-1)!));
  });
  afterAll(() => db.close());

  async function begun() {
    const history = createHistory(db, clock);
    await history.begin();
    return history;
  }

  /** Each range by some, so that all are met in a few stories. */
  async function check(history: ReturnType<typeof createHistory>, turn = 0, stride = 1): Promise<void> {
    for (const [at, range] of history.ranges().entries()) {
      for (const by of BUCKETS.filter((_, place) => (place + at + turn) % stride === 0)) {
        const kept = byKey(await countFigures(db, history.companyId, range, by));
        expect({ range, by, rows: kept }).toEqual({
          range,
          by,
          rows: await recount(db, history.companyId, range, by),
        });
      }
    }
  }

  test('are what a recount finds, whatever happened in which order', async () => {
    let turn = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(happening, { minLength: 30, maxLength: 60, size: 'max' }), async (story) => {
        const history = await begun();
        for (const one of story) await history.happen(one);
        await check(history, turn++, 3);
        await rollUp({ db, clock: now });
        await check(history, turn, 3);
      }),
      { numRuns: Number(process.env.FIGURES_RUNS ?? 4) },
    );
  });

  test('are the same once nothing is left to read beside them', async () => {
    const history = await begun();
    for (let by = 0; by < 200; by += 1)
      await history.happen({ what: HAPPENINGS[(by * 7) % 15]!, by: by * 37 });
    clock.at += 3 * 86_400_000;
    while ((await rollUp({ db, clock: now })) === 'more');
    const [{ marks, beyond } = { marks: 0, beyond: 0 }] = await db.query<{ marks: number; beyond: number }>(
      `SELECT (SELECT count(*) FROM figure_marks) AS marks,
         (SELECT count(*) FROM clicks, figure_state WHERE at >= until) AS beyond`,
    );
    expect({ marks, beyond }).toEqual({ marks: 0, beyond: 0 });
    await check(history);
  });

  test('a second worker leaves the first alone', async () => {
    await db.transaction(async (tx) => {
      await tx.query('SELECT 1 FROM figure_state FOR UPDATE');
      if (db.engine === 'postgres') expect(await rollUp({ db, clock: now })).toBe('busy');
    });
    expect(await rollUp({ db, clock: now })).toBe('done');
  });

  test('what came late without a mark is in after the second count, a day later', async () => {
    // In the afternoon in Tokyo: two hours before are the same day.
    clock.at = (Math.floor(clock.at / 86_400_000) + 2) * 86_400_000 + 6 * 3_600_000;
    const history = await begun();
    await history.happen({ what: 'link', by: 0 });
    clock.at += 7_200_000;
    await rollUp({ db, clock: now });
    const [{ code } = { code: '' }] = await db.query<{ code: string }>(
      `SELECT code FROM links WHERE company_id = $1 AND kind = 'candidate'`,
      [history.companyId],
    );
    await db.query(
      `INSERT INTO clicks (id, at, code, company_id, class, cues, rules_version, method)
       VALUES (gen_random_uuid(), $1, $2, $3, 'human', '{}', 1, 'GET')`,
      [new Date(clock.at - 5_400_000), code, history.companyId],
    );
    const all = { from: '-infinity', to: 'infinity', timeZone: 'Asia/Tokyo' };
    expect(await countFigures(db, history.companyId, all, 'all')).toMatchObject([{ human: 0 }]);
    clock.at += 86_400_000;
    await rollUp({ db, clock: now });
    expect(await countFigures(db, history.companyId, all, 'all')).toMatchObject([
      { human: 1, candidatesClicked: 1 },
    ]);
  });
});
