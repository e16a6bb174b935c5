import { approveAdjustment, proposeAdjustment } from '../../src/credit/adjustment.js';
import type { Wrong } from '../../src/credit/audit-trail.js';
import { chained, type EntryDraft, emptyHead, headAfter, type LedgerEntry } from '../../src/credit/entry.js';
import { expireOverdue } from '../../src/credit/posting.js';
import { appendEntry, lockHead } from '../../src/credit/store.js';
import { verifyLedger } from '../../src/credit/verify.js';
import { startTestApp, type TestApp } from '../harness/app.js';
import { describeEachDatabase } from '../harness/database.js';
import { Books } from './books.js';

/** What the owner of the table can do and nobody else: past the trigger and the checks. */
async function tamper(books: Books, sql: string, values: readonly unknown[] = []): Promise<void> {
  await books.app.db.transaction(async (tx) => {
    await tx.exec('ALTER TABLE ledger_entries DISABLE TRIGGER USER');
    await tx.exec('ALTER TABLE ledger_entries DROP CONSTRAINT IF EXISTS ledger_entries_deltas');
    await tx.query(sql, [books.id, ...values]);
    await tx.exec('ALTER TABLE ledger_entries ENABLE TRIGGER USER');
  });
}

/** A forger who knows the chain: rewrites the whole ledger so that every hash and the head are right again. */
async function forge(books: Books, change: (entries: LedgerEntry[]) => EntryDraft[]): Promise<void> {
  const drafts = change(await books.entries());
  await tamper(books, 'DELETE FROM ledger_entries WHERE company_id = $1');
  await books.app.db.transaction(async (tx) => {
    let head = emptyHead(books.id);
    for (const draft of drafts) {
      const entry = chained(head, draft);
      head = headAfter(head, entry);
      await appendEntry(tx, entry, head);
    }
  });
}

/** The entries with one of them changed. */
function withEntry(sequence: number, change: Partial<EntryDraft>) {
  return (entries: LedgerEntry[]): EntryDraft[] =>
    entries.map((entry) => (entry.sequence === sequence ? { ...entry, ...change } : entry));
}

