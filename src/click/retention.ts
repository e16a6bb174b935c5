import type { Db } from '../db/db.js';

const DAY = 86_400_000;
const BATCH = 5_000;

/**
 * Lets clicks fade: after so many days only the link, the time and the verdict stay, so that counts stay too.
 * @param days how long agent, visitor hash and network are kept
 * @returns how many clicks faded now
 */
export async function fadeClicks(db: Db, now: Date, days: number): Promise<number> {
  const before = new Date(now.getTime() - days * DAY);
  for (let total = 0; ; ) {
    const rows = await db.query(
      `UPDATE clicks SET user_agent = NULL, browser = NULL, os = NULL, device = NULL, visitor = NULL, asn = NULL
       WHERE id IN (SELECT id FROM clicks WHERE at < $1 AND (user_agent IS NOT NULL OR visitor IS NOT NULL
                      OR asn IS NOT NULL) LIMIT $2)
       RETURNING id`,
      [before, BATCH],
    );
    total += rows.length;
    if (rows.length < BATCH) return total;
  }
}
