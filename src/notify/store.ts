import type { Locale, NoticeKind } from '../company/store.js';
import type { Queryable } from '../db/db.js';

export type Notice = Readonly<{
  id: string;
  companyId: string;
  kind: NoticeKind;
  /** What tells it from others of its kind: the entry, or for a summary the month (`YYYY-MM`). */
  subject: string;
  /** The ledger entry that caused it, or the last one that it knows. */
  sequence: number;
  createdAt: Date;
  sentAt: Date | null;
}>;

export type Recipient = Readonly<{ id: string; email: string; locale: Locale }>;

export async function findNotice(db: Queryable, id: string): Promise<Notice | undefined> {
  const [row] = await db.query<Notice>(
    `SELECT id, company_id AS "companyId", kind, subject, sequence, created_at AS "createdAt", sent_at AS "sentAt"
     FROM notices WHERE id = $1`,
    [id],
  );
  return row;
}

/** The company's members who act for it and have not been sent this notice. */
export async function missingRecipients(db: Queryable, notice: Notice): Promise<Recipient[]> {
  return db.query<Recipient>(
    `SELECT id, email, locale FROM members m
     WHERE company_id = $1 AND role IN ('member', 'admin') AND removed_at IS NULL
       AND NOT EXISTS (SELECT FROM notice_deliveries WHERE notice_id = $2 AND member_id = m.id)
     ORDER BY created_at, id`,
    [notice.companyId, notice.id],
  );
}

export async function insertDelivery(
  db: Queryable,
  noticeId: string,
  memberId: string,
  at: Date,
): Promise<void> {
  await db.query(
    `INSERT INTO notice_deliveries (notice_id, member_id, sent_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`,
    [noticeId, memberId, at],
  );
}

export async function markNoticeSent(db: Queryable, id: string, at: Date): Promise<void> {
  await db.query('UPDATE notices SET sent_at = $2 WHERE id = $1 AND sent_at IS NULL', [id, at]);
}

export type Sums = Readonly<{ referrals: number; progress: number; credits: number }>;

/** A company's balance right after an entry: what the notice is about, however late it is sent. */
export async function sumsUpTo(db: Queryable, companyId: string, sequence: number): Promise<Sums> {
  const [row] = await db.query<Sums>(
    `SELECT coalesce(sum(referrals), 0) AS referrals, coalesce(sum(progress), 0) AS progress,
       coalesce(sum(credits), 0) AS credits FROM ledger_entries WHERE company_id = $1 AND sequence <= $2`,
    [companyId, sequence],
  );
  return row!;
}

export type EndingCredits = Readonly<{
  quantity: number;
  /** When the first of them ends. */
  endsAt: Date;
}>;

/** Which of the credits that a notice is about are open now and not over; undefined: none is. */
export async function endingCredits(
  db: Queryable,
  noticeId: string,
  now: Date,
): Promise<EndingCredits | undefined> {
  const [row] = await db.query<EndingCredits>(
    `SELECT count(*) AS quantity, min(ends_at) AS "endsAt" FROM (
       SELECT e.at + r.credit_expires_after_days * interval '24 hours' AS ends_at
       FROM notice_credits n JOIN ledger_entries e ON e.company_id = n.company_id AND e.sequence = n.sequence
         JOIN program_rules r ON r.id = e.rule_id
       WHERE n.notice_id = $1 AND 0 = (SELECT coalesce(sum(u.credits), 0) FROM ledger_entries u
                                       WHERE u.company_id = e.company_id AND u.about = e.sequence)) open
     WHERE ends_at > $2 HAVING count(*) > 0`,
    [noticeId, now],
  );
  return row;
}

/** A member who may still sign in. */
export async function findMember(db: Queryable, id: string): Promise<Recipient | undefined> {
  const [row] = await db.query<Recipient>(
    'SELECT id, email, locale FROM members WHERE id = $1 AND removed_at IS NULL',
    [id],
  );
  return row;
}