describeEachDatabase('ledger verify', (engine) => {
  let app: TestApp;
  let books: Books;
  /** referrals 1–10, earned 11, referrals 12–21, earned 22, redeemed 23 (of 11), reversal 24, revoked 25 (of 22) */
  beforeAll(async () => {
    app = await startTestApp(engine);
  });
  afterAll(() => app.close());
  beforeEach(async () => {
    books = await Books.open(app);
    const ids = await books.referMany(20);
    await books.redeem(1, 'order: 1\nof (1 of 2)');
    await books.reverse(ids[3]!);
  });

  const verify = () => verifyLedger(app.db, { companyId: books.id });

  async function expectBreak(sequence: number, wrong: Wrong): Promise<void> {
    const { intact, breaks } = await verify();
    expect({ intact, breaks }).toEqual({
      intact: false,
      breaks: [{ companyId: books.id, sequence, wrong, detail: expect.any(String) }],
    });
  }

  describe('control', () => {
    test('a ledger that nobody touched is intact', async () => {
      expect(await verify()).toEqual({ intact: true, companies: 1, entries: 25, breaks: [] });
    });

    test('a ledger that was rewritten without a change is intact', async () => {
      await forge(books, (entries) => entries);
      expect(await verify()).toMatchObject({ intact: true, entries: 25 });
    });

    test('a ledger without entries is intact', async () => {
      const empty = await Books.open(app);
      await empty.reverse(app.deps.newId());
      expect(await verifyLedger(app.db, { companyId: empty.id })).toMatchObject({ intact: true, entries: 0 });
    });

    test('changed rules leave earlier entries right', async () => {
      await books.setThreshold(5);
      await books.referMany(7);
      await books.setThreshold(12);
      await books.referMany(14);
      expect(await verify()).toMatchObject({ intact: true });
    });

    test('entries posted behind the head that was read are left alone', async () => {
      let first = true;
      const posting = {
        query: async <Row>(sql: string, values?: readonly unknown[]) => {
          const rows = await app.db.query<Row>(sql, values);
          if (first) await books.referMany(12);
          first = false;
          return rows;
        },
      };
      expect(await verifyLedger(posting, { companyId: books.id })).toMatchObject({
        intact: true,
        entries: 25,
      });
      expect(await verify()).toMatchObject({ intact: true, entries: 39 });
    });
  });

  describe('missing', () => {
    test('a deleted entry', async () => {
      await tamper(books, 'DELETE FROM ledger_entries WHERE company_id = $1 AND sequence = 7');
      await expectBreak(7, 'missing');
    });

    test('a deleted tail', async () => {
      await tamper(books, 'DELETE FROM ledger_entries WHERE company_id = $1 AND sequence > 20');
      await expectBreak(21, 'missing');
    });

    test('all entries deleted', async () => {
      await tamper(books, 'DELETE FROM ledger_entries WHERE company_id = $1');
      await expectBreak(1, 'missing');
    });
  });

  test('previous_hash: an entry that was put in the place of a deleted one', async () => {
    await tamper(
      books,
      'UPDATE ledger_entries SET previous_hash = hash WHERE company_id = $1 AND sequence = 9',
    );
    await expectBreak(9, 'previous_hash');
  });

  test.each([
    ['a delta', 'progress = 2'],
    ['who', "actor = 'somebody else'"],
    ['why', "cause = 'another reason'"],
    ['when', "at = at - interval '1 day'"],
    ['when, by less than a millisecond', "at = at + interval '1 microsecond'"],
    ['the registration', 'registration_id = company_id'],
    ['the kind', "kind = 'adjusted'"],
    ['what it is about', 'about = 1'],
    ['the rules', 'rule_id = NULL'],
    ['the idempotency key', "idempotency_key = 'referral:x'"],
    ['the input hash', 'input_hash = hash'],
    ['the hash', 'hash = input_hash'],
  ])('hash: %s of an entry changed', async (_name, change) => {
    await tamper(books, `UPDATE ledger_entries SET ${change} WHERE company_id = $1 AND sequence = 5`);
    await expectBreak(5, 'hash');
  });

  describe('with every hash forged', () => {
    test('deltas: a referral that counts twice', async () => {
      await forge(books, withEntry(5, { referrals: 2, progress: 2 }));
      await expectBreak(5, 'deltas');
    });

    test('deltas: a credit that costs less than the threshold', async () => {
      await forge(books, withEntry(11, { progress: -9 }));
      await expectBreak(11, 'deltas');
    });

    test('deltas: a revocation that gives back more than the credit cost', async () => {
      await forge(books, withEntry(25, { progress: 11 }));
      await expectBreak(25, 'deltas');
    });

    test('key: an entry with the key of another', async () => {
      await forge(books, withEntry(5, { idempotencyKey: 'referral:other' }));
      await expectBreak(5, 'key');
    });

    test('key: a redemption whose reference was changed', async () => {
      await forge(books, withEntry(23, { cause: 'credit of entry 11 redeemed (1 of 1): order-2' }));
      await expectBreak(23, 'key');
    });

    test('about: a reversal of another referral', async () => {
      await forge(books, withEntry(24, { about: 2 }));
      await expectBreak(24, 'about');
    });

    test('about: a revocation of a credit that was redeemed', async () => {
      await forge(books, withEntry(25, { about: 11 }));
      await expectBreak(25, 'about');
    });

    test('about: a revocation of another credit than the newest', async () => {
      const other = await Books.open(app);
      const ids = await other.referMany(20);
      await other.reverse(ids[0]!);
      await forge(other, withEntry(24, { about: 11, idempotencyKey: 'revoked:11' }));
      const { breaks } = await verifyLedger(app.db, { companyId: other.id });
      expect(breaks).toMatchObject([{ sequence: 24, wrong: 'about' }]);
    });

    test('rules: none', async () => {
      await forge(books, withEntry(5, { ruleId: null }));
      await expectBreak(5, 'rules');
    });

    test("rules: another company's", async () => {
      const other = await Books.open(app);
      const ruleId = await other.setThreshold(3);
      await forge(books, withEntry(5, { ruleId, at: app.clock.now() }));
      await expectBreak(5, 'rules');
    });

    test('rules: not in force at its time', async () => {
      const ruleId = await books.setThreshold(3);
      await forge(books, withEntry(5, { ruleId }));
      await expectBreak(5, 'rules');
    });

    test('rules: others than those of the referral that a credit follows from', async () => {
      const ruleId = await books.setThreshold(3);
      await forge(books, withEntry(11, { ruleId }));
      await expectBreak(11, 'rules');
    });

    test('not_due: a credit that nothing earned', async () => {
      await forge(books, (entries) => {
        const extra = { ...entries[10]!, idempotencyKey: 'earned:3' };
        return [...entries.slice(0, 15), extra, ...entries.slice(15)];
      });
      await expectBreak(16, 'not_due');
    });

    test('due: a credit that was earned and left out', async () => {
      await forge(books, (entries) => entries.filter((entry) => entry.sequence !== 22));
      await expectBreak(22, 'due');
    });

    test('due: a credit left out at the end of the chain', async () => {
      await forge(books, (entries) => entries.slice(0, -1));
      await expectBreak(25, 'due');
    });
  });

  describe('corrections with every hash forged', () => {
    /** After the 25 entries above: cancellation 26 (of 11), then an adjustment of two credits, 27 and 28. */
    beforeEach(async () => {
      await books.cancel('order: 1\nof (1 of 2)', 'no "interview"');
      const at = app.clock.now();
      await app.db.transaction(async (tx) => {
        const id = app.deps.newId();
        const deltas = { referrals: 0, progress: -3, credits: 2, reason: 'goodwill' };
        await proposeAdjustment(tx, { id, companyId: books.id, ...deltas, actor: 'operator-1', at });
        await approveAdjustment(app.deps, tx, { id, actor: 'operator-2', at });
      });
    });

    test('control: as it was posted it is intact', async () => {
      await forge(books, (entries) => entries);
      expect(await verify()).toMatchObject({ intact: true, entries: 28 });
      expect((await books.kinds()).slice(-3)).toEqual(['redemption_cancelled', 'adjusted', 'adjusted']);
    });

    test('about: a cancellation of a credit that another redemption took', async () => {
      await forge(books, withEntry(26, { about: 22 }));
      await expectBreak(26, 'about');
    });

    test('about: a redemption that is cancelled twice', async () => {
      await forge(books, (entries) => [...entries, { ...entries[25]!, idempotencyKey: 'forged' }]);
      await expectBreak(29, 'about');
    });

    test('key: a cancellation whose cause names no redemption', async () => {
      await forge(books, withEntry(26, { cause: 'given back' }));
      await expectBreak(26, 'key');
    });

    test('key: a cancellation with the key of another', async () => {
      await forge(books, withEntry(26, { idempotencyKey: 'redemption_cancelled:1:order-2' }));
      await expectBreak(26, 'key');
    });

    test('four_eyes: an adjustment that one operator proposed and approved', async () => {
      await forge(books, withEntry(27, { actor: 'operator-1' }));
      await expectBreak(27, 'four_eyes');
    });

    test('deltas: an adjustment of more than was agreed on', async () => {
      await forge(books, withEntry(27, { progress: 3 }));
      await expectBreak(27, 'deltas');
    });

    test('key: an adjustment whose cause was changed with it', async () => {
      await forge(books, (entries) => {
        const { cause } = entries[26]!;
        return withEntry(27, { progress: 3, cause: cause.replace(' -3,', ' 3,') })(entries);
      });
      await expectBreak(27, 'key');
    });

    test('about: an adjustment that gives a credit and names one', async () => {
      await forge(books, withEntry(27, { about: 22 }));
      await expectBreak(27, 'about');
    });

    test('due: an adjustment of which an entry was left out, at the end and before others', async () => {
      await forge(books, (entries) => entries.slice(0, -1));
      await expectBreak(28, 'due');
      await books.refer();
      await expectBreak(28, 'due');
    });

    test('due: an entry of an adjustment without the first', async () => {
      await forge(books, (entries) => entries.filter((entry) => entry.sequence !== 27));
      await expectBreak(27, 'due');
    });

    describe('of an expired credit', () => {
      let last: number;
      beforeEach(async () => {
        await books.setRules({ threshold: 30, creditExpiresAfterDays: 30 });
        await books.referMany(30);
        await books.setRules({ creditExpiresAfterDays: null });
        app.clock.advance(30 * 86_400_000);
        const by = { actor: 'test', at: app.clock.now() };
        await app.db.transaction(async (tx) => expireOverdue(tx, await lockHead(tx, books.id), by));
        last = (await books.entries()).length;
        expect((await books.kinds()).at(-1)).toBe('expired');
        expect(await verify()).toMatchObject({ intact: true });
      });

      test('not_due: before its time', async () => {
        const early = new Date(app.clock.now().getTime() - 2_000);
        await forge(books, withEntry(last, { at: early }));
        await expectBreak(last, 'not_due');
      });

      test('about: one that is not open', async () => {
        await forge(books, withEntry(last, { about: 22 }));
        await expectBreak(last, 'about');
      });

      test('rules: others than those of the credit', async () => {
        const ruleId = await books.setRules({ creditExpiresAfterDays: 1 });
        await forge(books, withEntry(last, { ruleId }));
        await expectBreak(last, 'rules');
      });

      test('not_due: one that was earned without expiry', async () => {
        const { ruleId, sequence } = (await books.entries())[10]!;
        await forge(books, withEntry(last, { ruleId, about: sequence }));
        await expectBreak(last, 'not_due');
      });
    });
  });

  describe('head', () => {
    test('an entry put after the end', async () => {
      await tamper(
        books,
        `INSERT INTO ledger_entries (company_id, sequence, kind, referrals, progress, credits, idempotency_key,
           input_hash, actor, cause, at, previous_hash, hash)
         SELECT company_id, sequence + 1, kind, referrals, progress, credits, 'forged', input_hash, actor, cause, at,
           hash, hash FROM ledger_entries WHERE company_id = $1 ORDER BY sequence DESC LIMIT 1`,
      );
      await expectBreak(26, 'head');
    });

    test('the head deleted', async () => {
      await tamper(books, 'DELETE FROM ledger_heads WHERE company_id = $1');
      await expectBreak(25, 'head');
      const all = await verifyLedger(app.db);
      expect(all.breaks).toContainEqual(expect.objectContaining({ companyId: books.id, wrong: 'head' }));
    });

    test("the head's hash changed", async () => {
      await tamper(books, "UPDATE ledger_heads SET hash = '\\x00' WHERE company_id = $1");
      await expectBreak(25, 'head');
    });

    test.each(['referrals', 'progress', 'credits', 'earned', 'redeemed', 'expired', 'revoked', 'adjusted'])(
      "the head's %s changed",
      async (sum) => {
        await tamper(books, `UPDATE ledger_heads SET ${sum} = ${sum} + 1 WHERE company_id = $1`);
        await expectBreak(25, 'head');
      },
    );

    test('a tail deleted together with the sequence of the head', async () => {
      await tamper(books, 'DELETE FROM ledger_entries WHERE company_id = $1 AND sequence > 20');
      await tamper(books, 'UPDATE ledger_heads SET sequence = 20 WHERE company_id = $1');
      await expectBreak(20, 'head');
    });
  });

  describe('anchor: what somebody kept outside', () => {
    const anchorOf = async (sequence: number) => {
      const { hash } = (await books.entries())[sequence - 1]!;
      return { sequence, hash: hash.toString('hex') };
    };
    const against = (anchor: { sequence: number; hash: string }) =>
      verifyLedger(app.db, { companyId: books.id, anchor });

    test('the same chain, also after more was posted', async () => {
      const anchor = await anchorOf(25);
      await books.referMany(3);
      expect(await against(anchor)).toMatchObject({ intact: true });
    });

    test('a ledger that was rewritten whole, by all the rules, with another reason', async () => {
      const anchor = await anchorOf(25);
      await forge(books, (entries) => {
        const { cause } = entries[23]!;
        return withEntry(24, { cause: `${cause}, says the forger` })(entries);
      });
      expect(await verify()).toMatchObject({ intact: true });
      expect(await against(anchor)).toMatchObject({
        intact: false,
        breaks: [{ companyId: books.id, sequence: 25, wrong: 'anchor' }],
      });
    });

    test('the last entries removed together with what the head knew of them', async () => {
      const anchor = await anchorOf(25);
      await forge(books, (entries) => entries.slice(0, 20));
      expect(await verify()).toMatchObject({ intact: true });
      expect(await against(anchor)).toMatchObject({ breaks: [{ sequence: 25, wrong: 'anchor' }] });
    });

    test('over HTTP, with what a statement says', async () => {
      const key = await app.apiKey(books.id, ['read']);
      const month = app.clock.now().toISOString().slice(0, 7);
      const statement = await app.call(`/v1/companies/${books.id}/statements/${month}`, { key });
      const { anchor } = (await statement.json()) as { anchor: { sequence: number; hash: string } };
      expect(anchor).toEqual(await anchorOf(25));
      const ask = async (query: string) =>
        (await app.call(`/v1/companies/${books.id}/ledger/verify?${query}`, { key })).json();
      expect(await ask(`sequence=25&hash=${anchor.hash}`)).toMatchObject({ intact: true });
      expect(await ask(`sequence=24&hash=${anchor.hash}`)).toMatchObject({ break: { wrong: 'anchor' } });
      expect(await ask('sequence=24')).toMatchObject({ status: 400 });
      expect(await ask(`sequence=24&hash=x`)).toMatchObject({ status: 400 });
    });
  });

  test('of several broken ledgers each is named, and an intact one is not', async () => {
    const [second, third] = [await Books.open(app), await Books.open(app)];
    await second.referMany(3);
    await third.referMany(3);
    await tamper(books, 'DELETE FROM ledger_entries WHERE company_id = $1 AND sequence = 4');
    await tamper(third, "UPDATE ledger_entries SET actor = 'x' WHERE company_id = $1 AND sequence = 2");
    const { breaks } = await verifyLedger(app.db);
    expect(breaks).toContainEqual(
      expect.objectContaining({ companyId: books.id, sequence: 4, wrong: 'missing' }),
    );
    expect(breaks).toContainEqual(
      expect.objectContaining({ companyId: third.id, sequence: 2, wrong: 'hash' }),
    );
    expect(breaks.map((one) => one.companyId)).not.toContain(second.id);
  });
});
