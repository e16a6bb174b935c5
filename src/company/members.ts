import type { Queryable, Tx } from '../db/db.js';
import type { Deps } from '../deps.js';
import { digest, type Keys, sameBytes } from '../keys.js';
import type { Locale } from './store.js';

export type Role = 'viewer' | 'member' | 'admin' | 'operator';

/** A person who signs in: a recruiter of one company, or an operator (`companyId` null). */
export type Member = Readonly<{
  id: string;
  companyId: string | null;
  email: string;
  role: Role;
  locale: Locale;
  createdAt: Date;
}>;

const COLUMNS = 'id, company_id AS "companyId", email, role, locale, created_at AS "createdAt"';
const NO_COMPANY = '00000000-0000-0000-0000-000000000000';

/** A mailed link is good for this long, in milliseconds. */
export const SIGN_IN_LIFETIME = 15 * 60_000;

export type NewMember = Readonly<{ companyId: string | null; email: string; role: Role; locale?: Locale }>;

/**
 * Lets a person sign in. An address that is a member of that company already gets the role (and the locale, where
 * one is given) that is asked for now; nothing else changes.
 */
export async function keepMember(
  deps: Pick<Deps, 'clock' | 'newId'>,
  tx: Tx,
  wanted: NewMember,
): Promise<{ member: Member; created: boolean }> {
  const [row] = await tx.query<Member & { created: boolean }>(
    `INSERT INTO members (id, company_id, email, role, locale, created_at)
     VALUES ($1, $2, $3, $4, coalesce($5::text, 'ja'), $6)
     ON CONFLICT (coalesce(company_id, '${NO_COMPANY}'), lower(email)) WHERE removed_at IS NULL
     DO UPDATE SET role = excluded.role, locale = coalesce($5::text, members.locale)
     RETURNING ${COLUMNS}, (xmax = 0) AS created`,
    [deps.newId(), wanted.companyId, wanted.email, wanted.role, wanted.locale ?? null, deps.clock()],
  );
  const { created, ...member } = row!;
  return { member, created };
}

export async function findMember(db: Queryable, id: string): Promise<Member | undefined> {
  const [row] = await db.query<Member>(
    `SELECT ${COLUMNS} FROM members WHERE id = $1 AND removed_at IS NULL`,
    [id],
  );
  return row;
}

/** Members of one company, oldest first. */
export async function listMembers(db: Queryable, companyId: string): Promise<Member[]> {
  return db.query<Member>(
    `SELECT ${COLUMNS} FROM members WHERE company_id = $1 AND removed_at IS NULL ORDER BY created_at, id`,
    [companyId],
  );
}

export type Membership = Member & Readonly<{ companyName: string | null }>;

/** All that one address may sign in as, newest first: one company, several, or the operator's desk. */
export async function membershipsOf(db: Queryable, email: string): Promise<Membership[]> {
  return db.query<Membership>(
    `SELECT m.id, m.company_id AS "companyId", m.email, m.role, m.locale, m.created_at AS "createdAt",
       c.name AS "companyName"
     FROM members m LEFT JOIN companies c ON c.id = m.company_id
     WHERE lower(m.email) = lower($1) AND m.removed_at IS NULL ORDER BY m.created_at DESC, m.id DESC`,
    [email],
  );
}

/** The secret in a mailed link, made again from the job's data: base64url of 32 bytes, stored nowhere. */
export function signInToken(keys: Keys, memberId: string, nonce: string): string {
  return keys.hash('sign-in', memberId, nonce).toString('base64url');
}

/** SHA-256 of the cookie that a browser was given when it asked. */
export type BrowserHash = Buffer;

/**
 * Keeps the hash of a fresh sign-in link and queues its mail, together or not at all.
 * @param memberId undefined: the address is nobody's. Both take the same statements, so that the time taken does not say
 *   which it was; the job finds no member and sends nothing
 * @param browser the link works there alone
 */
