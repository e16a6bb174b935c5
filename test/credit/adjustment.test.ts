import { verifyLedger } from '../../src/credit/verify.js';
import { OPERATOR_KEY, startTestApp, type TestApp } from '../harness/app.js';
import { describeEachDatabase } from '../harness/database.js';
import { Books } from './books.js';

describeEachDatabase('adjustments by two operators', (engine) => {
  let app: TestApp;
  let books: Books;
  let second: string;
  beforeAll(async () => {
    app = await startTestApp(engine);
    second = await app.apiKey(null, ['operator']);
  });
  afterAll(() => app.close());
  beforeEach(async () => {
    books = await Books.open(app);
  });
  afterEach(async () => {
    expect((await verifyLedger(app.db, { companyId: books.id })).breaks).toEqual([]);
  });

  const propose = (body: Record<string, unknown>, key = OPERATOR_KEY) =>
    app.call(`/v1/companies/${books.id}/adjustments`, { key, body: { reason: 'a mistake', ...body } });
  const decide = (id: string, decision: 'approval' | 'rejection', key = second) =>
    app.call(`/v1/adjustments/${id}/${decision}`, { key, body: {} });
  async function proposed(body: Record<string, unknown>): Promise<string> {
    return (await (await propose(body)).json()).id;
  }

  test('nothing is posted before another approves; then it is, once', async () => {
    const id = await proposed({ progress: 12, credits: 2, reason: 'goodwill: 2 of 3' });
    expect(await books.sums()).toMatchObject({ sequence: 0 });
    const approved = await decide(id, 'approval');
    expect(approved.status).toBe(200);
    expect(await approved.json()).toMatchObject({ status: 'approved', proposedBy: 'operator-key' });
    expect(await books.kinds()).toEqual(['adjusted', 'adjusted', 'earned']);
    expect(await books.sums()).toMatchObject({ progress: 2, credits: 3, earned: 1, adjusted: 2 });
    expect((await decide(id, 'approval')).status).toBe(200);
    expect(await books.sums()).toMatchObject({ sequence: 3 });
  });

  test('the same operator is refused, by every key of its own', async () => {
    const id = await proposed({ credits: 1 });
    const refused = await decide(id, 'approval', OPERATOR_KEY);
    expect(refused.status).toBe(403);
    expect(await books.sums()).toMatchObject({ sequence: 0 });
    expect((await decide(id, 'approval')).status).toBe(200);
  });

  test('the table itself refuses one pair of eyes', async () => {
    const id = await proposed({ credits: 1 });
    const decided = app.db.query(
      `UPDATE adjustments SET decision = 'approved', decided_by = proposed_by, decided_at = proposed_at WHERE id = $1`,
      [id],
    );
    await expect(decided).rejects.toThrow('adjustments_four_eyes');
  });

  test('what was rejected is not approved any more', async () => {
    const id = await proposed({ referrals: -1 });
    expect((await decide(id, 'rejection', OPERATOR_KEY)).status).toBe(200);
    expect((await decide(id, 'approval')).status).toBe(409);
    expect((await decide(id, 'rejection')).status).toBe(409);
    expect(await books.sums()).toMatchObject({ sequence: 0 });
  });

  test('credits are taken from the newest on, never below zero', async () => {
    await books.referMany(30);
    expect((await decide(await proposed({ credits: -4 }), 'approval')).status).toBe(409);
    expect((await decide(await proposed({ credits: -2 }), 'approval')).status).toBe(200);
    expect((await books.entries()).slice(-2).map((entry) => entry.about)).toEqual([33, 22]);
    expect(await books.sums()).toMatchObject({ credits: 1, adjusted: -2 });
  });

  test('progress taken below zero revokes; a credit that was given is worth the threshold in force', async () => {
    await books.setThreshold(6);
    await decide(await proposed({ credits: 1 }), 'approval');
    await decide(await proposed({ progress: -2 }), 'approval');
    expect(await books.sums()).toMatchObject({ progress: 4, credits: 0, revoked: 1, adjusted: 1 });
  });

  test('a credit that was given redeems as any other', async () => {
    await decide(await proposed({ credits: 1 }), 'approval');
    expect(await books.redeem(1, 'a')).toMatchObject({ kind: 'redeemed' });
  });

  test('the list shows who proposed and who decided', async () => {
    const id = await proposed({ credits: 1 });
    await decide(await proposed({ credits: 2 }), 'approval');
    const { adjustments } = await (
      await app.call(`/v1/companies/${books.id}/adjustments`, { key: second })
    ).json();
    expect(adjustments).toHaveLength(2);
    expect(adjustments).toContainEqual(expect.objectContaining({ id, status: 'pending', decidedBy: null }));
  });

  test.each([{}, { credits: 0 }, { credits: 101 }, { credits: 1, reason: ' ' }, { progress: 0.5 }])(
    '%j is refused',
    async (body) => {
      expect((await propose(body)).status).toBe(400);
    },
  );

  test('a company proposes nothing, and an unknown one is 404', async () => {
    expect((await propose({ credits: 1 }, await app.apiKey(books.id, ['admin']))).status).toBe(403);
    for (const id of ['nonsense', app.deps.newId()]) expect((await decide(id, 'approval')).status).toBe(404);
  });
});
