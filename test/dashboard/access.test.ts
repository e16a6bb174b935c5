import { OPERATOR_KEY, startTestApp, type TestApp } from '../harness/app.js';
import { describeOnDatabase } from '../harness/database.js';
import { signIn } from '../harness/member.js';
import { rowsOf } from './rows.js';

const COMPANY_PAGES = [
  '/dashboard',
  '/dashboard?days=90&by=month',
  '/dashboard/messages',
  '/dashboard/review',
  '/dashboard/setup',
];
const EVERYBODYS_PAGES = ['/companies'];
const OPERATOR_PAGES = ['/operator'];

describeOnDatabase('who may see what', (engine) => {
  let app: TestApp;
  let aoba: string;
  let minato: string;
  let recruiter: string;
  let neighbour: string;
  let operator: string;

  beforeAll(async () => {
    app = await startTestApp(engine);
    aoba = (await app.company({ name: '青葉', slug: 'aoba' })).id;
    minato = (await app.company({ name: 'みなと', slug: 'minato' })).id;
    await rowsOf(app, aoba).message('2026-11-21T01:00:00Z', { job: 'aoba-job' });
    recruiter = (await signIn(app, { companyId: aoba, email: 'a@a.example', role: 'viewer' })).cookie;
    neighbour = (await signIn(app, { companyId: minato, email: 'b@b.example', role: 'admin' })).cookie;
    operator = (await signIn(app, { companyId: null, email: 'o@o.example', role: 'operator' })).cookie;
  });
  afterAll(() => app.close());

  const open = (path: string, cookie?: string) => app.call(path, { headers: cookie ? { cookie } : {} });

  test.each([...COMPANY_PAGES, ...EVERYBODYS_PAGES, ...OPERATOR_PAGES])(
    '%s sends a visitor without a session to sign in',
    async (path) => {
      for (const cookie of [undefined, 'cr_session=', 'cr_session=guess', 'other=1']) {
        const answer = await open(path, cookie);
        expect(answer.status).toBe(303);
        expect(answer.headers.get('location')).toBe('/sign-in');
      }
    },
  );

  test.each(COMPANY_PAGES)('%s is for the company’s people', async (path) => {
    const answer = await open(path, recruiter);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('cache-control')).toBe('private, no-store');
    expect((await open(path, operator)).status).toBe(403);
  });

  test.each(OPERATOR_PAGES)('%s is for operators', async (path) => {
    expect((await open(path, operator)).status).toBe(200);
    const refused = await open(path, recruiter);
    expect(refused.status).toBe(403);
    expect(refused.headers.get('content-type')).toMatch('text/html');
    expect(await refused.text()).toMatch('href="/dashboard"');
  });

  test('a company sees its own mails alone', async () => {
    for (const path of ['/dashboard', '/dashboard/messages']) {
      expect(await (await open(path, recruiter)).text()).toMatch('aoba-job');
      expect(await (await open(path, neighbour)).text()).not.toMatch('aoba-job');
    }
  });

  test('no page of the company shows an address of a mail', async () => {
    for (const path of COMPANY_PAGES) {
      expect(await (await open(path, recruiter)).text()).not.toMatch(/secret-(sender|recipient)/);
    }
  });

  test('a new company is shown what to do next', async () => {
    const page = await (await open('/dashboard', neighbour)).text();
    expect(page).toMatch('はじめかた');
    expect(page).toMatch('/c/minato');
  });

  test.each(['stats', 'messages', 'members'])('GET /v1/companies/{id}/%s', async (name) => {
    const path = `/v1/companies/${aoba}/${name}`;
    expect((await app.call(path)).status).toBe(401);
    expect((await app.call(path, { key: OPERATOR_KEY })).status).toBe(200);
    expect((await app.call(path, { key: await app.apiKey(aoba, ['admin']) })).status).toBe(200);
    expect((await app.call(path, { key: await app.apiKey(minato, ['admin']) })).status).toBe(403);
    expect((await app.call(path, { key: await app.apiKey(aoba, ['mail']) })).status).toBe(403);
    expect((await app.call(path, { key: await app.apiKey(null, ['agency']) })).status).toBe(403);
    const read = name === 'members' ? 403 : 200;
    expect((await app.call(path, { key: await app.apiKey(aoba, ['read']) })).status).toBe(read);
    const unknown = '01990000-0000-7000-8000-000000000000';
    for (const id of [unknown, 'no-id']) {
      const answer = await app.call(`/v1/companies/${id}/${name}`, { key: OPERATOR_KEY });
      expect(answer.status).toBe(404);
    }
  });

  test('POST /v1/companies/{id}/members is for its admins and the operator', async () => {
    const path = `/v1/companies/${aoba}/members`;
    const body = { email: 'new@a.example', role: 'member' };
    for (const scope of ['read', 'links', 'mail'] as const) {
      expect((await app.call(path, { key: await app.apiKey(aoba, [scope]), body })).status).toBe(403);
    }
    expect((await app.call(path, { key: await app.apiKey(minato, ['admin']), body })).status).toBe(403);
    const first = await app.call(path, { key: await app.apiKey(aoba, ['admin']), body });
    expect(first.status).toBe(201);
    const made = await first.json();
    expect(made).toMatchObject({ companyId: aoba, email: 'new@a.example', role: 'member', locale: 'ja' });
    const again = await app.call(path, {
      key: OPERATOR_KEY,
      body: { email: 'New@A.example', role: 'admin', locale: 'en' },
    });
    expect(again.status).toBe(200);
    expect(await again.json()).toMatchObject({ id: made.id, role: 'admin', locale: 'en' });
  });

  test('no company can make an operator', async () => {
    const admin = await app.apiKey(aoba, ['admin']);
    const asRole = { email: 'x@a.example', role: 'operator' };
    expect((await app.call(`/v1/companies/${aoba}/members`, { key: admin, body: asRole })).status).toBe(400);
    const body = { email: 'x@a.example' };
    expect((await app.call('/v1/operators', { key: admin, body })).status).toBe(403);
    expect((await app.call('/v1/operators', { key: OPERATOR_KEY, body })).status).toBe(201);
    expect((await app.call('/v1/operators', { key: OPERATOR_KEY, body })).status).toBe(200);
  });
});
