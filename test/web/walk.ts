import type { Scope } from '../../src/company/credentials.js';
import type { Role } from '../../src/company/members.js';
import { digest } from '../../src/keys.js';
import type { DeclaredRoute } from '../../src/web/access.js';
import type { TestApp } from '../harness/app.js';

/** Who calls: nobody, a signed-in person, or a program with a key. */
export type Caller = Readonly<{ name: string }> &
  (
    | Readonly<{ kind: 'nobody' }>
    | Readonly<{ kind: 'person'; role: Role; memberId: string }>
    | Readonly<{ kind: 'program'; key: string; scopes: readonly Scope[]; companyId: string | null }>
  );

export type Verdict = 'let in' | 'sent to sign in' | 'no key' | 'refused';

/** An id that nothing has. */
export const NOTHING = '01990000-0000-7000-8000-00000000ffff';

/** What a route's declaration promises a caller; `companyId` is the company that the path names. */
export function promised({ access }: DeclaredRoute, caller: Caller, companyId: string): readonly Verdict[] {
  switch (access.kind) {
    case 'open':
      // The page for a code has nothing to show to whoever owes none.
      return access.why === 'sign-in' ? ['let in', 'sent to sign in'] : ['let in'];
    case 'session':
      if (caller.kind !== 'person') return ['sent to sign in'];
      return access.roles.includes(caller.role) ? ['let in'] : ['refused'];
    case 'key': {
      if (caller.kind !== 'program') return ['no key'];
      const mayAsk = access.scopes.some((scope) => caller.scopes.includes(scope));
      // A mail's sender is refused in SendGrid's words, as SendGrid does: 401 or 403.
      if (access.reach === 'sender') return mayAsk ? ['let in', 'refused'] : ['no key', 'refused'];
      if (caller.scopes.includes('operator')) return ['let in'];
      const isTheirs = access.reach !== 'path' || caller.companyId === companyId;
      return mayAsk && isTheirs ? ['let in'] : ['refused'];
    }
  }
}

/** A path that can be asked for: the company in it is ours, everything else is nothing. */
export function pathOf({ path }: DeclaredRoute, companyId: string): string {
  return path
    .replace(/\{[^}]*\}/g, '')
    .replace(/(\/companies\/):id/, `$1${companyId}`)
    .replace(':format', 'svg')
    .replace(':month', '2026-11')
    .replace(/:\w+/g, NOTHING);
}

/** A session of its own for every call: some calls end it. */
export async function sessionFor(app: TestApp, memberId: string): Promise<{ cookie: string; csrf: string }> {
  const token = app.deps.randomBytes(32).toString('base64url');
  const now = app.clock.now();
  await app.db.query(
    'INSERT INTO sessions (token_hash, member_id, created_at, expires_at) VALUES ($1, $2, $3, $4)',
    [digest(token), memberId, now, new Date(now.getTime() + 3_600_000)],
  );
  const csrf = app.deps.keys.hash('csrf', digest(token)).toString('base64url');
  return { cookie: `cr_session=${token}`, csrf };
}

let networks = 0;

/** A network of its own for each call, where TRUST_PROXY is `loopback`: a walk is more than one may ask for. */
export function fromElsewhere(): Record<string, string> {
  networks += 1;
  return { 'x-forwarded-for': `10.${networks >> 16}.${(networks >> 8) & 255}.${networks & 255}` };
}

/** Calls a route as somebody, with the token that its form would carry. */
export async function callAs(
  app: TestApp,
  baseUrl: string,
  route: DeclaredRoute,
  caller: Caller,
  path: string,
): Promise<Response> {
  const headers = fromElsewhere();
  let csrf = '';
  if (caller.kind === 'program') headers.authorization = `Bearer ${caller.key}`;
  if (caller.kind === 'person') ({ cookie: headers.cookie, csrf } = await sessionFor(app, caller.memberId));
  const isForm = !/^\/v[13]\//.test(path);
  const body = isForm ? new URLSearchParams({ csrf }) : '{}';
  if (!isForm) headers['content-type'] = 'application/json';
  const method = route.method.toUpperCase();
  return fetch(`${baseUrl}${path}`, {
    method,
    headers,
    redirect: 'manual',
    body: method === 'GET' || method === 'DELETE' ? undefined : body,
  });
}

export function verdictOf({ status, headers }: Response): Verdict {
  // Signing out leads there too, and takes the cookie away.
  const signedOut = headers.getSetCookie().some((cookie) => cookie.startsWith('cr_session=;'));
  if (status === 303 && headers.get('location') === '/sign-in' && !signedOut) return 'sent to sign in';
  if (status === 401) return 'no key';
  return status === 403 ? 'refused' : 'let in';
}

/** What every page of ours must carry. @returns what is wrong with one */
export async function faultsOfPage(response: Response): Promise<string[]> {
  const html = await response.text();
  const header = (name: string) => response.headers.get(name) ?? '';
  const policy = header('content-security-policy');
  const wanted: [string, boolean][] = [
    ['a policy that starts from nothing', policy.includes("default-src 'none'")],
    ['nothing inline', !/unsafe-(inline|eval)/.test(policy)],
    ['no frames around it', policy.includes("frame-ancestors 'none'")],
    ['forms lead to us', policy.includes("form-action 'self'")],
    ['nosniff', header('x-content-type-options') === 'nosniff'],
    ['a referrer policy', /^(same-origin|no-referrer)$/.test(header('referrer-policy'))],
    ['https from now on', header('strict-transport-security').includes('max-age=')],
    ['no word of Express', !response.headers.has('x-powered-by')],
    ['no script in the page', !/<script(?![^>]*\bsrc=)/.test(html)],
    ['no style in the page', !/<style\b|<[^>]+\sstyle="/.test(html)],
    ['no handler in the page', !/<[^>]+\son\w+="/.test(html)],
  ];
  return wanted.flatMap(([what, holds]) => (holds ? [] : [what]));
}

/** Cookies are out of scripts' reach, not sent by other sites' forms, and over https alone. */
export function faultsOfCookies(response: Response): string[] {
  return response.headers
    .getSetCookie()
    .filter(
      (cookie) =>
        !/; HttpOnly/.test(cookie) || !/; SameSite=(Lax|Strict)/.test(cookie) || !/; Secure/.test(cookie),
    )
    .map((cookie) => `a weak cookie: ${cookie.split('=')[0]}`);
}
