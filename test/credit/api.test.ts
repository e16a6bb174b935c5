import { digest } from '../../src/keys.js';
import { OPERATOR_KEY, startTestApp, type TestApp } from '../harness/app.js';
import { describeEachDatabase } from '../harness/database.js';
import { Books } from './books.js';

type ShownEntry = Record<string, string | number | null> & { previousHash: string; hash: string };

describeEachDatabase('ledger over HTTP', (engine) => {
  let app: TestApp;
  let books: Books;
  let key: string;
  beforeAll(async () => {
    app = await startTestApp(engine);
  });
  afterAll(() => app.close());
  beforeEach(async () => {
    books = await Books.open(app);
    key = await app.apiKey(books.id, ['read']);
  });

  const ledger = (query = '', as = key) => app.call(`/v1/companies/${books.id}/ledger${query}`, { key: as });
  const redeem = (body: unknown, headers: Record<string, string> = {}) =>
    app.call(`/v1/companies/${books.id}/redemptions`, { key: OPERATOR_KEY, body, headers });

  test('entries come in their order, page by page', async () => {
    await books.referMany(10);
    const sequences: number[] = [];
    let next: string | null = '0';
    while (next !== null) {
      const page: { entries: { sequence: number }[]; next: string | null } = await (
        await ledger(`?limit=4&cursor=${next}`)
      ).json();
      expect(page.entries.length).toBeLessThanOrEqual(4);
      sequences.push(...page.entries.map((entry) => entry.sequence));
      next = page.next;
    }
    expect(sequences).toEqual(Array.from({ length: 11 }, (_, index) => index + 1));
  });

  test('a last page that is full has no next', async () => {
    await books.referMany(4);
    expect((await (await ledger('?limit=4')).json()).next).toBeNull();
  });

  test('a reader can recompute the chain from the answer alone, by the documented format', async () => {
    const ids = await books.referMany(10);
    await books.redeem(1, '注文 "1" \\ \u2028 é');
    await books.reverse(ids[0]!);
    const { entries }: { entries: ShownEntry[] } = await (await ledger()).json();
    let previous = '00'.repeat(32);
    for (const e of entries) {
      const content = JSON.stringify([
        'career-relay-ledger/1',
        ...[
          e.companyId,
          e.sequence,
          e.kind,
          e.referrals,
          e.progress,
          e.credits,
          e.idempotencyKey,
          e.inputHash,
        ],
        ...[e.registrationId, e.about, e.ruleId, e.actor, e.cause, e.at],
      ]);
      expect(e.previousHash).toBe(previous);
      expect(
        digest(Buffer.concat([Buffer.from(previous, 'hex'), Buffer.from(content)])).toString('hex'),
      ).toBe(e.hash);
      previous = e.hash;
    }
    expect(entries).toHaveLength(13);
  });

  test.each(['cursor=x', 'cursor=-1', 'limit=0', 'limit=1001', 'limit=x'])('%s is refused', async (query) => {
    expect((await ledger(`?${query}`)).status).toBe(400);
  });

  test("another company's key reads nothing", async () => {
    const other = await app.apiKey((await Books.open(app)).id, ['read']);
    expect((await ledger('', other)).status).toBe(403);
    expect((await ledger('/verify', other)).status).toBe(403);
  });

  test('a key without the scope reads nothing', async () => {
    expect((await ledger('', await app.apiKey(books.id, ['links']))).status).toBe(403);
  });

  test.each(['018f0000-0000-7000-8000-000000000000', 'nonsense'])('company %s is unknown', async (id) => {
    const calls = ['ledger', 'ledger/verify'].map((path) =>
      app.call(`/v1/companies/${id}/${path}`, { key: OPERATOR_KEY }),
    );
    calls.push(
      app.call(`/v1/companies/${id}/redemptions`, {
        key: OPERATOR_KEY,
        body: { quantity: 1, reference: 'x' },
      }),
    );
    for (const call of calls) expect((await call).status).toBe(404);
  });

  test('verify says that it is intact, and what is not', async () => {
    await books.referMany(3);
    expect(await (await ledger('/verify')).json()).toEqual({ intact: true, entries: 3, break: null });
    await app.db.query('UPDATE ledger_heads SET progress = 9 WHERE company_id = $1', [books.id]);
    expect(await (await ledger('/verify')).json()).toMatchObject({
      intact: false,
      break: { companyId: books.id, sequence: 3, wrong: 'head', detail: expect.any(String) },
    });
  });

  test('a redemption is 201, its repeat 200, the same reference with another quantity 409', async () => {
    await books.referMany(20);
    const first = await redeem({ quantity: 1, reference: 'order-1' });
    expect(first.status).toBe(201);
    expect(await first.json()).toEqual({ reference: 'order-1', quantity: 1, credits: { available: 1 } });
    expect((await redeem({ quantity: 1, reference: 'order-1' })).status).toBe(200);
    expect((await redeem({ quantity: 2, reference: 'order-1' })).status).toBe(409);
    expect(await books.sums()).toMatchObject({ redeemed: 1, credits: 1 });
  });

  test('an Idempotency-Key gives the first answer again', async () => {
    await books.referMany(10);
    const headers = { 'idempotency-key': `redeem-${books.id}` };
    const answers = [1, 2].map(() => redeem({ quantity: 1, reference: 'order-1' }, headers));
    for (const answer of answers) expect((await answer).status).toBe(201);
    expect(await books.sums()).toMatchObject({ redeemed: 1, credits: 0 });
  });

  test('what is not available is 409, says how many are, and may be asked for again later', async () => {
    const headers = { 'idempotency-key': `later-${books.id}` };
    const refused = await redeem({ quantity: 1, reference: 'order-1' }, headers);
    expect(refused.status).toBe(409);
    expect((await refused.json()).detail).toMatch('0 available');
    await books.referMany(10);
    expect((await redeem({ quantity: 1, reference: 'order-1' }, headers)).status).toBe(201);
  });

  test.each([
    {},
    { quantity: 0, reference: 'x' },
    { quantity: 1.5, reference: 'x' },
    { quantity: 1, reference: ' ' },
    { quantity: 1, reference: 'a\0b' },
    { quantity: 1, reference: '\ud800' },
    { quantity: 1, reference: 'x', more: 1 },
  ])('%j is refused', async (body) => {
    expect((await redeem(body)).status).toBe(400);
  });

  test('a company cannot redeem by itself', async () => {
    const admin = await app.apiKey(books.id, ['admin', 'read']);
    const path = `/v1/companies/${books.id}/redemptions`;
    expect((await app.call(path, { key: admin, body: { quantity: 1, reference: 'x' } })).status).toBe(403);
  });
});
