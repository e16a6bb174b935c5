import type { NoticeKind } from '../company/store.js';
import type { Queryable, Tx } from '../db/db.js';

export type NewNotice = Readonly<{
  id: string;
  companyId: string;
  kind: NoticeKind;
  /** What tells it from others of its kind: the entry, the first credit of a run, the month. */
  subject: string;
  /** The entry that it tells of, or the last one that it knows. */
  sequence: number;
  createdAt: Date;
}>;

/** @returns false when this notice was written before, or the company does not want notices of this kind */
export async function insertNotice(tx: Tx, notice: NewNotice): Promise<boolean> {
  const rows = await tx.query(
    `INSERT INTO notices (id, company_id, kind, subject, sequence, created_at)
     SELECT $1, id, $3, $4, $5, $6 FROM companies WHERE id = $2 AND NOT $3 = ANY(notices_off)
     ON CONFLICT (company_id, kind, subject) DO NOTHING RETURNING id`,
    [notice.id, notice.companyId, notice.kind, notice.subject, notice.sequence, notice.createdAt],
  );
  return rows.length > 0;
}

/** Whether the company was told that it is nearly there since it last earned a credit. */
export async function toldNearlyThere(tx: Tx, companyId: string): Promise<boolean> {
  const rows = await tx.query(
    `SELECT 1 FROM notices WHERE company_id = $1 AND kind = 'nearly_there' AND sequence >
       (SELECT coalesce(max(sequence), 0) FROM ledger_entries WHERE company_id = $1 AND kind = 'earned') LIMIT 1`,
    [companyId],
  );
  return rows.length > 0;
}

export type EndingCredit = Readonly<{ companyId: string; sequence: number }>;

/**
 * Open credits that end within so many days and of which the company was not told that many days before, nor fewer.
 * Those that never lasted longer than that are left out: whoever earned one is told of its end by other means.
 */
export async function creditsEndingWithin(db: Queryable, days: number, at: Date): Promise<EndingCredit[]> {
  return db.query<EndingCredit>(
    `SELECT e.company_id AS "companyId", e.sequence
     FROM ledger_entries e JOIN program_rules r ON r.id = e.rule_id
     WHERE e.credits = 1 AND e.kind IN ('earned', 'adjusted') AND r.credit_expires_after_days > $1
       AND e.at + r.credit_expires_after_days * interval '24 hours' > $2
       AND e.at + (r.credit_expires_after_days - $1) * interval '24 hours' <= $2
       AND 0 = (SELECT coalesce(sum(u.credits), 0) FROM ledger_entries u
                WHERE u.company_id = e.company_id AND u.about = e.sequence)
       AND NOT EXISTS (SELECT FROM notice_credits n
                       WHERE n.company_id = e.company_id AND n.sequence = e.sequence AND n.days <= $1)
     ORDER BY e.company_id, e.sequence`,
    [days, at],
  );
}

/** Keeps which credits a notice is about. @returns those of which no notice so many days before was kept yet */
export async function keepNoticeCredits(
  tx: Tx,
  notice: Readonly<{ id: string; companyId: string; days: number }>,
  sequences: readonly number[],
): Promise<number[]> {
  const rows = await tx.query<{ sequence: number }>(
    `INSERT INTO notice_credits (company_id, sequence, days, notice_id)
     SELECT $1, sequence, $2, $3 FROM unnest($4::bigint[]) AS sequence ON CONFLICT DO NOTHING RETURNING sequence`,
    [notice.companyId, notice.days, notice.id, sequences],
  );
  return rows.map((row) => row.sequence);
}

export type DueSummary = Readonly<{
  companyId: string;
  /** `YYYY-MM`, the one that is over. */
  month: string;
  /** The last entry of that month or before; 0: none. */
  sequence: number;
}>;

/**
 * The companies whose summary of the last month is due: from nine in the morning of the first day to the seventh, each in its
 * time zone. Where nothing happened in the month and no credit is open there is nothing to tell.
 */
export async function dueSummaries(db: Queryable, at: Date): Promise<DueSummary[]> {
  return db.query<DueSummary>(
    `SELECT c.id AS "companyId", c.month,
       (SELECT coalesce(max(sequence), 0) FROM ledger_entries WHERE company_id = c.id AND at < c.ended) AS sequence
     FROM (SELECT id, notices_off, $1::timestamptz AT TIME ZONE time_zone AS now,
             date_trunc('month', $1::timestamptz AT TIME ZONE time_zone) AS first,
             date_trunc('month', $1::timestamptz AT TIME ZONE time_zone) AT TIME ZONE time_zone AS ended,
             (date_trunc('month', $1::timestamptz AT TIME ZONE time_zone) - interval '1 month')
               AT TIME ZONE time_zone AS began,
             to_char(date_trunc('month', $1::timestamptz AT TIME ZONE time_zone) - interval '1 month', 'YYYY-MM')
               AS month
           FROM companies) c
     WHERE NOT 'monthly_summary' = ANY(c.notices_off)
       AND c.now >= c.first + interval '9 hours' AND c.now < c.first + interval '7 days'
       AND NOT EXISTS (SELECT FROM notices n WHERE n.company_id = c.id AND n.kind = 'monthly_summary'
                       AND n.subject = c.month)
       AND (EXISTS (SELECT FROM ledger_heads h WHERE h.company_id = c.id AND h.credits > 0)
         OR EXISTS (SELECT FROM ledger_entries e WHERE e.company_id = c.id AND e.at >= c.began AND e.at < c.ended)
         OR EXISTS (SELECT FROM links l WHERE l.company_id = c.id AND l.kind = 'candidate'
                    AND l.created_at >= c.began AND l.created_at < c.ended)
         OR EXISTS (SELECT FROM messages m WHERE m.company_id = c.id AND m.outcome = 'delivered'
                    AND m.verdict = 'rejection' AND m.received_at >= c.began AND m.received_at < c.ended))
     ORDER BY c.id`,
    [at],
  );
}
