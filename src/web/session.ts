import type { Request, Response } from 'express';
import UAParser from 'ua-parser-js';
import type { Member, Role } from '../company/members.js';
import type { Locale } from '../company/store.js';
import type { Queryable } from '../db/db.js';
import type { Deps } from '../deps.js';
import { AppError } from '../errors.js';
import { digest, sameBytes } from '../keys.js';
import { declared, type Guard } from './access.js';
import { chosenLocale, cookieOptions, readCookie } from './cookies.js';

const COOKIE = 'cr_session';
/** A sign-in lasts this long, in milliseconds. */
export const SESSION_LIFETIME = 14 * 86_400_000;

/** Milliseconds between two notes of a session's use. */
const USE_NOTED_EVERY = 60_000;

/** A signed-in person and what the pages need of him. `csrf` belongs in every form. */
export type Session = Readonly<{
  tokenHash: Buffer;
  member: Member;
  companyName: string | null;
  locale: Locale;
  csrf: string;
}>;

/** What a person recognises a browser by in a list: its name and its system's. */
export function deviceOf(agent: string | undefined): string | null {
  const { browser, os } = new UAParser(agent ?? '').getResult();
  const names = [browser.name, os.name].filter((name) => name !== undefined);
  return names.length > 0 ? names.join(' · ') : null;
}

/** Opens a session and sets its cookie; only the hash of the cookie's value is stored. */
export async function openSession(
  deps: Deps,
  db: Queryable,
  request: Pick<Request, 'headers'>,
  response: Response,
  memberId: string,
): Promise<void> {
  const token = deps.randomBytes(32).toString('base64url');
  const now = deps.clock();
  await db.query(
    `INSERT INTO sessions (token_hash, member_id, created_at, expires_at, device, last_used_at)
     VALUES ($1, $2, $3, $4, $5, $3)`,
    [
      digest(token),
      memberId,
      now,
      new Date(now.getTime() + SESSION_LIFETIME),
      deviceOf(request.headers['user-agent']),
    ],
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

type Found = Member & { companyName: string | null; lastUsedAt: Date | null };

async function findSession(db: Queryable, tokenHash: Buffer, now: Date): Promise<Found | undefined> {
  const [row] = await db.query<Found>(
    `SELECT m.id, m.company_id AS "companyId", m.email, m.role, m.locale, m.created_at AS "createdAt",
       c.name AS "companyName", s.last_used_at AS "lastUsedAt"
     FROM sessions s JOIN members m ON m.id = s.member_id LEFT JOIN companies c ON c.id = m.company_id
     WHERE s.token_hash = $1 AND s.revoked_at IS NULL AND s.expires_at > $2 AND m.removed_at IS NULL`,
    [tokenHash, now],
  );
  return row;
}

/** Keeps when a session was last used, to the minute: not every page writes. */
async function touchSession({ db, clock }: Deps, tokenHash: Buffer, lastUsedAt: Date | null): Promise<void> {
  const now = clock();
  if (lastUsedAt && now.getTime() - lastUsedAt.getTime() < USE_NOTED_EVERY) return;
  await db.query('UPDATE sessions SET last_used_at = $2 WHERE token_hash = $1', [tokenHash, now]);
}

/** The session that a request's cookie names, when it is live and its member still is one. */
export async function sessionOf<Params>(
  deps: Deps,
  request: Request<Params>,
  response: Response,
): Promise<Session | undefined> {
  const token = readCookie(request, COOKIE);
  if (!token) return undefined;
  const tokenHash = digest(token);
  const found = await findSession(deps.db, tokenHash, deps.clock());
  if (!found) return undefined;
  const { companyName, lastUsedAt, ...member } = found;
  await touchSession(deps, tokenHash, lastUsedAt);
  return {
    tokenHash,
    member,
    companyName,
    locale: chosenLocale(deps, request, response, member.locale),
    csrf: deps.keys.hash('csrf', tokenHash).toString('base64url'),
  };
}

/** A session as its owner sees it; `name` opens nothing. */
export type ListedSession = Readonly<{
  name: string;
  device: string | null;
  companyName: string | null;
  role: Role;
  createdAt: Date;
  lastUsedAt: Date | null;
}>;

/** Every live session of one mailbox, whatever it is signed in to; the last used first. */
export async function listSessions({ db, clock }: Deps, email: string): Promise<ListedSession[]> {
  const rows = await db.query<Omit<ListedSession, 'name'> & { tokenHash: Buffer }>(
    `SELECT s.token_hash AS "tokenHash", s.device, c.name AS "companyName", m.role, s.created_at AS "createdAt",
       s.last_used_at AS "lastUsedAt"
     FROM sessions s JOIN members m ON m.id = s.member_id LEFT JOIN companies c ON c.id = m.company_id
     WHERE lower(m.email) = lower($1) AND m.removed_at IS NULL AND s.revoked_at IS NULL AND s.expires_at > $2
     ORDER BY coalesce(s.last_used_at, s.created_at) DESC, s.token_hash`,
    [email, clock()],
  );
  return rows.map(({ tokenHash, ...row }) => ({ ...row, name: nameOf({ tokenHash }) }));
}

/**
 * Ends sessions of one mailbox.
 * @param which the one with this name, or all but that one
 * @returns how many were ended
 */
export async function endSessions(
  deps: Deps,
  email: string,
  which: Readonly<{ only: string } | { allBut: string }>,
): Promise<number> {
  const only = 'only' in which ? Buffer.from(which.only, 'base64url') : null;
  const allBut = 'allBut' in which ? Buffer.from(which.allBut, 'base64url') : null;
  const rows = await deps.db.query<{ tokenHash: Buffer; companyId: string | null }>(
    `UPDATE sessions s SET revoked_at = $2 FROM members m
     WHERE m.id = s.member_id AND lower(m.email) = lower($1) AND s.revoked_at IS NULL
       AND ($3::bytea IS NULL OR s.token_hash = $3) AND ($4::bytea IS NULL OR s.token_hash <> $4)
     RETURNING s.token_hash AS "tokenHash", m.company_id AS "companyId"`,
    [email, deps.clock(), only, allBut],
  );
  for (const { tokenHash, companyId } of rows) {
    if (companyId) deps.live.publish({ kind: 'session_ended', companyId, session: nameOf({ tokenHash }) });
  }
  return rows.length;
}

/** @throws AppError `forbidden` when a form does not carry the token of this session */
function checkCsrf<Params>(session: Session, request: Request<Params>): void {
  const sent = (request.body as Record<string, unknown> | undefined)?.csrf;
  if (typeof sent === 'string' && sameBytes(Buffer.from(sent), Buffer.from(session.csrf))) return;
  throw new AppError('forbidden', 'this form is too old or was not sent from this site: go back and reload');
}

/**
 * The one gate of every page behind a sign-in. Without a session the visitor is sent to sign in; with a role that is
 * not among `roles` the page does not exist for him; a request that changes something needs the session's CSRF token.
 * The handlers behind it find the session by `session(response)`.
 */
export function requireSession(deps: Deps, ...roles: readonly Role[]): Guard {
  return declared({ kind: 'session', roles }, async (request, response, next) => {
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
  });
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
