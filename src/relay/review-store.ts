import type { Queryable } from '../db/db.js';

/** A mail that a person is asked about; `excerpt` is encrypted. */
export type SealedReview = Readonly<{ messageId: string; companyId: string; at: Date; excerpt: Buffer }>;

export async function insertReview(db: Queryable, review: SealedReview): Promise<void> {
  await db.query(
    `INSERT INTO reviews (message_id, company_id, at, excerpt) VALUES ($1, $2, $3, $4)
     ON CONFLICT (message_id) DO NOTHING`,
    [review.messageId, review.companyId, review.at, review.excerpt],
    { name: 'insert-review' },
  );
}

export type OpenReview = SealedReview &
  Readonly<{ verdict: 'rejection' | 'other' | 'unsure' | null; reason: string | null }>;

/** What waits for an answer, newest first, with what the journal says of it (null where it has no row). */
export async function listOpenReviews(
  db: Queryable,
  companyId: string,
  since: Date,
  limit: number,
): Promise<OpenReview[]> {
  return db.query<OpenReview>(
    `SELECT r.message_id AS "messageId", r.company_id AS "companyId", r.at, r.excerpt, m.verdict, m.reason
     FROM reviews r LEFT JOIN messages m ON m.id = r.message_id
     WHERE r.company_id = $1 AND r.answer IS NULL AND r.at >= $2
     ORDER BY r.at DESC, r.message_id DESC LIMIT $3`,
    [companyId, since, limit],
  );
}

/** @returns the review as it stood; undefined when there is none, or it was answered before */
export async function answerReview(
  db: Queryable,
  answered: Readonly<{ companyId: string; messageId: string; answer: 'rejection' | 'other'; at: Date }>,
): Promise<SealedReview | undefined> {
  const [row] = await db.query<SealedReview>(
    `UPDATE reviews SET answer = $3, answered_at = $4
     WHERE company_id = $1 AND message_id = $2 AND answer IS NULL
     RETURNING message_id AS "messageId", company_id AS "companyId", at, excerpt`,
    [answered.companyId, answered.messageId, answered.answer, answered.at],
  );
  return row;
}

/** @returns how many */
export async function deleteOldReviews(db: Queryable, before: Date, limit: number): Promise<number> {
  const rows = await db.query(
    `DELETE FROM reviews WHERE message_id IN (SELECT message_id FROM reviews WHERE at < $1 ORDER BY at LIMIT $2)
     RETURNING message_id`,
    [before, limit],
  );
  return rows.length;
}

/** What the shadow would have done since a moment: mails that it judged, and those that would carry a link. */
export async function countShadow(
  db: Queryable,
  companyId: string,
  since: Date,
): Promise<{ judged: number; inserted: number; unsure: number; first: Date | null }> {
  const [row] = await db.query<{ judged: number; inserted: number; unsure: number; first: Date | null }>(
    `SELECT count(*)::int AS judged, count(*) FILTER (WHERE reason = 'policy-shadow')::int AS inserted,
       count(*) FILTER (WHERE verdict = 'unsure')::int AS unsure, min(received_at) AS first
     FROM messages WHERE company_id = $1 AND received_at >= $2 AND outcome = 'delivered'`,
    [companyId, since],
  );
  return row!;
}
