import type { Locale } from '../company/store.js';
import type { Queryable } from '../db/db.js';

export type Notice = Readonly<{
  id: string;
  companyId: string;
  kind: 'nearly_there' | 'credit_earned';
  /** The ledger entry that caused it. */
  sequence: number;
  createdAt: Date;
  sentAt: Date | null;
}>;

export type Recipient = Readonly<{ id: string; email: string; locale: Locale }>;

export async function findNotice(db: Queryable, id: string): Promise<Notice | undefined> {
  const [row] = await db.query<Notice>(
    `SELECT id, company_id AS "companyId", kind, sequence, created_at AS "createdAt", sent_at AS "sentAt"
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

/** A member who may still sign in. */
export async function findMember(db: Queryable, id: string): Promise<Recipient | undefined> {
  const [row] = await db.query<Recipient>(
    'SELECT id, email, locale FROM members WHERE id = $1 AND removed_at IS NULL',
    [id],
  );
  return row;
}
