import type { Company } from '../../src/company/store.js';
import { balances, postReferral, postReversal, redeem } from '../../src/credit/ledger.js';
import { startTestApp, type TestApp } from '../harness/app.js';
import { describeEachDatabase } from '../harness/database.js';

describeEachDatabase('credit ledger', (engine) => {
  let app: TestApp;
  let company: Company;
  let made = 0;
  beforeAll(async () => {
    app = await startTestApp(engine);
  });
  afterAll(() => app.close());
  beforeEach(async () => {
    made += 1;
    company = await app.company({ name: `株式会社例${made}`, slug: `company-${made}` });
  });

  const by = () => ({ companyId: company.id, actor: 'test', at: app.clock.now() });

  function refer(registrationId = app.deps.newId()) {
    return app.db.transaction((tx) => postReferral(app.deps, tx, { ...by(), registrationId }));
  }
  async function referMany(count: number): Promise<string[]> {
    const ids = Array.from({ length: count }, () => app.deps.newId());
    for (const id of ids) await refer(id);
    return ids;
  }
  function reverse(registrationId: string) {
    return app.db.transaction((tx) =>
      postReversal(app.deps, tx, { ...by(), registrationId, reason: 'mistake' }),
    );
  }
  function redeemCredits(quantity: number, reference: string) {
    return app.db.transaction((tx) => redeem(app.deps, tx, { ...by(), quantity, reference }));
  }
  async function setThreshold(threshold: number) {
    app.clock.advance(1_000);
    await app.db.query(
      `INSERT INTO program_rules (id, company_id, effective_at, threshold, count_event, attribution_window_days,
         person_window_days) VALUES ($1, $2, $3, $4, 'verified', 180, 365)`,
      [app.deps.newId(), company.id, app.clock.now(), threshold],
    );
  }
  const sums = () => balances(app.db, company.id);
  async function notices(): Promise<string[]> {
    const rows = await app.db.query<{ kind: string }>(
      'SELECT kind FROM notices WHERE company_id = $1 ORDER BY sequence, kind',
      [company.id],
    );
    return rows.map((row) => row.kind);
  }
  async function entries() {
    return app.db.query<{ kind: string; about: number | null; progress: number; sequence: number }>(
      'SELECT kind, about, progress, sequence FROM ledger_entries WHERE company_id = $1 ORDER BY sequence',
      [company.id],
    );
  }

  test('a company without entries has zero of everything', async () => {
    expect(await sums()).toEqual({
      sequence: 0,
      referrals: 0,
      progress: 0,
      credits: 0,
      earned: 0,
      redeemed: 0,
      expired: 0,
      revoked: 0,
    });
  });

  test('a referral counts one, and once', async () => {
    const id = app.deps.newId();
    expect(await refer(id)).toMatchObject({ kind: 'counted', referrals: 1, progress: 1, credits: 0 });
    expect(await refer(id)).toEqual({ kind: 'exists' });
    expect(await sums()).toMatchObject({ sequence: 1, referrals: 1, progress: 1 });
  });

  test('the tenth referral earns a credit in the same posting', async () => {
    await referMany(9);
    const tenth = await refer();
    expect(tenth).toMatchObject({ kind: 'counted', referrals: 10, progress: 0, credits: 1 });
    expect(tenth.kind === 'counted' && tenth.entries.map((entry) => entry.kind)).toEqual([
      'referral',
      'earned',
    ]);
  });

  test('the eighth progress point and the credit are told once each, with their jobs', async () => {
    await app.app.jobs.drain();
    const ids = await referMany(7);
    expect(await notices()).toEqual([]);
    ids.push(...(await referMany(1)));
    expect(await notices()).toEqual(['nearly_there']);
    await reverse(ids[0]!);
    await referMany(2);
    expect(await notices()).toEqual(['nearly_there']);
    await referMany(1);
    expect(await notices()).toEqual(['nearly_there', 'credit_earned']);
    expect(await app.app.jobs.drain()).toBe(2);
    await referMany(8);
    expect(await notices()).toEqual(['nearly_there', 'credit_earned', 'nearly_there']);
  });

  test('a rolled-back transaction leaves neither entry nor notice nor job', async () => {
    await referMany(9);
    await app.app.jobs.drain();
    const work = app.db.transaction(async (tx) => {
      await postReferral(app.deps, tx, { ...by(), registrationId: app.deps.newId() });
      throw new Error('after the posting');
    });
    await expect(work).rejects.toThrow('after the posting');
    expect(await sums()).toMatchObject({ sequence: 9, credits: 0 });
    expect(await app.app.jobs.drain()).toBe(0);
  });

  test('a reversal takes one named referral back, once', async () => {
    const [id = ''] = await referMany(1);
    expect(await reverse(id)).toMatchObject({ kind: 'reversed', referrals: 0, progress: 0 });
    expect(await reverse(id)).toEqual({ kind: 'exists' });
    expect((await entries())[1]).toMatchObject({ kind: 'reversal', about: 1 });
    expect(await refer(id)).toEqual({ kind: 'exists' });
  });

  test('a registration that was never counted cannot be reversed', async () => {
    expect(await reverse(app.deps.newId())).toEqual({ kind: 'not_counted' });
    expect((await sums()).sequence).toBe(0);
  });

  test('a reversal below zero revokes the newest open credit', async () => {
    const ids = await referMany(20);
    expect(await reverse(ids[0]!)).toMatchObject({ referrals: 19, progress: 9, credits: 1 });
    const [earlier, later] = (await entries()).filter((entry) => entry.kind === 'earned');
    const revoked = (await entries()).at(-1);
    expect(revoked).toMatchObject({ kind: 'revoked', about: later!.sequence, progress: 10 });
    expect(earlier!.sequence).toBeLessThan(later!.sequence);
  });

  test('what was redeemed is not clawed back: progress goes below zero and is worked off', async () => {
    const ids = await referMany(10);
    expect(await redeemCredits(1, 'order-1')).toMatchObject({ kind: 'redeemed', credits: 0 });
    expect(await reverse(ids[0]!)).toMatchObject({ referrals: 9, progress: -1, credits: 0 });
    await referMany(10);
    expect(await sums()).toMatchObject({ referrals: 19, progress: 9, credits: 0, earned: 1 });
    expect(await refer()).toMatchObject({ referrals: 20, progress: 0, credits: 1 });
  });

  test('a revoked credit can be earned again', async () => {
    const ids = await referMany(10);
    await reverse(ids[0]!);
    expect(await refer()).toMatchObject({ progress: 0, credits: 1 });
    expect(await sums()).toMatchObject({ earned: 2, revoked: 1 });
  });

  test('a change of threshold touches later entries only', async () => {
    await referMany(7);
    await setThreshold(5);
    expect(await sums()).toMatchObject({ progress: 7, credits: 0 });
    expect(await refer()).toMatchObject({ progress: 3, credits: 1 });
    await setThreshold(3);
    expect(await refer()).toMatchObject({ progress: 1, credits: 2 });
  });

  test('a revoked credit gives back the threshold it was earned at', async () => {
    const ids = await referMany(10);
    await setThreshold(20);
    expect(await reverse(ids[0]!)).toMatchObject({ progress: 9, credits: 0 });
  });

  test('progress that a revocation gives back is settled at the threshold in force', async () => {
    const ids = await referMany(10);
    await setThreshold(5);
    expect(await reverse(ids[0]!)).toMatchObject({ progress: 4, credits: 1 });
    expect((await entries()).slice(-3).map((entry) => entry.kind)).toEqual(['reversal', 'revoked', 'earned']);
  });

  test('a redemption takes the oldest credits, all or none', async () => {
    await referMany(20);
    expect(await redeemCredits(3, 'order-1')).toEqual({ kind: 'not_available', available: 2 });
    expect((await sums()).credits).toBe(2);
    await redeemCredits(1, 'order-1');
    const [first] = (await entries()).filter((entry) => entry.kind === 'earned');
    expect((await entries()).at(-1)).toMatchObject({ kind: 'redeemed', about: first!.sequence });
  });

  test('a reference redeems once, and with one quantity', async () => {
    await referMany(20);
    await redeemCredits(1, 'order-1');
    expect(await redeemCredits(1, 'order-1')).toEqual({ kind: 'exists' });
    expect(await redeemCredits(2, 'order-1')).toEqual({ kind: 'conflict' });
    expect(await sums()).toMatchObject({ credits: 1, redeemed: 1 });
  });

  test.each([0, -1, 1.5, Number.NaN])('a redemption of %p credits is refused', async (quantity) => {
    await expect(redeemCredits(quantity, 'order-1')).rejects.toMatchObject({ code: 'invalid_input' });
  });

  test('the ledger and the rules can be neither changed nor deleted', async () => {
    await refer();
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
    await refer();
    const [row] = await app.db.query(
      `SELECT actor, cause, rule_id AS "ruleId" FROM ledger_entries WHERE company_id = $1`,
      [company.id],
    );
    expect(row).toEqual({
      actor: 'test',
      cause: 'registration counted: verified',
      ruleId: '00000000-0000-7000-8000-000000000001',
    });
  });
});
