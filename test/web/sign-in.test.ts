import { keepMember, type NewMember, signInToken } from '../../src/company/members.js';
import { OPERATOR_KEY, startTestApp, type TestApp } from '../harness/app.js';
import { describeOnDatabase } from '../harness/database.js';
import { signIn, tokenFor } from '../harness/member.js';

describeOnDatabase('sign-in', (engine) => {
  let app: TestApp;
  let companyId: string;
  let statements: string[] = [];

  beforeAll(async () => {
    app = await startTestApp(engine, { watch: (sql) => statements.push(sql) });
    companyId = (await app.company({ name: '青葉', slug: 'aoba' })).id;
  });
  afterAll(() => app.close());

  async function member(email: string, more: Partial<NewMember> = {}): Promise<string> {
    const wanted = { companyId, role: 'viewer', ...more, email } as const;
    return (await app.db.transaction((tx) => keepMember(app.deps, tx, wanted))).member.id;
  }

  function post(path: string, form: Record<string, string> = {}, headers: Record<string, string> = {}) {
    return fetch(`${app.baseUrl}${path}`, {
      method: 'POST',
      redirect: 'manual',
      body: new URLSearchParams(form),
      headers,
    });
  }

  async function tokensOf(memberId: string): Promise<number> {
    return (await app.db.query('SELECT 1 FROM sign_in_tokens WHERE member_id = $1', [memberId])).length;
  }

  async function jobsFor(memberId: string): Promise<{ nonce: string }[]> {
    const rows = await app.db.query<{ data: { memberId: string; nonce: string } }>(
      `SELECT data FROM pgboss.job WHERE name = 'sign-in-mail'`,
    );
    return rows.map((row) => row.data).filter((data) => data.memberId === memberId);
  }

  /** The value of a cookie that an answer sets, as the browser sends it back. */
  function cookieOf(answer: Response, name: string): string {
    const set = answer.headers.getSetCookie().find((one) => one.startsWith(`${name}=`));
    return set?.split(';')[0] ?? '';
  }

  async function mailedTo(memberId: string): Promise<string> {
    const job = (await jobsFor(memberId)).at(-1);
    return signInToken(app.deps.keys, memberId, job!.nonce);
  }

  test('a known address gets a link whose mail is queued with it; its token is stored hashed', async () => {
    const id = await member('known@aoba.example');
    const answer = await post('/sign-in', { email: 'Known@Aoba.example' });
    expect(answer.status).toBe(200);
    expect(await tokensOf(id)).toBe(1);
    const token = await mailedTo(id);
    const browser = cookieOf(answer, 'cr_browser');
    expect(browser).toMatch(/^cr_browser=[\w-]{43}$/);
    expect((await app.call(`/sign-in/${token}`, { headers: { cookie: browser } })).status).toBe(200);
    const rows = await app.db.query('SELECT token_hash, browser_hash FROM sign_in_tokens');
    for (const secret of [token, browser.slice('cr_browser='.length)]) {
      const kept = rows.flatMap((row) => Object.values(row as Record<string, Buffer | null>));
      expect(kept.some((bytes) => bytes?.equals(Buffer.from(secret, 'base64url')))).toBe(false);
    }
  });

  test('the link works in the browser that asked; elsewhere it says so, offers a way on, and stays good', async () => {
    const id = await member('bound@aoba.example');
    const asked = await post('/sign-in', { email: 'bound@aoba.example' });
    const here = cookieOf(asked, 'cr_browser');
    const token = await mailedTo(id);
    const stranger = cookieOf(await post('/sign-in', { email: 'else@aoba.example' }), 'cr_browser');
    for (const cookie of ['', stranger, 'cr_browser=guess']) {
      for (const method of ['GET', 'POST']) {
        const answer = await app.call(`/sign-in/${token}`, { method, headers: { cookie } });
        expect(answer.status).toBe(409);
        expect(answer.headers.getSetCookie()).toEqual([]);
        const page = await answer.text();
        expect(page).toMatch('別のブラウザー');
        expect(page).toMatch(`value="${app.deps.config.baseUrl}/sign-in/${token}"`);
        expect(page).toMatch('action="/sign-in"');
        expect(page).not.toMatch('bound@aoba.example');
      }
    }
    const again = await post('/sign-in', { email: 'bound@aoba.example' }, { cookie: here });
    expect(cookieOf(again, 'cr_browser')).toBe(here);
    expect((await post(`/sign-in/${token}`, {}, { cookie: here })).status).toBe(303);
    expect((await post(`/sign-in/${token}`, {}, { cookie: here })).status).toBe(410);
  });

  test('an unknown address gets the same answer by the same statements, and no mail', async () => {
    await member('there@aoba.example');
    const asked: string[][] = [];
    const pages: string[] = [];
    for (const email of ['there@aoba.example', 'where@aoba.example']) {
      statements = [];
      const answer = await post('/sign-in', { email });
      expect(answer.status).toBe(200);
      pages.push((await answer.text()).replace('where@', 'there@'));
      asked.push(statements);
    }
    expect(pages[0]).toBe(pages[1]);
    expect(asked[0]).toEqual(asked[1]);
    expect(asked[0]!.length).toBeGreaterThan(2);
    await app.app.jobs.drain();
    expect(app.outbox().filter((mail) => mail.includes('where@aoba.example'))).toEqual([]);
    expect(app.outbox().filter((mail) => mail.includes('there@aoba.example'))).toHaveLength(1);
  });

  test('an operator hands over a link that works in any browser, once', async () => {
    const id = await member('helped@aoba.example');
    const asked = await app.call('/v1/sign-in-links', { key: OPERATOR_KEY, body: { member: id } });
    expect(asked.status).toBe(201);
    const { url } = (await asked.json()) as { url: string };
    const path = new URL(url).pathname;
    expect((await post(path)).status).toBe(303);
    expect((await post(path)).status).toBe(410);
  });

  test('a removed member gets no link', async () => {
    const id = await member('gone@aoba.example');
    await app.db.query('UPDATE members SET removed_at = $2 WHERE id = $1', [id, app.clock.now()]);
    expect((await post('/sign-in', { email: 'gone@aoba.example' })).status).toBe(200);
    expect(await tokensOf(id)).toBe(0);
  });

  test('one mailbox is not filled: after five the answer stays, the mails stop', async () => {
    const id = await member('often@aoba.example');
    for (let attempt = 0; attempt < 7; attempt += 1) {
      expect((await post('/sign-in', { email: 'often@aoba.example' })).status).toBe(200);
    }
    expect(await tokensOf(id)).toBe(5);
  });

  test('an address that is none is refused', async () => {
    expect((await post('/sign-in', { email: 'no address' })).status).toBe(400);
  });

  test('opening the link changes nothing; the button signs in, once', async () => {
    const token = await tokenFor(app, await member('once@aoba.example'));
    for (const method of ['GET', 'HEAD', 'GET']) {
      const opened = await app.call(`/sign-in/${token}`, { method });
      expect(opened.status).toBe(200);
      expect(opened.headers.get('set-cookie')).toBeNull();
    }
    const first = await post(`/sign-in/${token}`);
    expect(first.status).toBe(303);
    expect(first.headers.get('location')).toBe('/dashboard');
    const cookie = first.headers.get('set-cookie')!;
    expect(cookie).toMatch(/^cr_session=[\w-]{43}; .*HttpOnly; SameSite=Lax$/);
    const second = await post(`/sign-in/${token}`);
    expect(second.status).toBe(410);
    expect(second.headers.get('set-cookie')).toBeNull();
    expect((await app.call(`/sign-in/${token}`)).status).toBe(410);
  });

  test('of two presses at once, one signs in', async () => {
    const token = await tokenFor(app, await member('race@aoba.example'));
    const answers = await Promise.all([1, 2, 3].map(() => post(`/sign-in/${token}`)));
    expect(answers.map((answer) => answer.status).sort()).toEqual([303, 410, 410]);
  });

  test('an expired link is refused with a way on', async () => {
    const token = await tokenFor(app, await member('late@aoba.example'));
    app.clock.advance(15 * 60_000);
    const answer = await post(`/sign-in/${token}`);
    expect(answer.status).toBe(410);
    expect(await answer.text()).toMatch('href="/sign-in"');
  });

  test('an unknown link is refused', async () => {
    expect((await post('/sign-in/nothing')).status).toBe(410);
  });

  test('another site cannot press the button', async () => {
    const token = await tokenFor(app, await member('lured@aoba.example'));
    const answer = await post(`/sign-in/${token}`, {}, { 'sec-fetch-site': 'cross-site' });
    expect(answer.status).toBe(403);
    expect((await post(`/sign-in/${token}`)).status).toBe(303);
  });

  test('an operator starts at the operator’s desk', async () => {
    const token = await tokenFor(
      app,
      await member('ops@relay.example', { companyId: null, role: 'operator' }),
    );
    expect((await post(`/sign-in/${token}`)).headers.get('location')).toBe('/operator');
  });

  test('the cookie is Secure where the service is reached by https', async () => {
    const secure = await startTestApp(engine, { env: { BASE_URL: 'https://relay.example' } });
    try {
      const wanted = { companyId: null, role: 'operator', email: 'ops@relay.example' } as const;
      const { member: found } = await secure.db.transaction((tx) => keepMember(secure.deps, tx, wanted));
      const token = await tokenFor(secure, found.id);
      const answer = await fetch(`${secure.baseUrl}/sign-in/${token}`, {
        method: 'POST',
        redirect: 'manual',
      });
      expect(answer.headers.get('set-cookie')).toMatch(/; Secure/);
    } finally {
      await secure.close();
    }
  });

  async function csrfOf(cookie: string): Promise<string> {
    const page = await (await app.call('/dashboard', { headers: { cookie } })).text();
    return /name="csrf" value="([^"]+)"/.exec(page)![1]!;
  }

  test('signing out ends the session wherever its cookie is', async () => {
    const { cookie } = await signIn(app, { companyId, email: 'out@aoba.example', role: 'viewer' });
    const csrf = await csrfOf(cookie);
    expect((await post('/sign-out', { csrf }, { cookie })).status).toBe(303);
    expect((await app.call('/dashboard', { headers: { cookie } })).status).toBe(303);
  });

  test('a form without the session’s token is refused', async () => {
    const mine = await signIn(app, { companyId, email: 'csrf@aoba.example', role: 'viewer' });
    const theirs = await signIn(app, { companyId, email: 'csrf2@aoba.example', role: 'viewer' });
    const { cookie } = mine;
    const bare = await post('/sign-out', {}, { cookie });
    expect(bare.status).toBe(403);
    expect(bare.headers.get('content-type')).toMatch('text/html');
    expect((await post('/sign-out', { csrf: 'wrong' }, { cookie })).status).toBe(403);
    expect((await post('/sign-out', { csrf: await csrfOf(theirs.cookie) }, { cookie })).status).toBe(403);
    expect((await app.call('/dashboard', { headers: { cookie } })).status).toBe(200);
  });

  test('a session ends after 14 days', async () => {
    const { cookie } = await signIn(app, { companyId, email: 'old@aoba.example', role: 'viewer' });
    app.clock.advance(14 * 86_400_000 - 1);
    expect((await app.call('/dashboard', { headers: { cookie } })).status).toBe(200);
    app.clock.advance(1);
    expect((await app.call('/dashboard', { headers: { cookie } })).status).toBe(303);
  });

  test('a removed member’s session is dead', async () => {
    const { cookie, memberId } = await signIn(app, { companyId, email: 'left@aoba.example', role: 'viewer' });
    await app.db.query('UPDATE members SET removed_at = $2 WHERE id = $1', [memberId, app.clock.now()]);
    expect((await app.call('/dashboard', { headers: { cookie } })).status).toBe(303);
  });

  test('one address with two companies moves between its own and nobody else’s', async () => {
    const second = (await app.company({ name: 'みなと食品', slug: 'minato' })).id;
    const stranger = await member('stranger@minato.example', { companyId: second });
    const { cookie } = await signIn(app, { companyId, email: 'both@aoba.example', role: 'viewer' });
    const other = await member('both@aoba.example', { companyId: second });
    const csrf = await csrfOf(cookie);
    expect((await post('/companies', { csrf, member: stranger }, { cookie })).status).toBe(404);
    const moved = await post('/companies', { csrf, member: other }, { cookie });
    expect(moved.status).toBe(303);
    const fresh = /cr_session=([^;]+)/.exec(moved.headers.getSetCookie().at(-1)!)![0];
    expect(await (await app.call('/dashboard', { headers: { cookie: fresh } })).text()).toMatch('みなと食品');
    expect((await app.call('/dashboard', { headers: { cookie } })).status).toBe(303);
  });
});
