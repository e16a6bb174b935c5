import type { Queryable } from '../db/db.js';
import type { AuditedEntry, AuditedRules } from './audit-trail.js';
import { emptyHead, type Head } from './entry.js';

/** Where a company's ledger ends, seen in one statement. */
export type LedgerEnd = Readonly<{
  companyId: string;
  /** null: the company has entries, but no head. */
  head: Head | null;
  /** The first entry that stands after what the head says is the last. */
  beyond: number | null;
}>;

type EndRow = Partial<Head> & { companyId: string; beyond: number | null };

const END_COLUMNS = `ids.company_id AS "companyId", h.sequence, h.hash, h.referrals, h.progress, h.credits, h.earned,
  h.redeemed, h.expired, h.revoked, h.adjusted,
  CASE WHEN h.sequence IS NOT NULL THEN
    (SELECT min(e.sequence) FROM ledger_entries e WHERE e.company_id = h.company_id AND e.sequence > h.sequence)
  END AS beyond`;

function endOf(row: EndRow): LedgerEnd {
  const { beyond, ...head } = row;
  const stored = typeof head.sequence === 'number' ? { ...emptyHead(row.companyId), ...head } : null;
  return { companyId: row.companyId, head: stored, beyond };
}

/** The next company, by id, that has a head or entries. */
export async function nextLedger(db: Queryable, after: string | null): Promise<LedgerEnd | undefined> {
  const [row] = await db.query<EndRow>(
    `WITH ids AS (
       (SELECT company_id FROM ledger_heads WHERE $1::uuid IS NULL OR company_id > $1 ORDER BY company_id LIMIT 1)
       UNION
       (SELECT company_id FROM ledger_entries WHERE $1::uuid IS NULL OR company_id > $1 ORDER BY company_id LIMIT 1)
       ORDER BY company_id LIMIT 1)
     SELECT ${END_COLUMNS} FROM ids LEFT JOIN ledger_heads h ON h.company_id = ids.company_id`,
    [after],
  );
  return row && endOf(row);
}

/** The end of one company's ledger; undefined when it has neither a head nor entries. */
export async function ledgerEnd(db: Queryable, companyId: string): Promise<LedgerEnd | undefined> {
  const [row] = await db.query<EndRow>(
    `WITH ids AS (SELECT $1::uuid AS company_id)
     SELECT ${END_COLUMNS} FROM ids LEFT JOIN ledger_heads h ON h.company_id = ids.company_id
     WHERE h.company_id IS NOT NULL OR EXISTS (SELECT 1 FROM ledger_entries e WHERE e.company_id = ids.company_id)`,
    [companyId],
  );
  return row && endOf(row);
}

/** All program rules that entries may name: other companies' too, so that a wrong one can be told. */
export async function auditedRules(db: Queryable, ids: readonly string[]): Promise<AuditedRules[]> {
  return db.query<AuditedRules>(
    `SELECT id, company_id AS "companyId", effective_at AS "effectiveAt", threshold,
       credit_expires_after_days AS "creditExpiresAfterDays"
     FROM program_rules WHERE id = ANY($1::uuid[])`,
    [ids],
  );
}

export type Stretch = Readonly<{ after: number; upTo: number; limit: number }>;

/** Entries of one company in their order, each with the kind and the registration of the entry that it is about. */
export async function auditedEntries(
  db: Queryable,
  companyId: string,
  { after, upTo, limit }: Stretch,
): Promise<AuditedEntry[]> {
  return db.query<AuditedEntry>(
    `SELECT e.company_id AS "companyId", e.sequence, e.kind, e.referrals, e.progress, e.credits,
       e.idempotency_key AS "idempotencyKey", e.input_hash AS "inputHash", e.registration_id AS "registrationId",
       e.about, e.rule_id AS "ruleId", e.actor, e.cause, e.at, e.previous_hash AS "previousHash", e.hash,
       e.at = date_trunc('milliseconds', e.at) AS "wholeMilliseconds",
       a.kind AS "aboutKind", a.registration_id AS "aboutRegistrationId"
     FROM ledger_entries e
     LEFT JOIN ledger_entries a ON a.company_id = e.company_id AND a.sequence = e.about
     WHERE e.company_id = $1 AND e.sequence > $2 AND e.sequence <= $3 ORDER BY e.sequence LIMIT $4`,
    [companyId, after, upTo, limit],
  );
}

/** The stored hash of one entry, lower-case hex; undefined where there is no such entry. */
export async function hashAt(
  db: Queryable,
  companyId: string,
  sequence: number,
): Promise<string | undefined> {
  const [row] = await db.query<{ hash: string }>(
    `SELECT encode(hash, 'hex') AS hash FROM ledger_entries WHERE company_id = $1 AND sequence = $2`,
    [companyId, sequence],
  );
  return row?.hash;
}
