import type { Queryable, Tx } from '../db/db.js';
import { emptyHead, type Head, type LedgerEntry, type OpenCredit } from './entry.js';

const HEAD_COLUMNS = `company_id AS "companyId", sequence, hash, referrals, progress, credits, earned, redeemed,
  expired, revoked, adjusted`;

/** Locks a company's head until the transaction ends: who posts to one company takes turns. */
export async function lockHead(tx: Tx, companyId: string): Promise<Head> {
  const standing = await selectHeadForUpdate(tx, companyId);
  if (standing) return standing;
  await insertEmptyHead(tx, emptyHead(companyId));
  return (await selectHeadForUpdate(tx, companyId))!;
}

async function selectHeadForUpdate(tx: Tx, companyId: string): Promise<Head | undefined> {
  const [row] = await tx.query<Head>(
    `SELECT ${HEAD_COLUMNS} FROM ledger_heads WHERE company_id = $1 FOR UPDATE`,
    [companyId],
  );
  return row;
}

/** Two that post a company's first entry at once both come here; one of them inserts. */
async function insertEmptyHead(tx: Tx, head: Head): Promise<void> {
  await tx.query(
    `INSERT INTO ledger_heads (company_id, sequence, hash, referrals, progress, credits)
     VALUES ($1, 0, $2, 0, 0, 0) ON CONFLICT (company_id) DO NOTHING`,
    [head.companyId, head.hash],
  );
}

/** The head without a lock, for reading; empty for a company without entries. */
export async function findHead(db: Queryable, companyId: string): Promise<Head> {
  const [row] = await db.query<Head>(`SELECT ${HEAD_COLUMNS} FROM ledger_heads WHERE company_id = $1`, [
    companyId,
  ]);
  return row ?? emptyHead(companyId);
}

/**
 * Writes an entry and makes it the end of the chain, in one statement: the lock of a company's head is held for as few
 * round trips as there are.
 * @param head the head once `entry` is its last
 * @returns false when the company has an entry with this idempotency key; nothing is written then
 */
export async function appendEntry(tx: Tx, entry: LedgerEntry, head: Head): Promise<boolean> {
  const rows = await tx.query(
    `WITH posted AS (
       INSERT INTO ledger_entries (company_id, sequence, kind, referrals, progress, credits, idempotency_key,
         input_hash, registration_id, about, rule_id, actor, cause, at, previous_hash, hash)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
       ON CONFLICT (company_id, idempotency_key) DO NOTHING RETURNING company_id, sequence, hash)
     UPDATE ledger_heads h SET sequence = posted.sequence, hash = posted.hash, referrals = $17, progress = $18,
       credits = $19, earned = $20, redeemed = $21, expired = $22, revoked = $23, adjusted = $24
     FROM posted WHERE h.company_id = posted.company_id RETURNING h.sequence`,
    [
      entry.companyId,
      entry.sequence,
      entry.kind,
      entry.referrals,
      entry.progress,
      entry.credits,
      entry.idempotencyKey,
      entry.inputHash,
      entry.registrationId,
      entry.about,
      entry.ruleId,
      entry.actor,
      entry.cause,
      entry.at,
      entry.previousHash,
      entry.hash,
      head.referrals,
      head.progress,
      head.credits,
      head.earned,
      head.redeemed,
      head.expired,
      head.revoked,
      head.adjusted,
    ],
    { name: 'append-entry' },
  );
  return rows.length > 0;
}

const ENTRY_COLUMNS = `company_id AS "companyId", sequence, kind, referrals, progress, credits,
  idempotency_key AS "idempotencyKey", input_hash AS "inputHash", registration_id AS "registrationId", about,
  rule_id AS "ruleId", actor, cause, at, previous_hash AS "previousHash", hash`;

/** Entries in their order, those that come after a sequence. */
export async function listEntries(
  db: Queryable,
  companyId: string,
  page: Readonly<{ after: number; limit: number }>,
): Promise<LedgerEntry[]> {
  return db.query<LedgerEntry>(
    `SELECT ${ENTRY_COLUMNS} FROM ledger_entries WHERE company_id = $1 AND sequence > $2 ORDER BY sequence LIMIT $3`,
    [companyId, page.after, page.limit],
  );
}

