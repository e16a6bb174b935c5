import fc from 'fast-check';
import { milestoneAfter, type Report, report, reverse, statusAfter } from '../../src/registration/report.js';
import type { Milestone, Status } from '../../src/registration/store.js';
import { startTestApp, type TestApp } from '../harness/app.js';
import { describeEachDatabase } from '../harness/database.js';
import { linkOf, referralsOf } from './candidate.js';

type Reported = Report['status'];
const REPORTS: readonly Reported[] = ['pending', 'verified', 'accepted', 'rejected', 'withdrawn'];
const STEPS = [...REPORTS, 'reversal'] as const;
type Step = (typeof STEPS)[number];

function permutations<Item>(items: readonly Item[]): Item[][] {
  if (items.length <= 1) return [[...items]];
  return items.flatMap((first, at) =>
    permutations([...items.slice(0, at), ...items.slice(at + 1)]).map((rest) => [first, ...rest]),
  );
}

/** What a set of steps must lead to, whatever their order: said without any order. */
function reference(steps: readonly Step[]): { status: Status; counted: boolean } {
  const has = (step: Step) => steps.includes(step);
  if (has('reversal')) return { status: 'reversed', counted: false };
  const ends = (['withdrawn', 'rejected', 'accepted', 'verified', 'pending'] as const).find(has)!;
  return { status: ends, counted: has('verified') || has('accepted') };
}

test('all 120 orders of all reports end in one status and one milestone', () => {
  const ends = permutations(REPORTS).map((order) => {
    const [first, ...rest] = order as [Reported, ...Reported[]];
    const status = rest.reduce<Status>((current, one) => statusAfter(current, one), first);
    const milestone = order.reduce<Milestone | null>((current, one) => milestoneAfter(current, one), null);
    return `${status} ${milestone}`;
  });
  expect(ends).toHaveLength(120);
  expect(new Set(ends)).toEqual(new Set(['withdrawn accepted']));
});

describeEachDatabase('reports that overtake each other', (engine) => {
  let app: TestApp;
  let companyId: string;
  let code: string;
  let made = 0;
  beforeAll(async () => {
    app = await startTestApp(engine);
    companyId = (await app.company({ name: 'Aoba', slug: 'aoba' })).id;
    code = await linkOf(app, companyId);
  });
  afterAll(() => app.close());

  /** Delivers as a sender does who repeats, at the end, what was answered 404. */
  async function deliver(steps: readonly Step[]) {
    const externalId = `order-${made++}`;
    const candidate = { email: `${externalId}@example.jp` };
    const late: Step[] = [];
    const one = (step: Step) =>
      app.db.transaction(async (tx) => {
        if (step === 'reversal') {
          const outcome = await reverse(app.deps, tx, { externalId, reason: 'entered twice' }, 'test');
          if (outcome.kind === 'unknown') late.push(step);
        } else await report(app.deps, tx, { externalId, code, candidate, status: step }, 'test');
      });
    for (const step of steps) await one(step);
    for (const step of late) await one(step);
    const [row] = await app.db.query<{ status: Status; counted: boolean; verified: boolean }>(
      'SELECT status, counted, verified_at IS NOT NULL AS verified FROM registrations WHERE external_id = $1',
      [externalId],
    );
    return row!;
  }

  test('all orders of all six steps end alike', async () => {
    const before = await referralsOf(app, companyId);
    const all = permutations(STEPS);
    expect(all).toHaveLength(720);
    // Every seventh, since each takes seven transactions; the property below draws from all of them.
    for (const order of all.filter((_, at) => at % 7 === 0)) {
      expect([order, await deliver(order)]).toEqual([
        order,
        { status: 'reversed', counted: false, verified: true },
      ]);
    }
    expect(await referralsOf(app, companyId)).toBe(before);
  }, 120_000);

  test('any steps in any order, some twice, end where the reference says', async () => {
    const steps = fc
      .array(fc.constantFrom(...STEPS), { minLength: 1, maxLength: 8 })
      .filter((given) => given.some((step) => step !== 'reversal'));
    await fc.assert(
      fc.asyncProperty(steps, async (order) => {
        const before = await referralsOf(app, companyId);
        const expected = reference(order);
        expect(await deliver(order)).toMatchObject(expected);
        expect(await referralsOf(app, companyId)).toBe(before + (expected.counted ? 1 : 0));
      }),
      { numRuns: 60 },
    );
  }, 120_000);
});
