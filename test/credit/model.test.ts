import fc from 'fast-check';
import { verifyLedger } from '../../src/credit/verify.js';
import { startTestApp, type TestApp } from '../harness/app.js';
import { describeEachDatabase } from '../harness/database.js';
import { Books } from './books.js';

/** CR_MODEL_RUNS: how many histories; the default keeps the run short. */
const RUNS = Number(process.env.CR_MODEL_RUNS ?? 15);
const COMPANIES = 3;

/** The rules of design §6 again, written as simply as they can be: no chain, no SQL, no entries. */
class Model {
  threshold = 10;
  progress = 0;
  referrals = 0;
  earned = 0;
  revoked = 0;
  redeemed = 0;
  readonly counted: string[] = [];
  readonly reversed = new Set<string>();
  /** Thresholds of the open credits, oldest first. */
  readonly open: number[] = [];
  readonly references = new Map<string, number>();

  private settle() {
    while (this.progress < 0 && this.open.length > 0) {
      this.progress += this.open.pop()!;
      this.revoked += 1;
    }
    while (this.progress >= this.threshold) {
      this.progress -= this.threshold;
      this.open.push(this.threshold);
      this.earned += 1;
    }
  }

  refer(id: string): string {
    if (this.counted.includes(id)) return 'exists';
    this.counted.push(id);
    this.referrals += 1;
    this.progress += 1;
    this.settle();
    return 'counted';
  }

  reverse(id: string): string {
    if (!this.counted.includes(id)) return 'not_counted';
    if (this.reversed.has(id)) return 'exists';
    this.reversed.add(id);
    this.referrals -= 1;
    this.progress -= 1;
    this.settle();
    return 'reversed';
  }

  redeem(quantity: number, reference: string): string {
    const before = this.references.get(reference);
    if (before !== undefined) return before === quantity ? 'exists' : 'conflict';
    if (this.open.length < quantity) return 'not_available';
    this.references.set(reference, quantity);
    this.open.splice(0, quantity);
    this.redeemed += quantity;
    return 'redeemed';
  }

  sums() {
    const { referrals, progress, earned, revoked, redeemed } = this;
    return {
      referrals,
      progress,
      credits: this.open.length,
      earned,
      revoked,
      redeemed,
      expired: 0,
      adjusted: 0,
    };
  }
}

type Command = Readonly<{ company: number }> &
  (
    | Readonly<{ kind: 'refer'; times: number }>
    | Readonly<{ kind: 'again' | 'reverse'; pick: number }>
    | Readonly<{ kind: 'redeem'; quantity: number; reference: string }>
    | Readonly<{ kind: 'threshold'; threshold: number }>
  );

const company = fc.nat(COMPANIES - 1);
const commands = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant('refer' as const),
        company,
        times: fc.integer({ min: 1, max: 6 }),
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('again' as const), company, pick: fc.nat(100) }) },
    {
      weight: 4,
      arbitrary: fc.record({ kind: fc.constant('reverse' as const), company, pick: fc.nat(100) }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constant('redeem' as const),
        company,
        quantity: fc.integer({ min: 1, max: 3 }),
        reference: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('threshold' as const),
        company,
        threshold: fc.integer({ min: 1, max: 12 }),
      }),
    },
  ),
  { minLength: 10, maxLength: 60 },
);

describeEachDatabase('ledger against a model', (engine) => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp(engine);
  });
  afterAll(() => app.close());

  /** Does one command to both and compares what each says. */
  async function step(books: Books, model: Model, command: Command): Promise<void> {
    switch (command.kind) {
      case 'refer':
        for (let time = 0; time < command.times; time += 1) {
          const id = app.deps.newId();
          expect((await books.refer(id)).kind).toBe(model.refer(id));
        }
        return;
      case 'again': {
        const id = model.counted[command.pick % model.counted.length] ?? app.deps.newId();
        expect((await books.refer(id)).kind).toBe(model.refer(id));
        return;
      }
      case 'reverse': {
        const id = model.counted[command.pick % model.counted.length] ?? app.deps.newId();
        expect((await books.reverse(id)).kind).toBe(model.reverse(id));
        return;
      }
      case 'redeem': {
        const { quantity, reference } = command;
        expect((await books.redeem(quantity, reference)).kind).toBe(model.redeem(quantity, reference));
        return;
      }
      case 'threshold':
        model.threshold = command.threshold;
        await books.setThreshold(command.threshold);
    }
  }

  test('every history gives the same balances after each step, and an intact ledger', async () => {
    await fc.assert(
      fc.asyncProperty(commands, async (history: Command[]) => {
        const books = await Promise.all(Array.from({ length: COMPANIES }, () => Books.open(app)));
        const models = books.map(() => new Model());
        for (const command of history) {
          const at = command.company;
          await step(books[at]!, models[at]!, command);
          const { sequence: _sequence, ...sums } = await books[at]!.sums();
          expect(sums).toEqual(models[at]!.sums());
        }
        for (const { id } of books) {
          expect((await verifyLedger(app.db, { companyId: id })).breaks).toEqual([]);
        }
      }),
      { numRuns: RUNS },
    );
  }, 600_000);
});