export async function inviteToSignIn(
  deps: Pick<Deps, 'clock' | 'keys' | 'newId' | 'randomBytes' | 'jobs'>,
  tx: Tx,
  memberId: string | undefined,
  browser: BrowserHash,
): Promise<void> {
  const nonce = deps.randomBytes(16).toString('base64url');
  const named = memberId ?? deps.newId();
  await keepSignInToken(deps, tx, { token: signInToken(deps.keys, named, nonce), memberId, browser });
  await deps.jobs.enqueue(tx, 'sign-in-mail', { memberId: named, nonce });
}

/** Makes a sign-in link for whoever holds it, in any browser: for operators who help somebody in. @returns its token */
export async function issueSignInToken(
  deps: Pick<Deps, 'clock' | 'keys' | 'randomBytes'>,
  tx: Tx,
  memberId: string,
): Promise<{ token: string; expiresAt: Date }> {
  const token = signInToken(deps.keys, memberId, deps.randomBytes(16).toString('base64url'));
  return { token, expiresAt: await keepSignInToken(deps, tx, { token, memberId, browser: undefined }) };
}

async function keepSignInToken(
  { clock }: Pick<Deps, 'clock'>,
  tx: Tx,
  kept: Readonly<{ token: string; memberId: string | undefined; browser: BrowserHash | undefined }>,
): Promise<Date> {
  const now = clock();
  const expiresAt = new Date(now.getTime() + SIGN_IN_LIFETIME);
  await tx.query(
    `INSERT INTO sign_in_tokens (token_hash, member_id, created_at, expires_at, browser_hash)
     VALUES ($1, $2, $3, $4, $5)`,
    [digest(kept.token), kept.memberId ?? null, now, expiresAt, kept.browser ?? null],
  );
  return expiresAt;
}

/** Links that were good for nothing more than a day ago are forgotten, those of unknown addresses among them. */
export async function forgetSignInTokens(db: Queryable, now: Date): Promise<void> {
  await db.query("DELETE FROM sign_in_tokens WHERE expires_at < $1::timestamptz - interval '1 day'", [now]);
}

/** `elsewhere`: good, but in another browser. */
export type TokenState = 'good' | 'elsewhere' | 'used' | 'expired' | 'unknown';

/** What a sign-in link would do now, in this browser. Changes nothing: mail gateways open links. */
export async function signInTokenState(
  db: Queryable,
  token: string,
  browser: BrowserHash | undefined,
  now: Date,
): Promise<TokenState> {
  const [row] = await db.query<{ expiresAt: Date; usedAt: Date | null; browserHash: Buffer | null }>(
    `SELECT expires_at AS "expiresAt", used_at AS "usedAt", browser_hash AS "browserHash"
     FROM sign_in_tokens WHERE token_hash = $1 AND member_id IS NOT NULL`,
    [digest(token)],
  );
  if (!row) return 'unknown';
  if (row.usedAt) return 'used';
  if (row.expiresAt <= now) return 'expired';
  const isHere = row.browserHash === null || (browser !== undefined && sameBytes(row.browserHash, browser));
  return isHere ? 'good' : 'elsewhere';
}

/**
 * Uses a sign-in link up: of two at once, one gets the member. Undefined when it is unknown, used or expired, or asked
 * for in another browser: then it stays as it is.
 */
export async function useSignInToken(
  tx: Tx,
  token: string,
  browser: BrowserHash | undefined,
  now: Date,
): Promise<Member | undefined> {
  const [row] = await tx.query<{ memberId: string }>(
    `UPDATE sign_in_tokens SET used_at = $3
     WHERE token_hash = $1 AND (browser_hash IS NULL OR browser_hash = $2) AND used_at IS NULL AND expires_at > $3
       AND member_id IS NOT NULL
     RETURNING member_id AS "memberId"`,
    [digest(token), browser ?? null, now],
  );
  return row && findMember(tx, row.memberId);
}
