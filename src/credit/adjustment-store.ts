import type { Queryable, Tx } from '../db/db.js';
import type { Posting } from './entry.js';

/** A correction of a ledger by hand, as one operator proposed it and perhaps another decided. */
export type Adjustment = Readonly<{
  id: string;
  companyId: string;
  referrals: number;
  progress: number;
  credits: number;
  reason: string;
  proposedBy: string;
  proposedAt: Date;
  /** null: waits for another operator. */
  decision: 'approved' | 'rejected' | null;
  decidedBy: string | null;
  decidedAt: Date | null;
}>;

const COLUMNS = `id, company_id AS "companyId", referrals, progress, credits, reason, proposed_by AS "proposedBy",
  proposed_at AS "proposedAt", decision, decided_by AS "decidedBy", decided_at AS "decidedAt"`;

/** A proposal whose id is there already is left as it is: a form that was sent twice proposes once. */
export async function insertAdjustment(
  tx: Tx,
  adjustment: Omit<Adjustment, 'decision' | 'decidedBy' | 'decidedAt'>,
): Promise<void> {
  await tx.query(
    `INSERT INTO adjustments (id, company_id, referrals, progress, credits, reason, proposed_by, proposed_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (id) DO NOTHING`,
    [
      adjustment.id,
      adjustment.companyId,
      adjustment.referrals,
      adjustment.progress,
      adjustment.credits,
      adjustment.reason,
      adjustment.proposedBy,
      adjustment.proposedAt,
    ],
  );
}

/** Two that decide at once take turns. */
export async function lockAdjustment(tx: Tx, id: string): Promise<Adjustment | undefined> {
  const [row] = await tx.query<Adjustment>(`SELECT ${COLUMNS} FROM adjustments WHERE id = $1 FOR UPDATE`, [
    id,
  ]);
  return row;
}

export async function decideAdjustment(
  tx: Tx,
  adjustment: Adjustment,
  decision: 'approved' | 'rejected',
  by: Posting,
): Promise<Adjustment> {
  await tx.query('UPDATE adjustments SET decision = $2, decided_by = $3, decided_at = $4 WHERE id = $1', [
    adjustment.id,
    decision,
    by.actor,
    by.at,
  ]);
  return { ...adjustment, decision, decidedBy: by.actor, decidedAt: by.at };
}

/** The newest first. */
export async function listAdjustments(
  db: Queryable,
  companyId: string,
  limit: number,
): Promise<Adjustment[]> {
  return db.query<Adjustment>(
    `SELECT ${COLUMNS} FROM adjustments WHERE company_id = $1 ORDER BY proposed_at DESC, id DESC LIMIT $2`,
    [companyId, limit],
  );
}
