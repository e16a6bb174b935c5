import type { Queryable, Tx } from '../db/db.js';
import type { Deps } from '../deps.js';
import { digest } from '../keys.js';
import { base32, matchingStep } from './one-time-code.js';

/** Bytes of a secret: as many as the hash has (RFC 4226 §4, R6). */
const SECRET_BYTES = 20;
const NONCE_BYTES = 12;
/** Codes for the day on which the phone is gone; each works once. 80 bits each: a plain hash keeps them. */
const RECOVERY_CODES = 10;
const RECOVERY_BYTES = 10;
/** Codes that one person may try within a quarter of an hour, in all browsers together. */
const MOST_TRIES = 5;
const TRIES_LAST = 15 * 60_000;

export type SecondFactor = Readonly<{ confirmedAt: Date | null; recoveryLeft: number }>;

/** What became of a code. `limited`: too many were tried; nothing was looked at. */
export type CodeOutcome = 'good' | 'wrong' | 'limited' | 'none';

/** Whether somebody has a second factor, or has begun to set one up. */
export async function findSecondFactor(db: Queryable, memberId: string): Promise<SecondFactor | undefined> {
  const [row] = await db.query<SecondFactor>(
    `SELECT confirmed_at AS "confirmedAt",
       (SELECT count(*) FROM recovery_codes r WHERE r.member_id = t.member_id AND r.used_at IS NULL) AS "recoveryLeft"
     FROM totp t WHERE member_id = $1`,
    [memberId],
  );
  return row;
}

/** Draws a fresh secret. It is asked for nowhere until a code of it was shown; one in force is never replaced. */
export async function beginSecondFactor(deps: Deps, tx: Tx, memberId: string): Promise<boolean> {
  const secret = deps.randomBytes(SECRET_BYTES);
  const sealed = deps.keys.encrypt('totp', memberId, secret, deps.randomBytes(NONCE_BYTES));
  const rows = await tx.query(
    `INSERT INTO totp (member_id, sealed, created_at) VALUES ($1, $2, $3)
     ON CONFLICT (member_id) DO UPDATE SET sealed = excluded.sealed, created_at = excluded.created_at
     WHERE totp.confirmed_at IS NULL RETURNING member_id`,
    [memberId, sealed, deps.clock()],
  );
  return rows.length > 0;
}

/** The secret that is being set up, to be shown to its owner; undefined once it is in force. */
export async function secretBeingSetUp(
  deps: Deps,
  db: Queryable,
  memberId: string,
): Promise<Buffer | undefined> {
  const [row] = await db.query<{ sealed: Buffer }>(
    'SELECT sealed FROM totp WHERE member_id = $1 AND confirmed_at IS NULL',
    [memberId],
  );
  return row && deps.keys.decrypt('totp', memberId, row.sealed);
}

type Tried = Readonly<{ sealed: Buffer; lastStep: number | null; confirmedAt: Date | null; tries: number }>;

/** Counts a try, and holds the row until the transaction ends: tries at once are one after the other. */
async function countTry(tx: Tx, memberId: string, now: Date): Promise<Tried | undefined> {
  const [row] = await tx.query<Tried>(
    `UPDATE totp SET tries = CASE WHEN tries_since > $3 THEN tries + 1 ELSE 1 END,
       tries_since = CASE WHEN tries_since > $3 THEN tries_since ELSE $2 END
     WHERE member_id = $1
     RETURNING sealed, last_step AS "lastStep", confirmed_at AS "confirmedAt", tries`,
    [memberId, now, new Date(now.getTime() - TRIES_LAST)],
  );
  return row;
}

async function spendStep(tx: Tx, memberId: string, step: number, now: Date): Promise<void> {
  await tx.query(
    `UPDATE totp SET last_step = $2, tries = 0, confirmed_at = coalesce(confirmed_at, $3) WHERE member_id = $1`,
    [memberId, step, now],
  );
}

async function spendRecoveryCode(tx: Tx, memberId: string, code: string, now: Date): Promise<boolean> {
  const rows = await tx.query(
    `WITH spent AS (UPDATE recovery_codes SET used_at = $3
       WHERE code_hash = $2 AND member_id = $1 AND used_at IS NULL RETURNING member_id)
     UPDATE totp SET tries = 0 FROM spent WHERE totp.member_id = spent.member_id RETURNING totp.member_id`,
    [memberId, digest(code), now],
  );
  return rows.length > 0;
}

/**
 * Takes a code of the app, or one of the recovery codes where a factor is in force. The first good code puts a factor in
 * force. A step is taken once (RFC 6238 §5.2), a recovery code too. The transaction must commit whatever comes of it: the
 * try counts.
 * @param typed as people type it: blanks, hyphens and small letters are fine
 */
export async function takeCode(deps: Deps, tx: Tx, memberId: string, typed: string): Promise<CodeOutcome> {
  const now = deps.clock();
  const found = await countTry(tx, memberId, now);
  if (!found) return 'none';
  if (found.tries > MOST_TRIES) return 'limited';
  const code = typed.replace(/[\s-]/g, '').toUpperCase();
  const secret = deps.keys.decrypt('totp', memberId, found.sealed);
  const step = matchingStep(secret, code, now, found.lastStep);
  if (step !== undefined) {
    await spendStep(tx, memberId, step, now);
    return 'good';
  }
  if (found.confirmedAt && (await spendRecoveryCode(tx, memberId, code, now))) return 'good';
  return 'wrong';
}

/** Draws new recovery codes; those from before are worth nothing. @returns the codes, to be shown once */
export async function drawRecoveryCodes(deps: Deps, tx: Tx, memberId: string): Promise<string[]> {
  const codes = Array.from({ length: RECOVERY_CODES }, () => base32(deps.randomBytes(RECOVERY_BYTES)));
  await tx.query('DELETE FROM recovery_codes WHERE member_id = $1', [memberId]);
  await tx.query(
    `INSERT INTO recovery_codes (code_hash, member_id, created_at) SELECT hash, $2, $3 FROM unnest($1::bytea[]) AS hash`,
    [codes.map((code) => digest(code)), memberId, deps.clock()],
  );
  return codes.map((code) => code.match(/.{4}/g)!.join('-'));
}

/** Takes a second factor away, its recovery codes with it. */
export async function removeSecondFactor(tx: Tx, memberId: string): Promise<void> {
  await tx.query('DELETE FROM recovery_codes WHERE member_id = $1', [memberId]);
  await tx.query('DELETE FROM totp WHERE member_id = $1', [memberId]);
}
