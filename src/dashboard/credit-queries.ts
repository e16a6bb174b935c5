import type { Balance, StatementEntry } from '../credit/statement.js';
import type { Queryable } from '../db/db.js';

async function balanceUpTo(db: Queryable, companyId: string, sequence: number): Promise<Balance> {
  const [row] = await db.query<Balance>(
    `SELECT coalesce(sum(referrals), 0) AS referrals, coalesce(sum(progress), 0) AS progress,
       coalesce(sum(credits), 0) AS credits FROM ledger_entries WHERE company_id = $1 AND sequence <= $2`,
    [companyId, sequence],
  );
  return row!;
}

async function entriesBefore(
  db: Queryable,
  companyId: string,
  before: number,
  limit: number,
): Promise<Omit<StatementEntry, 'balance'>[]> {
  return db.query(
    `SELECT sequence, at, kind, referrals, progress, credits, about, actor, cause,
       encode(hash, 'hex') AS hash FROM ledger_entries
     WHERE company_id = $1 AND sequence < $2 ORDER BY sequence DESC LIMIT $3`,
    [companyId, before, limit],
  );
}

/** Entries with the balance after each, the newest first. @param before the sequence that they come before */
export async function newestEntries(
  db: Queryable,
  companyId: string,
  before: number,
  limit: number,
): Promise<StatementEntry[]> {
  const entries = await entriesBefore(db, companyId, before, limit);
  let balance = await balanceUpTo(db, companyId, entries[0]?.sequence ?? 0);
  return entries.map((entry) => {
    const after = balance;
    balance = {
      referrals: after.referrals - entry.referrals,
      progress: after.progress - entry.progress,
      credits: after.credits - entry.credits,
    };
    return { ...entry, balance: after };
  });
}

/** Open credits that end within so many days, and when the first of them does. */
export type Expiring = Readonly<{ days: number; credits: number; first: Date | null }>;

/** How many open credits of a company will have expired `days` from now if they are not redeemed. */
export async function expiringCredits(
  db: Queryable,
  companyId: string,
  now: Date,
  days: number,
): Promise<Expiring> {
  const [row] = await db.query<Omit<Expiring, 'days'>>(
    `SELECT count(*) AS credits, min(ends) AS first FROM (
       SELECT e.at + r.credit_expires_after_days * interval '24 hours' AS ends
       FROM ledger_entries e JOIN program_rules r ON r.id = e.rule_id
       WHERE e.company_id = $1 AND e.credits = 1 AND e.kind IN ('earned', 'adjusted')
         AND 0 = (SELECT coalesce(sum(u.credits), 0) FROM ledger_entries u
                  WHERE u.company_id = $1 AND u.about = e.sequence)
     ) AS open WHERE ends > $2 AND ends <= $2::timestamptz + $3 * interval '24 hours'`,
    [companyId, now, days],
  );
  return { days, ...row! };
}