/** The place and the input hash of the entry with an idempotency key. */
export async function findByKey(
  db: Queryable,
  companyId: string,
  idempotencyKey: string,
): Promise<{ sequence: number; inputHash: Buffer } | undefined> {
  const [row] = await db.query<{ sequence: number; inputHash: Buffer }>(
    `SELECT sequence, input_hash AS "inputHash" FROM ledger_entries WHERE company_id = $1 AND idempotency_key = $2`,
    [companyId, idempotencyKey],
  );
  return row;
}

/** What redeemed, revoked, expired or took a credit adds up to -1, what opened it again to 0. */
const OPEN_CREDITS = `SELECT e.sequence, r.threshold, r.id AS "ruleId",
    r.credit_expires_after_days AS "expiresAfterDays"
  FROM ledger_entries e JOIN program_rules r ON r.id = e.rule_id
  WHERE e.company_id = $1 AND e.credits = 1 AND e.kind IN ('earned', 'adjusted')
    AND 0 = (SELECT coalesce(sum(u.credits), 0) FROM ledger_entries u
             WHERE u.company_id = e.company_id AND u.about = e.sequence)`;

/** The newest credit that was neither redeemed, expired nor revoked: the next to be revoked. */
export async function newestOpenCredit(tx: Tx, companyId: string): Promise<OpenCredit | undefined> {
  const [row] = await tx.query<OpenCredit>(`${OPEN_CREDITS} ORDER BY e.sequence DESC LIMIT 1`, [companyId]);
  return row;
}

/** The oldest open credits: the next to be redeemed. */
export async function oldestOpenCredits(tx: Tx, companyId: string, count: number): Promise<OpenCredit[]> {
  return tx.query<OpenCredit>(`${OPEN_CREDITS} ORDER BY e.sequence LIMIT $2`, [companyId, count]);
}

/** The open credits whose time is over at a moment, the oldest first. */
export async function overdueCredits(tx: Tx, companyId: string, at: Date): Promise<OpenCredit[]> {
  return tx.query<OpenCredit>(
    `${OPEN_CREDITS} AND e.at + r.credit_expires_after_days * interval '24 hours' <= $2 ORDER BY e.sequence`,
    [companyId, at],
  );
}

/** The companies that have open credits whose time is over at a moment, by id. */
export async function companiesWithOverdueCredits(db: Queryable, at: Date): Promise<string[]> {
  const rows = await db.query<{ companyId: string }>(
    `SELECT DISTINCT e.company_id AS "companyId"
     FROM ledger_entries e JOIN program_rules r ON r.id = e.rule_id
     WHERE e.credits = 1 AND e.kind IN ('earned', 'adjusted')
       AND e.at + r.credit_expires_after_days * interval '24 hours' <= $1
       AND 0 = (SELECT coalesce(sum(u.credits), 0) FROM ledger_entries u
                WHERE u.company_id = e.company_id AND u.about = e.sequence)
     ORDER BY 1`,
    [at],
  );
  return rows.map((row) => row.companyId);
}

/** The credits that a reference redeemed, in the order in which it did. */
export async function creditsRedeemedBy(tx: Tx, companyId: string, reference: string): Promise<number[]> {
  const rows = await tx.query<{ about: number }>(
    `SELECT about FROM ledger_entries WHERE company_id = $1 AND kind = 'redeemed'
       AND substring(idempotency_key FROM '^redeemed:[0-9]+:(.*)$') = $2 ORDER BY sequence`,
    [companyId, reference],
  );
  return rows.map((row) => row.about);
}

export type RedemptionRow = Readonly<{
  reference: string;
  quantity: number;
  at: Date;
  actor: string;
  /** null while it stands. */
  cancelledAt: Date | null;
}>;

/** What was redeemed, the newest first. */
export async function listRedemptions(
  db: Queryable,
  companyId: string,
  limit: number,
): Promise<RedemptionRow[]> {
  return db.query<RedemptionRow>(
    `SELECT substring(idempotency_key FROM ':[0-9]+:(.*)$') AS reference,
       count(*) FILTER (WHERE kind = 'redeemed') AS quantity,
       min(at) FILTER (WHERE kind = 'redeemed') AS at, min(actor) FILTER (WHERE kind = 'redeemed') AS actor,
       min(at) FILTER (WHERE kind = 'redemption_cancelled') AS "cancelledAt"
     FROM ledger_entries WHERE company_id = $1 AND kind IN ('redeemed', 'redemption_cancelled')
     GROUP BY 1 ORDER BY min(sequence) DESC LIMIT $2`,
    [companyId, limit],
  );
}
