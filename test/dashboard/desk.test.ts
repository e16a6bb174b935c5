import { listAudit } from '../../src/company/audit.js';
import { listMembers } from '../../src/company/members.js';
import { choiceOf, hrefOf, spanBefore } from '../../src/dashboard/choice.js';
import { mintLinks } from '../../src/link/mint.js';
import { startTestApp, type TestApp } from '../harness/app.js';
import { signIn } from '../harness/member.js';
import { rowsOf } from './rows.js';

describe('pages that a company works on', () => {
  let app: TestApp;
  let id: string;
  let admin: { memberId: string; cookie: string };
  let viewer: { memberId: string; cookie: string };

  beforeAll(async () => {
    app = await startTestApp('pglite');
    id = (await app.company({ name: '青葉', slug: 'aoba' })).id;
    await app.company({ name: 'みなと', slug: 'minato', linkHost: 'go.minato.example' });
    admin = await signIn(app, { companyId: id, email: 'admin@aoba.example', role: 'admin' });
    viewer = await signIn(app, { companyId: id, email: 'viewer@aoba.example', role: 'viewer' });
  });
  afterAll(() => app.close());

  const open = (path: string, who = admin) =>
    app.call(`/dashboard/${path}`, { headers: { cookie: who.cookie } });
  async function post(path: string, fields: Record<string, string>, who = admin) {
    const page = await (await open('links', who)).text();
    const csrf = /name="csrf" value="([^"]+)"/.exec(page)![1]!;
    app.clock.advance(1);
    return fetch(`${app.baseUrl}/dashboard/${path}`, {
      method: 'POST',
      redirect: 'manual',
      headers: { cookie: who.cookie },
      body: new URLSearchParams({ csrf, ...fields }),
    });
  }
  const said = async (answer: Promise<Response>) =>
    /said=(\w+)/.exec((await answer).headers.get('location') ?? '')?.[1];
  const newest = async () => (await listAudit(app.db, { companyId: id, limit: 1 }))[0];
  const memberOf = async (email: string) =>
    (await listMembers(app.db, id)).find((member) => member.email === email);

  test('everything that is changed is written down, by whom and with what stood before', async () => {
    const [code] = await mintLinks(app.deps, app.db, id, 'api', [{}]);
    const colleague = { email: 'new@aoba.example', role: 'viewer', locale: 'en' };
    const general = { name: '青葉製作所', policy: 'shadow', locale: 'ja', timeZone: 'Asia/Tokyo' };
    const steps: [string, Record<string, string>, string, object][] = [
      ['settings/general', general, 'company.changed', { policy: 'shadow', policyBefore: 'auto' }],
      ['settings/link-host', { linkHost: 'go.aoba.example' }, 'company.changed', { linkHostBefore: null }],
      ['settings/notices', { credit_earned: 'yes' }, 'company.changed', { noticesOffBefore: [] }],
      [
        'settings/exclusions',
        { who: 'aoba.example', reason: 'us' },
        'exclusion.added',
        { domain: 'aoba.example' },
      ],
      ['policy', { policy: 'auto' }, 'company.changed', { policyBefore: 'shadow' }],
      ['sendgrid', { apiKey: 'SG.0123456789012345678901' }, 'sendgrid_account.kept', { kind: 'own' }],
      ['sendgrid/removal', {}, 'sendgrid_account.removed', {}],
      ['members', colleague, 'member.added', { role: 'viewer' }],
      [
        'credentials',
        { kind: 'api', label: '', policy: '', read: 'yes' },
        'credential.issued',
        { scopes: ['read'] },
      ],
      [`links/${code}/revocation`, {}, 'link.revoked', {}],
    ];
    for (const [path, fields, action, details] of steps) {
      expect((await post(path, fields)).status).toBeLessThan(400);
      expect(await newest()).toMatchObject({
        action,
        actorKind: 'member',
        actorName: 'admin@aoba.example',
        details: expect.objectContaining(details),
      });
    }
  });

  test('the invitation says where to sign in, and holds no secret', async () => {
    await app.app.jobs.drain();
    const mail = app.outbox().at(-1)!.toString();
    expect(mail).toMatch(/^To: new@aoba.example/m);
    expect(mail).toContain(`${app.deps.config.baseUrl}/sign-in`);
    expect(mail).not.toMatch(/sign-in\/\w/);
  });

  test.each([
    ['settings/general', { name: '', policy: 'auto', locale: 'ja', timeZone: 'Asia/Tokyo' }, 'invalid'],
    ['settings/general', { name: 'x', policy: 'auto', locale: 'ja', timeZone: 'Mars/Base' }, 'invalid'],
    ['settings/link-host', { linkHost: 'no host' }, 'invalid'],
    ['settings/link-host', { linkHost: 'go.minato.example' }, 'taken'],
    ['credentials', { kind: 'api', label: '', policy: '' }, 'invalid'],
    ['members', { email: 'nobody', role: 'viewer', locale: 'ja' }, 'invalid'],
    ['members', { email: 'VIEWER@aoba.example', role: 'admin', locale: 'ja' }, 'stands'],
    ['members/removal', { member: '01990000-0000-7000-8000-000000000000' }, 'unknown'],
    ['links/zzzzzzzzzz/revocation', {}, 'unknown'],
  ])('%s with %j is told: %s, and changes nothing', async (path, fields, told) => {
    const before = await newest();
    expect(await said(post(path, fields))).toBe(told);
    expect(await newest()).toEqual(before);
  });

  test('the last administrator can neither be removed nor changed, by nobody', async () => {
    const member = admin.memberId;
    expect(await said(post('members/removal', { member }))).toBe('last_admin');
    expect(await said(post('members/role', { member, role: 'viewer' }))).toBe('last_admin');
    const other = (await memberOf('new@aoba.example'))!.id;
    expect(await said(post('members/role', { member: other, role: 'admin' }))).toBe('changed');
    const both = [
      post('members/role', { member: other, role: 'member' }),
      post('members/role', { member, role: 'member' }),
    ];
    expect((await Promise.all(both.map(said))).sort()).not.toEqual(['changed', 'changed']);
    const admins = (await listMembers(app.db, id)).filter(({ role }) => role === 'admin');
    expect(admins).toHaveLength(1);
    await app.db.query("UPDATE members SET role = 'admin' WHERE id = $1", [member]);
  });

  test('who is removed is signed out at once', async () => {
    const gone = await signIn(app, { companyId: id, email: 'gone@aoba.example', role: 'member' });
    expect((await open('links', gone)).status).toBe(200);
    expect(await said(post('members/removal', { member: gone.memberId }))).toBe('removed');
    expect((await open('links', gone)).headers.get('location')).toBe('/sign-in');
  });

  test('a viewer changes nothing, and does not see who signs in with what', async () => {
    for (const path of ['credentials', 'audit']) expect((await open(path, viewer)).status).toBe(403);
    for (const path of ['credentials', 'members', 'members/role', 'settings/general', 'links/a/revocation'])
      expect((await post(path, {}, viewer)).status).toBe(403);
  });

  test('a browser is told of a fault on a page, a program in JSON', async () => {
    const look = (path: string, accept: string) =>
      app.call(path, { headers: { cookie: viewer.cookie, accept, 'accept-language': 'en' } });
    const told = async (path: string) => (await look(path, 'text/html,*/*;q=0.8')).text();
    expect(await told('/no-such-page')).toMatch('<h1>Page not found</h1>');
    expect(await told('/dashboard/audit')).toMatch('href="/dashboard/members"');
    expect(await told('/dashboard/messages?cursor=x')).toMatch('<h1>アドレスか入力に誤りがあります</h1>');
    for (const [path, accept] of [
      ['/no-such-page', '*/*'],
      ['/v1/companies', 'text/html'],
    ] as const)
      expect((await look(path, accept)).headers.get('content-type')).toMatch('application/problem+json');
  });

  test('when a key was used is known as soon as somebody looks', async () => {
    const key = await app.apiKey(id, ['read']);
    await app.call(`/v1/companies/${id}/stats`, { key });
    expect(await (await open('credentials?lang=en')).text()).toMatch(/just now/);
  });

  test('mails are found by what they are, what became of them, their labels and days', async () => {
    const rows = rowsOf(app, id);
    await rows.message('2026-11-01T01:00:00Z', { job: '50%_off', verdict: 'rejection' });
    await rows.message('2026-11-01T15:30:00Z', { job: 'Sales', outcome: 'failed' });
    await rows.message('2026-11-02T01:00:00Z', { stage: 'Final', verdict: 'unsure' });
    const found = async (query: string) => {
      const page = await (await open(`messages?${query}`)).text();
      return ['50%_off', 'Sales', 'Final'].filter((label) => page.includes(`<td>${label}</td>`));
    };
    expect(await found('')).toEqual(['50%_off', 'Sales', 'Final']);
    expect(await found('verdict=unsure')).toEqual(['Final']);
    expect(await found('became=undelivered')).toEqual(['Sales']);
    expect(await found('text=0%25_O')).toEqual(['50%_off']);
    expect(await found('text=fin&verdict=rejection')).toEqual([]);
    // 15:30 UTC is the second of November in Tokyo.
    expect(await found('from=2026-11-02&to=2026-11-02')).toEqual(['Sales', 'Final']);
    expect(await found('from=2026-02-30')).toEqual(['50%_off', 'Sales', 'Final']);
  });

  test('one mail is told with its cues and without an address', async () => {
    const rows = await app.db.query<{ id: string }>("SELECT id FROM messages WHERE job = 'Sales'");
    await app.db.query(
      `UPDATE messages SET cues = '[{"phrase":"We regret","where":"text","weight":10}]',
         upstream_reply = '550 5.1.1 <secret-recipient@b.example> unknown'`,
    );
    const answer = await open(`messages/${rows[0]!.id}`);
    const page = await answer.text();
    expect(page).toMatch(/We regret.*\+10/);
    expect(page).toContain('550 5.1.1');
    expect(page).not.toMatch(/secret-/);
    for (const unknown of ['no-id', '01990000-0000-7000-8000-000000000000'])
      expect((await open(`messages/${unknown}`)).status).toBe(404);
  });

  test('what few candidates did is not told', async () => {
    const rows = rowsOf(app, id);
    const link = async (code: string, job: string) => {
      await rows.link(code, '2026-11-20T01:00:00Z', { origin: 'api', job });
      await rows.click(code, '2026-11-20T02:00:00Z');
    };
    for (let at = 0; at < 5; at += 1) await link(`manyyyyy${at}z`, 'many');
    await link('fewwwwww0z', 'few');
    const page = await (await open('../dashboard')).text();
    const row = (job: string) =>
      new RegExp(`<span>${job}</span></th>(.*?)</tr>`).exec(page)![1]!.replace(/<[^>]+>/g, ' ');
    expect(row('many')).toMatch(/5\s+100.0%/);
    expect(row('few')).toMatch(/1\s+–\s+–\s+–/);
  });
});

