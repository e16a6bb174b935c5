import PostalMime, { type Email } from 'postal-mime';
import { updateCompany } from '../../src/company/store.js';
import { writeDueNotices } from '../../src/credit/due-notices.js';
import { postReferral } from '../../src/credit/ledger.js';
import { Books } from '../credit/books.js';
import { startTestApp, type TestApp } from '../harness/app.js';
import { describeEachDatabase } from '../harness/database.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

describeEachDatabase('notices that time brings', (engine) => {
  let app: TestApp;
  let books: Books;
  let made = 0;
  beforeAll(async () => {
    app = await startTestApp(engine);
  });
  afterAll(() => app.close());
  beforeEach(async () => {
    // Three in the afternoon, in Tokyo.
    app.clock.set('2026-11-10T06:00:00.000Z');
    books = await Books.open(app);
  });

  async function member(locale = 'ja', company = books.id): Promise<string> {
    const email = `member${made++}@aoba.example`;
    await app.db.query(
      `INSERT INTO members (id, company_id, email, role, locale, created_at) VALUES ($1, $2, $3, 'admin', $4, $5)`,
      [app.deps.newId(), company, email, locale, app.clock.now()],
    );
    return email;
  }
  async function mailsTo(address: string): Promise<Email[]> {
    await app.app.jobs.drain();
    const mails = await Promise.all(app.outbox().map((bytes) => PostalMime.parse(bytes)));
    return mails.filter((mail) => mail.to?.[0]?.address === address);
  }
  async function mailTo(address: string, subject: string): Promise<Email> {
    return (await mailsTo(address)).find((mail) => mail.subject === subject)!;
  }
  /** @returns how many notices to this company a look wrote */
  async function look(): Promise<number> {
    const before = (await books.notices()).length;
    await writeDueNotices(app.deps);
    return (await books.notices()).length - before;
  }
  const told = async (kind: string) => (await books.notices()).filter((one) => one === kind);

  describe('credit_expiring', () => {
    beforeEach(async () => {
      await updateCompany(app.db, books.id, {
        noticesOff: ['monthly_summary', 'credit_earned', 'nearly_there'],
      });
      await books.setRules({ creditExpiresAfterDays: 90 });
    });

    test('30 and 7 days before its end, to the millisecond and once each', async () => {
      const [ja, en] = [await member(), await member('en')];
      await books.referMany(10);
      app.clock.advance(60 * DAY - 1);
      expect(await look()).toBe(0);
      app.clock.advance(1);
      expect([await look(), await look()]).toEqual([1, 0]);
      app.clock.advance(23 * DAY - 1);
      expect(await look()).toBe(0);
      app.clock.advance(1);
      expect([await look(), await look()]).toEqual([1, 0]);
      app.clock.advance(8 * DAY);
      expect(await look()).toBe(0);
      // The jobs run only now: the credit is over by the time its mails would go out.
      expect(await mailsTo(ja)).toEqual([]);
      expect(await mailsTo(en)).toEqual([]);
    });

    test('the mail says how many and until when, in the zone of the company', async () => {
      const [ja, en] = [await member(), await member('en')];
      await books.referMany(20);
      app.clock.advance(5 * DAY);
      await books.referMany(10);
      app.clock.advance(80 * DAY);
      expect(await look()).toBe(2);
      const mail = await mailTo(ja, '無料紹介枠2枠の有効期限が近づいています');
      expect(mail.text).toContain('2027年2月8日 15:00');
      expect(mail.html).toContain('2027年2月8日 15:00');
      const english = await mailTo(en, '2 free introductions expire soon');
      expect(english.text).toContain('8 February 2027 at 15:00');
      expect(english.text).toContain('/dashboard/settings');
      const kept = 'SELECT sequence, days FROM notice_credits WHERE company_id = $1 ORDER BY sequence';
      expect(await app.db.query(kept, [books.id])).toEqual([
        { sequence: 11, days: 7 },
        { sequence: 22, days: 7 },
        { sequence: 33, days: 30 },
      ]);
    });

    test('what was used before the mail went out is not told', async () => {
      const ja = await member();
      await books.referMany(10);
      app.clock.advance(60 * DAY);
      expect(await look()).toBe(1);
      await books.redeem(1, 'used');
      expect(await mailsTo(ja)).toEqual([]);
    });

    test('neither a redeemed credit nor one without an end nor one that lasts no longer than that', async () => {
      await books.referMany(10);
      await books.redeem(1, 'used');
      await books.setRules({ creditExpiresAfterDays: 30 });
      await books.referMany(10);
      await books.setRules({ creditExpiresAfterDays: null });
      await books.referMany(10);
      expect(await look()).toBe(0);
      app.clock.advance(22 * DAY);
      expect(await look()).toBe(0);
      app.clock.advance(DAY);
      expect(await look()).toBe(1);
    });
  });

  describe('monthly_summary', () => {
    /** From the afternoon of the tenth to one minute before nine in the morning of the first of December, in Tokyo. */
    const BEFORE_NINE = 20 * DAY + 18 * HOUR - 60_000;

    test('from nine in the morning of the first day of the month where the company is, once', async () => {
      const [ja, en] = [await member(), await member('en')];
      await books.referMany(12);
      app.clock.advance(BEFORE_NINE);
      expect(await look()).toBe(0);
      app.clock.advance(60_000);
      expect([await look(), await look()]).toEqual([1, 0]);
      expect(await mailTo(ja, '2026年11月のまとめ')).toBeDefined();
      const mail = await mailTo(en, 'Your summary of November 2026');
      const { hash, sequence } = (await books.entries()).at(-1)!;
      for (const part of [mail.text!, mail.html!]) {
        expect(part).toContain(hash.toString('hex'));
        expect(part).toContain(`ended with entry ${sequence}.`);
        expect(part).not.toContain('{{');
      }
      expect(mail.text).toContain('Counted referrals: 12\nFree introductions earned: 1\n');
      expect(mail.text).toContain('Towards the next one (end of month): 2 / 10');
      expect(mail.text).toContain('Available (end of month): 1');
    });

    test('of the month alone, although it is sent later', async () => {
      const en = await member('en');
      await books.referMany(3);
      app.clock.advance(BEFORE_NINE + 60_000);
      await look();
      await books.referMany(4);
      const mail = await mailTo(en, 'Your summary of November 2026');
      expect(mail.text).toContain('Counted referrals: 3\n');
    });

    test('another zone has another first day', async () => {
      await updateCompany(app.db, books.id, { timeZone: 'America/Los_Angeles' });
      await books.referMany(1);
      app.clock.advance(BEFORE_NINE + 60_000);
      expect(await look()).toBe(0);
      app.clock.advance(17 * HOUR);
      expect(await look()).toBe(1);
    });

    test('nothing happened: nothing is told; a credit that waits is', async () => {
      await books.referMany(1);
      app.clock.advance(BEFORE_NINE + 60_000);
      expect(await look()).toBe(1);
      app.clock.advance(31 * DAY);
      expect(await look()).toBe(0);
      await books.referMany(9);
      app.clock.advance(31 * DAY);
      expect(await look()).toBe(1);
      app.clock.advance(28 * DAY);
      expect(await look()).toBe(1);
    });

    test('a worker that was away the first week leaves it', async () => {
      await books.referMany(1);
      app.clock.advance(BEFORE_NINE + 60_000 + 7 * DAY);
      expect(await look()).toBe(0);
    });

    test('two workers at once write one', async () => {
      await books.referMany(1);
      app.clock.advance(BEFORE_NINE + 60_000);
      await Promise.all(Array.from({ length: 4 }, () => writeDueNotices(app.deps)));
      expect(await books.notices()).toEqual(['monthly_summary']);
    });
  });

  describe('switched off', () => {
    async function off(...noticesOff: string[]): Promise<void> {
      const key = await app.apiKey(books.id, ['admin']);
      const answer = await app.call(`/v1/companies/${books.id}`, {
        key,
        method: 'PATCH',
        body: { noticesOff },
      });
      expect(await answer.json()).toMatchObject({ noticesOff });
    }

    test('each kind by itself', async () => {
      await books.setRules({ creditExpiresAfterDays: 40 });
      await off('credit_earned');
      await books.referMany(10);
      expect(await books.notices()).toEqual(['nearly_there']);
      await off('nearly_there');
      await books.referMany(10);
      expect(await told('nearly_there')).toHaveLength(1);
      expect(await told('credit_earned')).toHaveLength(1);
      app.clock.advance(22 * DAY);
      await off('monthly_summary', 'credit_expiring');
      expect(await look()).toBe(0);
      await off('monthly_summary');
      expect(await look()).toBe(1);
      await off('credit_expiring');
      expect(await look()).toBe(1);
      expect(await told('monthly_summary')).toHaveLength(1);
    });

    test('after it was written and before it went out', async () => {
      const ja = await member();
      await books.referMany(10);
      await off('credit_earned', 'nearly_there');
      expect(await mailsTo(ja)).toEqual([]);
      await off();
      expect(await mailsTo(ja)).toEqual([]);
    });

    test('a kind that is none is refused', async () => {
      const answer = await app.call(`/v1/companies/${books.id}`, {
        key: await app.apiKey(books.id, ['admin']),
        method: 'PATCH',
        body: { noticesOff: ['all'] },
      });
      expect(answer.status).toBe(400);
    });
  });

  test('a notice rolls back with what it tells of', async () => {
    await expect(
      app.db.transaction(async (tx) => {
        const by = { companyId: books.id, actor: 'test', at: app.clock.now() };
        for (let nth = 0; nth < 10; nth += 1) {
          await postReferral(app.deps, tx, { ...by, registrationId: app.deps.newId() });
        }
        throw new Error('undone');
      }),
    ).rejects.toThrow('undone');
    expect(await books.notices()).toEqual([]);
  });

  test('a mail that is handed over again after a crash has the same Message-ID', async () => {
    const ja = await member();
    await books.referMany(10);
    await mailsTo(ja);
    const [notice] = await app.db.query<{ id: string }>(
      "SELECT id FROM notices WHERE kind = 'credit_earned' AND company_id = $1",
      [books.id],
    );
    await app.db.query('DELETE FROM notice_deliveries');
    await app.db.query('UPDATE notices SET sent_at = NULL WHERE id = $1', [notice!.id]);
    await app.db.transaction((tx) => app.deps.jobs.enqueue(tx, 'notice-mail', { noticeId: notice!.id }));
    const mails = (await mailsTo(ja)).filter((mail) => mail.subject === '無料紹介枠を1枠獲得しました');
    expect(mails).toHaveLength(2);
    expect(new Set(mails.map((mail) => mail.messageId)).size).toBe(1);
  });
});
