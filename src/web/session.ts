import type { NextFunction, Request, Response } from 'express';
import type { Member, Role } from '../company/members.js';
import type { Locale } from '../company/store.js';
import type { Queryable } from '../db/db.js';
import type { Deps } from '../deps.js';
import { AppError } from '../errors.js';
import { digest, sameBytes } from '../keys.js';
import { chosenLocale, cookieOptions, readCookie } from './cookies.js';

const COOKIE = 'cr_session';
/** A sign-in lasts this long, in milliseconds. */
export const SESSION_LIFETIME = 14 * 86_400_000;

/** A signed-in person and what the pages need of him. `csrf` belongs in every form. */
export type Session = Readonly<{
  tokenHash: Buffer;
  member: Member;
  companyName: string | null;
  locale: Locale;
  csrf: string;
}>;

/** Opens a session and sets its cookie; only the hash of the cookie's value is stored. */
export async function openSession(
  deps: Deps,
  db: Queryable,
  response: Response,
  memberId: string,
): Promise<void> {
  const token = deps.randomBytes(32).toString('base64url');
  const now = deps.clock();
  await db.query(
    'INSERT INTO sessions (token_hash, member_id, created_at, expires_at) VALUES ($1, $2, $3, $4)',
    [digest(token), memberId, now, new Date(now.getTime() + SESSION_LIFETIME)],
  );
  response.cookie(COOKIE, token, { ...cookieOptions(deps), maxAge: SESSION_LIFETIME });
}

/** Ends a session for good, whoever still holds its cookie. */
export async function revokeSession(
  deps: Deps,
  db: Queryable,
  response: Response,
  session: Session,
): Promise<void> {
  await db.query('UPDATE sessions SET revoked_at = $2 WHERE token_hash = $1', [
    session.tokenHash,
    deps.clock(),
  ]);
  response.clearCookie(COOKIE, cookieOptions(deps));
  const { companyId } = session.member;
  if (companyId) deps.live.publish({ kind: 'session_ended', companyId, session: nameOf(session) });
}

/** How a session is named between processes: by its hash, which opens nothing. */
export function nameOf({ tokenHash }: Pick<Session, 'tokenHash'>): string {
  return tokenHash.toString('base64url');
}

/** Whether a session that was found before still stands: neither ended nor too old, its member still one. */
export async function isStanding(deps: Deps, { tokenHash }: Pick<Session, 'tokenHash'>): Promise<boolean> {
  return (await findSession(deps.db, tokenHash, deps.clock())) !== undefined;
}

async function findSession(
  db: Queryable,
  tokenHash: Buffer,
  now: Date,
): Promise<(Member & { companyName: string | null }) | undefined> {
  const [row] = await db.query<Member & { companyName: string | null }>(
    `SELECT m.id, m.company_id AS "companyId", m.email, m.role, m.locale, m.created_at AS "createdAt",
       c.name AS "companyName"
     FROM sessions s JOIN members m ON m.id = s.member_id LEFT JOIN companies c ON c.id = m.company_id
     WHERE s.token_hash = $1 AND s.revoked_at IS NULL AND s.expires_at > $2 AND m.removed_at IS NULL`,
    [tokenHash, now],
  );
  return row;
}

/** The session that a request's cookie names, when it is live and its member still is one. */
export async function sessionOf(
  deps: Deps,
  request: Request,
  response: Response,
): Promise<Session | undefined> {
  const token = readCookie(request, COOKIE);
  if (!token) return undefined;
  const tokenHash = digest(token);
  const found = await findSession(deps.db, tokenHash, deps.clock());
  if (!found) return undefined;
  const { companyName, ...member } = found;
  return {
    tokenHash,
    member,
    companyName,
    locale: chosenLocale(deps, request, response, member.locale),
    csrf: deps.keys.hash('csrf', tokenHash).toString('base64url'),
  };
}

/** @throws AppError `forbidden` when a form does not carry the token of this session */
function checkCsrf(session: Session, request: Request): void {
  const sent = (request.body as Record<string, unknown> | undefined)?.csrf;
  if (typeof sent === 'string' && sameBytes(Buffer.from(sent), Buffer.from(session.csrf))) return;
  throw new AppError('forbidden', 'this form is too old or was not sent from this site: go back and reload');
}

/**
 * The one gate of every page behind a sign-in. Without a session the visitor is sent to sign in; with a role that is
 * not among `roles` the page does not exist for him; a request that changes something needs the session's CSRF token.
 * The handlers behind it find the session by `session(response)`.
 */
export function requireSession(deps: Deps, ...roles: readonly Role[]) {
  return async (request: Request, response: Response, next: NextFunction): Promise<void> => {
    response.setHeader('Cache-Control', 'private, no-store');
    const found = await sessionOf(deps, request, response);
    if (!found) {
      response.redirect(303, '/sign-in');
      return;
    }
    // Before the refusals: their page speaks the person's language and leads to where he may go.
    response.locals.session = found;
    if (!roles.includes(found.member.role)) throw new AppError('forbidden', 'this page is not for your role');
    if (request.method !== 'GET' && request.method !== 'HEAD') checkCsrf(found, request);
    next();
  };
}

export function session(response: Response): Session {
  const found = response.locals.session as Session | undefined;
  if (!found) throw new AppError('unauthenticated', 'not signed in');
  return found;
}

/** A company's person has a company: the database's CHECK on members holds that. */
export function companyIdOf(who: Session): string {
  if (who.member.companyId === null) throw new AppError('forbidden', 'this page belongs to a company');
  return who.member.companyId;
}

/** Where a person starts. */
export function homeOf(role: Role): '/operator' | '/dashboard' {
  return role === 'operator' ? '/operator' : '/dashboard';
}

export const COMPANY_ROLES: readonly Role[] = ['viewer', 'member', 'admin'];
