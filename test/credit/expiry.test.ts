import { createExpiry, expireCredits } from '../../src/credit/expiry.js';
import { verifyLedger } from '../../src/credit/verify.js';
import { startTestApp, type TestApp } from '../harness/app.js';
import { describeEachDatabase } from '../harness/database.js';
import { Books } from './books.js';

const DAY = 86_400_000;

describeEachDatabase('expiry of credits', (engine) => {
  let app: TestApp;
  let books: Books;
  beforeAll(async () => {
    app = await startTestApp(engine);
  });
  afterAll(() => app.close());
  beforeEach(async () => {
    // What the test before left open is none of the next one's.
    app.clock.advance(100 * DAY);
    await expireCredits(app.deps);
    books = await Books.open(app);
    await books.setRules({ creditExpiresAfterDays: 90 });
  });
  afterEach(async () => {
    expect((await verifyLedger(app.db, { companyId: books.id })).breaks).toEqual([]);
  });

  test('a credit expires to the millisecond, and once', async () => {
    await books.referMany(10);
    app.clock.advance(90 * DAY - 1);
    expect(await expireCredits(app.deps)).toBe(0);
    app.clock.advance(1);
    expect(await expireCredits(app.deps)).toBe(1);
    expect(await expireCredits(app.deps)).toBe(0);
    expect(await books.sums()).toMatchObject({ earned: 1, expired: 1, credits: 0, progress: 0 });
    expect((await books.entries()).at(-1)).toMatchObject({ idempotencyKey: 'expired:11', about: 11 });
  });

  test('the oldest goes first, and what is younger stays', async () => {
    await books.referMany(20);
    app.clock.advance(10 * DAY);
    await books.referMany(10);
    app.clock.advance(80 * DAY);
    expect(await expireCredits(app.deps)).toBe(2);
    expect((await books.entries()).slice(-2).map((entry) => entry.about)).toEqual([11, 22]);
    expect(await books.sums()).toMatchObject({ expired: 2, credits: 1 });
  });

  test('neither a redeemed nor a revoked credit expires', async () => {
    const ids = await books.referMany(20);
    await books.redeem(1, 'a');
    await books.reverse(ids[0]!);
    app.clock.advance(100 * DAY);
    await expireCredits(app.deps);
    expect(await books.sums()).toMatchObject({ expired: 0, redeemed: 1, revoked: 1 });
  });

  test('a credit that was earned without expiry does not get one by a later rule', async () => {
    const other = await Books.open(app);
    await other.referMany(10);
    await other.setRules({ creditExpiresAfterDays: 1 });
    app.clock.advance(400 * DAY);
    await expireCredits(app.deps);
    expect(await other.sums()).toMatchObject({ credits: 1, expired: 0 });
  });

  test('what is over is not redeemed, although no job ran', async () => {
    await books.referMany(20);
    app.clock.advance(90 * DAY);
    await books.referMany(10);
    expect(await books.redeem(2, 'a')).toEqual({ kind: 'not_available', available: 1 });
    expect(await books.redeem(1, 'a')).toMatchObject({ kind: 'redeemed', credits: 0 });
    expect(await books.sums()).toMatchObject({ expired: 2, redeemed: 1 });
  });

  test('what is over is not revoked instead: its threshold does not come back', async () => {
    const ids = await books.referMany(10);
    app.clock.advance(90 * DAY);
    await books.reverse(ids[0]!);
    expect(await books.sums()).toMatchObject({ expired: 1, revoked: 0, progress: -1, credits: 0 });
  });

  test('a redemption that is cancelled after its credit was over opens and expires it at once', async () => {
    await books.referMany(10);
    await books.redeem(1, 'a');
    app.clock.advance(91 * DAY);
    expect(await books.cancel('a')).toMatchObject({ kind: 'cancelled', credits: 0 });
    expect((await books.kinds()).slice(-2)).toEqual(['redemption_cancelled', 'expired']);
    expect(await books.sums()).toMatchObject({ redeemed: 0, expired: 1, credits: 0 });
  });

  test('the worker looks once at its start', async () => {
    await books.referMany(10);
    app.clock.advance(90 * DAY);
    const expiry = createExpiry(app.deps);
    expiry.start();
    await expiry.stop();
    expect(await books.sums()).toMatchObject({ expired: 1 });
  });
});
