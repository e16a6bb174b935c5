import type { Queryable, Tx } from '../db/db.js';
import type { Keys } from '../keys.js';
import { digest } from '../keys.js';

const DAY = 24 * 60 * 60 * 1000;

/** How long a mailed link confirms. */
export const VERIFICATION_DAYS = 7;
/** Mails to one person for one link, in any seven days; and the least time between two with the same content. */
export const MAX_ATTEMPTS = 5;
export const MAIL_GAP_MS = 60_000;

export type Verification = Readonly<{
  registrationId: string;
  attempt: number;
  createdAt: Date;
  expiresAt: Date;
  sentAt: Date | null;
  usedAt: Date | null;
}>;

const COLUMNS = `registration_id AS "registrationId", attempt, created_at AS "createdAt", expires_at AS "expiresAt",
  sent_at AS "sentAt", used_at AS "usedAt"`;

/** The secret of one mail: derived when it is needed, stored nowhere. 43 characters, base64url. */
export function verificationToken(keys: Keys, registrationId: string, attempt: number): string {
  return keys.hash('verification', registrationId, String(attempt)).toString('base64url');
}

export async function insertVerification(
  tx: Tx,
  keys: Keys,
  verification: Readonly<{ registrationId: string; attempt: number; at: Date }>,
): Promise<void> {
  const { registrationId, attempt, at } = verification;
  await tx.query(
    `INSERT INTO verifications (token_hash, registration_id, attempt, created_at, expires_at)
     VALUES ($1, $2, $3, $4, $5)`,
    [
      digest(verificationToken(keys, registrationId, attempt)),
      registrationId,
      attempt,
      at,
      new Date(at.getTime() + VERIFICATION_DAYS * DAY),
    ],
  );
}

export async function findVerification(db: Queryable, token: string): Promise<Verification | undefined> {
  const [row] = await db.query<Verification>(`SELECT ${COLUMNS} FROM verifications WHERE token_hash = $1`, [
    digest(token),
  ]);
  return row;
}

/** The attempts of a registration, newest first. */
export async function listVerifications(db: Queryable, registrationId: string): Promise<Verification[]> {
  return db.query<Verification>(
    `SELECT ${COLUMNS} FROM verifications WHERE registration_id = $1 ORDER BY attempt DESC`,
    [registrationId],
  );
}

/** Earlier mails no longer confirm: what they said has changed. */
export async function expireVerifications(tx: Tx, registrationId: string, at: Date): Promise<void> {
  await tx.query('UPDATE verifications SET expires_at = $2 WHERE registration_id = $1 AND expires_at > $2', [
    registrationId,
    at,
  ]);
}

export async function markVerificationUsed(tx: Tx, token: string, at: Date): Promise<void> {
  await tx.query('UPDATE verifications SET used_at = $2 WHERE token_hash = $1', [digest(token), at]);
}

export async function markVerificationSent(
  db: Queryable,
  registrationId: string,
  attempt: number,
  at: Date,
): Promise<void> {
  await db.query('UPDATE verifications SET sent_at = $3 WHERE registration_id = $1 AND attempt = $2', [
    registrationId,
    attempt,
    at,
  ]);
}

/** Whether one more mail may go out. `changed`: the form was sent with another content, which must be confirmed anew. */
export function mayMail(verifications: readonly Verification[], changed: boolean, now: Date): boolean {
  const since = now.getTime() - VERIFICATION_DAYS * DAY;
  const recent = verifications.filter((one) => one.createdAt.getTime() > since);
  if (recent.length >= MAX_ATTEMPTS) return false;
  const newest = recent[0];
  return changed || !newest || now.getTime() - newest.createdAt.getTime() >= MAIL_GAP_MS;
}
