import type { Tx } from '../db/db.js';
import type { Click, Found } from './store.js';

/** Days begin at a quarter of an hour in every time zone (milliseconds). */
const QUARTER = 900_000;

/** Has the time of clicks that were stored late counted anew (`src/figures`). */
export async function markLate(tx: Tx, clicks: readonly Click[], found: readonly Found[]): Promise<void> {
  const marks = new Map<string, Readonly<{ companyId: string; at: number }>>();
  for (const { companyId, places } of found) {
    for (const place of places) {
      const at = Math.floor(clicks[place]!.at / QUARTER) * QUARTER;
      marks.set(`${companyId} ${at}`, { companyId, at });
    }
  }
  const rows = [...marks.values()];
  if (rows.length === 0) return;
  await tx.query(
    `INSERT INTO figure_marks (company_id, at)
     SELECT company_id, to_timestamp(at / 1000) FROM unnest($1::uuid[], $2::float8[]) AS m (company_id, at)`,
    [rows.map(({ companyId }) => companyId), rows.map(({ at }) => at)],
  );
}
