import { postReferral } from '../../src/credit/ledger.js';
import { verifyLedger } from '../../src/credit/verify.js';
import { startTestApp, type TestApp } from '../harness/app.js';
import { describeEachDatabase } from '../harness/database.js';
import { Books } from './books.js';

describeEachDatabase('credit ledger', (engine) => {
  let app: TestApp;
  let books: Books;
  beforeAll(async () => {
    app = await startTestApp(engine);
  });
  afterAll(() => app.close());
  beforeEach(async () => {
    books = await Books.open(app);
  });

  test('a company without entries has zero of everything', async () => {
    expect(await books.sums()).toEqual({
      sequence: 0,
      referrals: 0,
      progress: 0,
      credits: 0,
      earned: 0,
      redeemed: 0,
      expired: 0,
      revoked: 0,
      adjusted: 0,
    });
  });

  test('a referral counts one, and once', async () => {
    const id = app.deps.newId();
    expect(await books.refer(id)).toMatchObject({ kind: 'counted', referrals: 1, progress: 1, credits: 0 });
    expect(await books.refer(id)).toEqual({ kind: 'exists' });
    expect(await books.sums()).toMatchObject({ sequence: 1, referrals: 1, progress: 1 });
  });

  test('the tenth referral earns a credit in the same posting', async () => {
    await books.referMany(9);
    const tenth = await books.refer();
    expect(tenth).toMatchObject({ kind: 'counted', referrals: 10, progress: 0, credits: 1 });
    expect(tenth.kind === 'counted' && tenth.entries.map((entry) => entry.kind)).toEqual([
      'referral',
      'earned',
    ]);
  });

  test('the eighth progress point and the credit are told once each, with their jobs', async () => {
    await app.app.jobs.drain();
    const ids = await books.referMany(7);
    expect(await books.notices()).toEqual([]);
    ids.push(...(await books.referMany(1)));
    expect(await books.notices()).toEqual(['nearly_there']);
    await books.reverse(ids[0]!);
    await books.referMany(2);
    expect(await books.notices()).toEqual(['nearly_there']);
    await books.referMany(1);
    expect(await books.notices()).toEqual(['nearly_there', 'credit_earned']);
    expect(await app.app.jobs.drain()).toBe(2);
    await books.referMany(8);
    expect(await books.notices()).toEqual(['nearly_there', 'credit_earned', 'nearly_there']);
  });

  test('a rolled-back transaction leaves neither entry nor notice nor job', async () => {
    await books.referMany(9);
    await app.app.jobs.drain();
    const work = app.db.transaction(async (tx) => {
      await postReferral(app.deps, tx, {
        companyId: books.id,
        registrationId: app.deps.newId(),
        actor: 'test',
        at: app.clock.now(),
      });
      throw new Error('after the posting');
    });
    await expect(work).rejects.toThrow('after the posting');
    expect(await books.sums()).toMatchObject({ sequence: 9, credits: 0 });
    expect(await app.app.jobs.drain()).toBe(0);
  });

  test('a reversal takes one named referral back, once', async () => {
    const [id = ''] = await books.referMany(1);
    expect(await books.reverse(id)).toMatchObject({ kind: 'reversed', referrals: 0, progress: 0 });
    expect(await books.reverse(id)).toEqual({ kind: 'exists' });
    expect((await books.entries())[1]).toMatchObject({ kind: 'reversal', about: 1 });
    expect(await books.refer(id)).toEqual({ kind: 'exists' });
  });

  test('a registration that was never counted cannot be reversed', async () => {
    expect(await books.reverse(app.deps.newId())).toEqual({ kind: 'not_counted' });
    expect((await books.sums()).sequence).toBe(0);
  });

  test('a reversal below zero revokes the newest open credit', async () => {
    const ids = await books.referMany(20);
    expect(await books.reverse(ids[0]!)).toMatchObject({ referrals: 19, progress: 9, credits: 1 });
    const [earlier, later] = (await books.entries()).filter((entry) => entry.kind === 'earned');
    const revoked = (await books.entries()).at(-1);
    expect(revoked).toMatchObject({ kind: 'revoked', about: later!.sequence, progress: 10 });
    expect(earlier!.sequence).toBeLessThan(later!.sequence);
  });

  test('what was redeemed is not clawed back: progress goes below zero and is worked off', async () => {
    const ids = await books.referMany(10);
    expect(await books.redeem(1, 'order-1')).toMatchObject({ kind: 'redeemed', credits: 0 });
    expect(await books.reverse(ids[0]!)).toMatchObject({ referrals: 9, progress: -1, credits: 0 });
    await books.referMany(10);
    expect(await books.sums()).toMatchObject({ referrals: 19, progress: 9, credits: 0, earned: 1 });
    expect(await books.refer()).toMatchObject({ referrals: 20, progress: 0, credits: 1 });
  });

  test('a revoked credit can be earned again', async () => {
    const ids = await books.referMany(10);
    await books.reverse(ids[0]!);
    expect(await books.refer()).toMatchObject({ progress: 0, credits: 1 });
    expect(await books.sums()).toMatchObject({ earned: 2, revoked: 1 });
  });

  test('a change of threshold touches later entries only', async () => {
    await books.referMany(7);
    await books.setThreshold(5);
    expect(await books.sums()).toMatchObject({ progress: 7, credits: 0 });
    expect(await books.refer()).toMatchObject({ progress: 3, credits: 1 });
    await books.setThreshold(3);
    expect(await books.refer()).toMatchObject({ progress: 1, credits: 2 });
  });

  test('a revoked credit gives back the threshold it was earned at', async () => {
    const ids = await books.referMany(10);
    await books.setThreshold(20);
    expect(await books.reverse(ids[0]!)).toMatchObject({ progress: 9, credits: 0 });
  });

  test('progress that a revocation gives back is settled at the threshold in force', async () => {
    const ids = await books.referMany(10);
    await books.setThreshold(5);
    expect(await books.reverse(ids[0]!)).toMatchObject({ progress: 4, credits: 1 });
    expect((await books.entries()).slice(-3).map((entry) => entry.kind)).toEqual([
      'reversal',
      'revoked',
      'earned',
    ]);
  });

  test('a redemption takes the oldest credits, all or none', async () => {
    await books.referMany(20);
    expect(await books.redeem(3, 'order-1')).toEqual({ kind: 'not_available', available: 2 });
    expect((await books.sums()).credits).toBe(2);
    await books.redeem(1, 'order-1');
    const [first] = (await books.entries()).filter((entry) => entry.kind === 'earned');
    expect((await books.entries()).at(-1)).toMatchObject({ kind: 'redeemed', about: first!.sequence });
  });

  test('a reference redeems once, and with one quantity', async () => {
    await books.referMany(20);
    await books.redeem(1, 'order-1');
    expect(await books.redeem(1, 'order-1')).toEqual({ kind: 'exists' });
    expect(await books.redeem(2, 'order-1')).toEqual({ kind: 'conflict' });
    expect(await books.sums()).toMatchObject({ credits: 1, redeemed: 1 });
  });

  test.each([0, -1, 1.5, Number.NaN])('a redemption of %p credits is refused', async (quantity) => {
    await expect(books.redeem(quantity, 'order-1')).rejects.toMatchObject({ code: 'invalid_input' });
  });

  test.each(['', 'a\0b', '\ud800'])('a redemption for the reference %j is refused', async (reference) => {
    await expect(books.redeem(1, reference)).rejects.toMatchObject({ code: 'invalid_input' });
  });

  test('a reason that the database cannot keep as it is leaves the chain whole', async () => {
    const [id = ''] = await books.referMany(1);
    await books.reverse(id, 'a\0b \ud800 "\\" 誤登録 𠮷');
    const [, reversal] = await books.entries();
    expect(reversal!.cause).toBe('referral 1 reversed: ab \ufffd "\\" 誤登録 𠮷');
    expect((await verifyLedger(app.db, { companyId: books.id })).breaks).toEqual([]);
  });

  test('an id in another form than the database gives is a fault: it would count again', async () => {
    const [id = ''] = await books.referMany(1);
    await expect(books.refer(id.toUpperCase())).rejects.toThrow('canonical');
    await expect(books.reverse(id.toUpperCase())).rejects.toThrow('canonical');
    expect(await books.sums()).toMatchObject({ referrals: 1 });
  });

  test('the ledger and the rules can be neither changed nor deleted', async () => {
    await books.refer();
    for (const sql of [
      'UPDATE ledger_entries SET progress = 2',
      'DELETE FROM ledger_entries',
      'TRUNCATE ledger_entries',
      'UPDATE program_rules SET threshold = 1',
      'DELETE FROM program_rules',
    ]) {
      await expect(app.db.query(sql)).rejects.toThrow('append-only');
    }
  });

  test('each entry says who, why and under which rules', async () => {
    await books.refer();
    const [row] = await app.db.query(
      `SELECT actor, cause, rule_id AS "ruleId" FROM ledger_entries WHERE company_id = $1`,
      [books.id],
    );
    expect(row).toEqual({
      actor: 'test',
      cause: 'registration counted: verified',
      ruleId: '00000000-0000-7000-8000-000000000001',
    });
  });
});
