import { verifyLedger } from '../../src/credit/verify.js';
import { type Db, openPostgres } from '../../src/db/db.js';
import { startTestApp, type TestApp } from '../harness/app.js';
import { engines } from '../harness/database.js';
import { Books } from './books.js';

const CONNECTIONS = 64;
const ROUNDS = Number(process.env.CR_RACE_ROUNDS ?? 8);

/** PGlite has one connection: there is nothing to race there. */
const onPostgres = engines.includes('postgres') ? describe : describe.skip;

onPostgres('ledger races on postgres', () => {
  let app: TestApp;
  let pool: Db;
  beforeAll(async () => {
    app = await startTestApp('postgres');
    const [row] = await app.db.query<{ name: string }>('SELECT current_database() AS name');
    const url = new URL(process.env.TEST_DATABASE_URL!);
    url.pathname = `/${row!.name}`;
    pool = openPostgres(url.toString(), CONNECTIONS);
  });
  afterAll(async () => {
    await pool.close();
    await app.close();
  });

  async function racing(): Promise<Books> {
    const { company } = await Books.open(app);
    return new Books(app, company, pool);
  }

  async function expectSound(books: Books): Promise<void> {
    const sequences = (await books.entries()).map((entry) => entry.sequence);
    expect(sequences).toEqual(sequences.map((_, index) => index + 1));
    expect((await verifyLedger(app.db, { companyId: books.id })).breaks).toEqual([]);
  }

  test(`${CONNECTIONS} connections post the same and different registrations: each counts once`, async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const books = await racing();
      const before = 5 + (round % 10);
      await books.referMany(before);
      const ids = Array.from({ length: CONNECTIONS / 4 }, () => app.deps.newId());
      const posted = await Promise.all(
        Array.from({ length: CONNECTIONS }, (_, index) => books.refer(ids[index % ids.length])),
      );
      expect(posted.filter((one) => one.kind === 'counted')).toHaveLength(ids.length);
      const total = before + ids.length;
      expect(await books.sums()).toMatchObject({
        referrals: total,
        progress: total % 10,
        credits: Math.floor(total / 10),
        earned: Math.floor(total / 10),
      });
      const told = (await books.notices()).filter((kind) => kind === 'credit_earned');
      expect(told).toHaveLength(Math.floor(total / 10));
      await expectSound(books);
    }
  });

  test('the first entries of a company, at once', async () => {
    const books = await racing();
    await Promise.all(Array.from({ length: CONNECTIONS }, () => books.refer()));
    expect(await books.sums()).toMatchObject({ referrals: CONNECTIONS, credits: 6, progress: 4 });
    await expectSound(books);
  });

  test('referrals, reversals of the same ones and redemptions at once keep the sums', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const books = await racing();
      const ids = await books.referMany(20);
      const work = Array.from({ length: CONNECTIONS }, (_, index) => {
        if (index % 4 === 0) return books.redeem(1, `order-${index % 8}`);
        return index % 4 === 1 ? books.refer() : books.reverse(ids[index % 7]!);
      });
      await Promise.all(work);
      const sums = await books.sums();
      expect(sums.referrals).toBe(20 + CONNECTIONS / 4 - 7);
      expect(sums.progress).toBe(sums.referrals - 10 * (sums.earned - sums.revoked));
      expect(sums.credits).toBe(sums.earned - sums.revoked - sums.redeemed);
      expect(sums.redeemed).toBeLessThanOrEqual(2);
      await expectSound(books);
    }
  });

  test('one credit, many redemptions at once: one gets it', async () => {
    const books = await racing();
    await books.referMany(10);
    const outcomes = await Promise.all(
      Array.from({ length: CONNECTIONS }, (_, index) => books.redeem(1, `order-${index}`)),
    );
    expect(outcomes.filter((one) => one.kind === 'redeemed')).toHaveLength(1);
    expect(outcomes.filter((one) => one.kind === 'not_available')).toHaveLength(CONNECTIONS - 1);
    await expectSound(books);
  });
});
