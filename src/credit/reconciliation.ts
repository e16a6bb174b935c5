import type { Queryable, Tx } from '../db/db.js';
import type { Posting } from './entry.js';

/** What the agency's list says of one registration. `month` is `YYYY-MM`. */
export type ListedRegistration = Readonly<{ externalId: string; status: string; month: string }>;

/** What we hold of a registration. */
export type HeldRegistration = Readonly<{
  externalId: string;
  status: string;
  month: string;
  companyId: string | null;
  counted: boolean;
}>;

/** Where the two lists differ. External ids only: no names, no addresses. */
export type Comparison = Readonly<{
  matched: number;
  /** On the agency's list, and unknown to us. */
  missingHere: readonly ListedRegistration[];
  /** Counted by us in one of the months, and not on the agency's list. */
  missingThere: readonly HeldRegistration[];
  differing: readonly (HeldRegistration & Readonly<{ listedStatus: string }>)[];
}>;

export type Reconciliation = Comparison &
  Readonly<{ id: string; actor: string; at: Date; months: readonly string[]; listed: number }>;

/** The months of registrations are the program's, not one company's. */
const TIME_ZONE = 'Asia/Tokyo';

/** Compares both lists by external id. @param held every registration that is listed, and all counted in the months */
export function compare(
  listed: readonly ListedRegistration[],
  held: readonly HeldRegistration[],
  months: ReadonlySet<string>,
): Comparison {
  const here = new Map(held.map((one) => [one.externalId, one]));
  const there = new Set(listed.map((one) => one.externalId));
  const known = listed.flatMap((one) => {
    const match = here.get(one.externalId);
    return match ? [{ ...match, listedStatus: one.status }] : [];
  });
  const differing = known.filter((one) => one.status !== one.listedStatus);
  return {
    matched: known.length - differing.length,
    missingHere: listed.filter((one) => !here.has(one.externalId)),
    missingThere: held.filter((one) => one.counted && months.has(one.month) && !there.has(one.externalId)),
    differing,
  };
}

async function heldRegistrations(
  db: Queryable,
  externalIds: readonly string[],
  months: readonly string[],
): Promise<HeldRegistration[]> {
  return db.query<HeldRegistration>(
    `SELECT external_id AS "externalId", status, to_char(occurred_at AT TIME ZONE $3, 'YYYY-MM') AS month,
       company_id AS "companyId", counted
     FROM registrations
     WHERE external_id = ANY($1::text[])
       OR (counted AND to_char(occurred_at AT TIME ZONE $3, 'YYYY-MM') = ANY($2::text[]))
     ORDER BY occurred_at, id`,
    [externalIds, months, TIME_ZONE],
  );
}

/**
 * Compares the agency's list with our registrations and keeps the result.
 * @param listed each external id once
 */
export async function reconcile(
  tx: Tx,
  id: string,
  listed: readonly ListedRegistration[],
  { actor, at }: Posting,
): Promise<Reconciliation> {
  const months = [...new Set(listed.map((one) => one.month))].sort();
  const held = await heldRegistrations(
    tx,
    listed.map((one) => one.externalId),
    months,
  );
  const comparison = compare(listed, held, new Set(months));
  const reconciliation = { id, actor, at, months, listed: listed.length, ...comparison };
  await insertReconciliation(tx, reconciliation);
  return reconciliation;
}

async function insertReconciliation(tx: Tx, one: Reconciliation): Promise<void> {
  const { missingHere, missingThere, differing } = one;
  await tx.query(
    `INSERT INTO reconciliations (id, actor, at, months, listed, matched, unmatched, result)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [
      one.id,
      one.actor,
      one.at,
      one.months,
      one.listed,
      one.matched,
      missingHere.length + missingThere.length + differing.length,
      JSON.stringify({ missingHere, missingThere, differing }),
    ],
  );
}

export type ReconciliationLine = Pick<
  Reconciliation,
  'id' | 'actor' | 'at' | 'months' | 'listed' | 'matched'
> &
  Readonly<{ unmatched: number }>;

const LINE = 'id, actor, at, months, listed, matched, unmatched';

/** The newest first. */
export async function listReconciliations(db: Queryable, limit: number): Promise<ReconciliationLine[]> {
  return db.query<ReconciliationLine>(
    `SELECT ${LINE} FROM reconciliations ORDER BY at DESC, id DESC LIMIT $1`,
    [limit],
  );
}

export async function findReconciliation(db: Queryable, id: string): Promise<Reconciliation | undefined> {
  const [row] = await db.query<
    ReconciliationLine & { result: Pick<Comparison, 'missingHere' | 'missingThere' | 'differing'> }
  >(`SELECT ${LINE}, result FROM reconciliations WHERE id = $1`, [id]);
  if (!row) return undefined;
  const { result, unmatched: _unmatched, ...line } = row;
  return { ...line, ...result };
}
