import type { Request, Response } from 'express';
import type { Member } from '../company/members.js';
import { findSecondFactor } from '../company/second-factor.js';
import type { Queryable, Tx } from '../db/db.js';
import type { Deps } from '../deps.js';
import { digest } from '../keys.js';
import { cookieOptions, readCookie } from './cookies.js';
import { homeOf, openSession } from './session.js';

const COOKIE = 'cr_half';
/** Milliseconds that a person has to type the code of the second factor. */
const CODE_TIME = 10 * 60_000;

/**
 * Lets somebody in whose mailbox was proven: to where he starts, or, where he has a second factor, to its page first.
 * @returns where to go on
 */
export async function admit(
  deps: Deps,
  tx: Tx,
  request: Pick<Request, 'headers'>,
  response: Response,
  member: Pick<Member, 'id' | 'role'>,
): Promise<string> {
  const factor = member.role === 'operator' ? await findSecondFactor(tx, member.id) : undefined;
  if (!factor?.confirmedAt) {
    await openSession(deps, tx, request, response, member.id);
    return homeOf(member.role);
  }
  const token = deps.randomBytes(32).toString('base64url');
  const now = deps.clock();
  await tx.query(
    'INSERT INTO half_sign_ins (token_hash, member_id, created_at, expires_at) VALUES ($1, $2, $3, $4)',
    [digest(token), member.id, now, new Date(now.getTime() + CODE_TIME)],
  );
  response.cookie(COOKIE, token, { ...cookieOptions(deps), maxAge: CODE_TIME });
  return '/sign-in/code';
}

/** Who still owes a code in this browser; undefined where nobody does, or not any more. */
export async function halfSignedIn(
  deps: Pick<Deps, 'clock'>,
  db: Queryable,
  request: Pick<Request, 'headers'>,
): Promise<Pick<Member, 'id' | 'role'> | undefined> {
  const token = readCookie(request, COOKIE);
  if (!token) return undefined;
  const [row] = await db.query<Pick<Member, 'id' | 'role'>>(
    `SELECT m.id, m.role FROM half_sign_ins h JOIN members m ON m.id = h.member_id
     WHERE h.token_hash = $1 AND h.expires_at > $2 AND m.removed_at IS NULL`,
    [digest(token), deps.clock()],
  );
  return row;
}

/** Forgets what was half done in this browser, and what is too old anywhere. */
export async function endHalfSignIn(
  deps: Deps,
  tx: Tx,
  request: Pick<Request, 'headers'>,
  response: Response,
): Promise<void> {
  const token = readCookie(request, COOKIE) ?? '';
  await tx.query('DELETE FROM half_sign_ins WHERE token_hash = $1 OR expires_at < $2', [
    digest(token),
    deps.clock(),
  ]);
  response.clearCookie(COOKIE, cookieOptions(deps));
}
