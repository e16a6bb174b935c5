import { keepMember, type NewMember, signInToken } from '../../src/company/members.js';
import { digest } from '../../src/keys.js';
import type { TestApp } from './app.js';

/** A sign-in link's token for a member, as the mail would carry it. */
export async function tokenFor(app: TestApp, memberId: string): Promise<string> {
  const token = signInToken(app.deps.keys, memberId, app.deps.randomBytes(8).toString('hex'));
  const now = app.clock.now();
  await app.db.query(
    'INSERT INTO sign_in_tokens (token_hash, member_id, created_at, expires_at) VALUES ($1, $2, $3, $4)',
    [digest(token), memberId, now, new Date(now.getTime() + 900_000)],
  );
  return token;
}

/** Makes a member and signs in through the pages. @returns the cookie's value, and the member's id */
export async function signIn(
  app: TestApp,
  wanted: NewMember,
  headers: Record<string, string> = {},
): Promise<{ memberId: string; session: string; cookie: string }> {
  const { member } = await app.db.transaction((tx) => keepMember(app.deps, tx, wanted));
  const token = await tokenFor(app, member.id);
  const answer = await fetch(`${app.baseUrl}/sign-in/${token}`, {
    method: 'POST',
    redirect: 'manual',
    headers,
  });
  const session = /cr_session=([^;]+)/.exec(answer.headers.get('set-cookie') ?? '')?.[1];
  if (!session) throw new Error(`no session: ${answer.status}`);
  return { memberId: member.id, session, cookie: `cr_session=${session}` };
}
