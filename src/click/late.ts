import type { Tx } from '../db/db.js';
import type { Click } from './store.js';

/**
 * Has the days of clicks that were stored late counted anew (`src/figures`). Days begin at a quarter of an hour in every
 * time zone.
 */
export async function markLate(tx: Tx, clicks: readonly Click[]): Promise<void> {
  await tx.query(
    `INSERT INTO figure_marks (company_id, at)
     SELECT DISTINCT company_id, date_bin('15 minutes', at, 'epoch') FROM clicks WHERE id = ANY($1)`,
    [clicks.map(({ id }) => id)],
  );
}