describe('what the overview is asked for', () => {
  const today = '2026-11-22';
  test.each([
    [{}, { preset: 30, from: '2026-10-24', to: today, step: 'day', isFaulty: false }],
    [{ days: '365' }, { preset: 365, from: '2025-11-23', step: 'month' }],
    [
      { from: '2026-11-01', to: '2026-11-30' },
      { preset: undefined, from: '2026-11-01', to: today },
    ],
    [{ from: '2026-11-01' }, { preset: undefined, from: '2026-11-01', to: today }],
    [
      { from: '2026-11-10', to: '2026-11-01' },
      { preset: 30, isFaulty: true },
    ],
    [
      { from: '2026-02-30', to: '2026-03-01' },
      { preset: 30, isFaulty: true },
    ],
    [
      { from: '2021-01-01', to: '2026-11-01' },
      { preset: 30, isFaulty: true },
    ],
    [
      { from: '2023-01-01', to: today, by: 'day' },
      { step: 'month', isFaulty: false },
    ],
    [
      { days: '12', by: 'year', of: 'person', compare: 'yes' },
      { preset: 30, step: 'day', of: 'job', compare: false },
    ],
  ])('%j', (query, wanted) => {
    expect(choiceOf(query, today)).toMatchObject(wanted);
  });

  test('the period before is as long and ends the day before', () => {
    expect(spanBefore({ from: '2026-10-01', to: '2026-10-31' })).toEqual({
      from: '2026-08-31',
      to: '2026-09-30',
    });
  });

  test('an address keeps what was chosen; another span brings its own step', () => {
    const choice = choiceOf({ days: '90', by: 'day', compare: '1', of: 'stage' }, today);
    expect(hrefOf(choice, { step: 'week' })).toBe('/dashboard?days=90&by=week&compare=1&of=stage');
    expect(hrefOf(choice, { preset: 7, from: '2026-11-16' })).toBe('/dashboard?days=7&compare=1&of=stage');
  });
});
