import { verifyLedger } from '../../src/credit/verify.js';
import { OPERATOR_KEY, startTestApp, type TestApp } from '../harness/app.js';
import { describeEachDatabase } from '../harness/database.js';
import { Books } from './books.js';

describeEachDatabase('cancelled redemptions', (engine) => {
  let app: TestApp;
  let books: Books;
  beforeAll(async () => {
    app = await startTestApp(engine);
  });
  afterAll(() => app.close());
  beforeEach(async () => {
    books = await Books.open(app);
  });
  afterEach(async () => {
    expect((await verifyLedger(app.db, { companyId: books.id })).breaks).toEqual([]);
  });

  const cancel = (reference: string, body: unknown = { reason: 'the interview did not take place' }) =>
    app.call(`/v1/companies/${books.id}/redemptions/${encodeURIComponent(reference)}/cancellation`, {
      key: OPERATOR_KEY,
      body,
    });

  test('every credit of the reference is open again, once', async () => {
    await books.referMany(20);
    await books.redeem(2, 'order: "1"/2');
    const first = await cancel('order: "1"/2');
    expect(first.status).toBe(201);
    expect(await first.json()).toEqual({ reference: 'order: "1"/2', quantity: 2, credits: { available: 2 } });
    expect((await cancel('order: "1"/2')).status).toBe(200);
    expect(await books.sums()).toMatchObject({ redeemed: 0, credits: 2 });
    expect((await books.kinds()).filter((kind) => kind === 'redemption_cancelled')).toHaveLength(2);
  });

  test('what nobody redeemed is 404, without a reason 400, for a company 403', async () => {
    expect((await cancel('nothing')).status).toBe(404);
    expect((await cancel('nothing', {})).status).toBe(400);
    const key = await app.apiKey(books.id, ['admin']);
    const path = `/v1/companies/${books.id}/redemptions/x/cancellation`;
    expect((await app.call(path, { key, body: { reason: 'x' } })).status).toBe(403);
  });

  test('a reference that was cancelled redeems no more; its credit does, under another', async () => {
    await books.referMany(10);
    await books.redeem(1, 'a');
    await cancel('a');
    expect(await books.redeem(1, 'a')).toEqual({ kind: 'cancelled' });
    expect(await books.redeem(1, 'b')).toMatchObject({ kind: 'redeemed', credits: 0 });
    await cancel('b');
    expect(await books.sums()).toMatchObject({ redeemed: 0, credits: 1 });
  });

  test('a reference that ends like another is not taken for it', async () => {
    await books.referMany(20);
    await books.redeem(1, 'x:order');
    expect((await cancel('order')).status).toBe(404);
  });

  test('below zero the credit is revoked at once: a cancelled redemption does not outlive its referrals', async () => {
    const ids = await books.referMany(10);
    await books.redeem(1, 'a');
    await books.reverse(ids[0]!);
    expect(await books.sums()).toMatchObject({ progress: -1, credits: 0 });
    await cancel('a');
    expect(await books.sums()).toMatchObject({ progress: 9, credits: 0, redeemed: 0, revoked: 1 });
  });
});
