import { OPERATOR_KEY, startTestApp, type TestApp } from '../harness/app.js';
import { describeEachDatabase } from '../harness/database.js';

describeEachDatabase('companies API', (engine) => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp(engine);
  });
  afterAll(() => app.close());

  async function post(path: string, body: unknown, key = OPERATOR_KEY, headers = {}) {
    const response = await app.call(path, { key, body, headers });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  }

  test('creates a company with its static link, and shows it', async () => {
    const { status, body } = await post('/v1/companies', { name: 'Aoba Works', locale: 'en' });
    expect(status).toBe(201);
    expect(body).toMatchObject({ name: 'Aoba Works', slug: 'aoba-works', policy: 'auto', locale: 'en' });
    expect(body.staticUrl).toBe(`${app.deps.config.baseUrl}/c/aoba-works`);
    const got = await app.call(`/v1/companies/${body.id}`, { key: OPERATOR_KEY });
    expect(await got.json()).toEqual(body);
  });

  test('a Japanese name gets a random slug', async () => {
    const { body } = await post('/v1/companies', { name: '株式会社青葉製作所' });
    expect(body.slug).toMatch(/^c-[2-9b-z]{6}$/);
  });

  test('a taken slug is a conflict', async () => {
    await post('/v1/companies', { name: 'One', slug: 'taken' });
    expect((await post('/v1/companies', { name: 'Two', slug: 'taken' })).status).toBe(409);
  });

  test('faulty fields are all named', async () => {
    const { status, body } = await post('/v1/companies', {
      name: '',
      policy: 'sometimes',
      timeZone: 'Mars/Base',
    });
    expect(status).toBe(400);
    expect((body.errors as { field: string }[]).map((fault) => fault.field).sort()).toEqual([
      'name',
      'policy',
      'timeZone',
    ]);
  });

  test('an unknown field is refused by its name', async () => {
    const { status, body } = await post('/v1/companies', { name: 'Typo', polcy: 'auto' });
    expect(status).toBe(400);
    expect(body.detail).toMatch('polcy');
  });

  test('the same Idempotency-Key gives the first answer again, another input 409', async () => {
    const headers = { 'idempotency-key': `create-${engine}` };
    const first = await post('/v1/companies', { name: 'Once' }, OPERATOR_KEY, headers);
    const again = await post('/v1/companies', { name: 'Once' }, OPERATOR_KEY, headers);
    expect(again).toEqual(first);
    expect((await post('/v1/companies', { name: 'Other' }, OPERATOR_KEY, headers)).status).toBe(409);
  });

  test('the same Idempotency-Key at the same time creates one company', async () => {
    const headers = { 'idempotency-key': `race-${engine}` };
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => post('/v1/companies', { name: 'Race' }, OPERATOR_KEY, headers)),
    );
    expect(new Set(answers.map((answer) => answer.body.id)).size).toBe(1);
  });

  test('PATCH changes what is given and keeps the rest', async () => {
    const company = await app.company({ name: 'Patch', linkHost: 'go.patch.example' });
    const response = await app.call(`/v1/companies/${company.id}`, {
      key: OPERATOR_KEY,
      method: 'PATCH',
      body: { policy: 'shadow', linkHost: null },
    });
    expect(await response.json()).toMatchObject({ name: 'Patch', policy: 'shadow', linkHost: null });
  });

  test('credentials are shown once, work, and can be revoked', async () => {
    const company = await app.company({ name: 'Keys' });
    const { status, body } = await post(`/v1/companies/${company.id}/credentials`, { kind: 'api' });
    expect(status).toBe(201);
    const key = String(body.key);
    expect((await app.call(`/v1/companies/${company.id}`, { key })).status).toBe(200);
    const smtp = await post(`/v1/companies/${company.id}/credentials`, { kind: 'smtp', label: 'postfix' });
    expect(smtp.body).toEqual({
      id: expect.any(String),
      username: expect.any(String),
      password: expect.any(String),
    });
    const patched = await app.call(`/v1/companies/${company.id}/credentials/${smtp.body.id}`, {
      key: OPERATOR_KEY,
      method: 'PATCH',
      body: { policy: 'shadow' },
    });
    expect(await patched.json()).toMatchObject({ id: smtp.body.id, policy: 'shadow' });
    const list = await (
      await app.call(`/v1/companies/${company.id}/credentials`, { key: OPERATOR_KEY })
    ).json();
    expect(JSON.stringify(list)).not.toContain(smtp.body.password);
    const revoked = await app.call(`/v1/companies/${company.id}/credentials/${body.id}`, {
      key: OPERATOR_KEY,
      method: 'DELETE',
    });
    expect(revoked.status).toBe(204);
    expect((await app.call(`/v1/companies/${company.id}`, { key })).status).toBe(401);
  });

  test('a company key reads its own company and no other', async () => {
    const [mine, other] = [await app.company({ name: 'Mine' }), await app.company({ name: 'Other' })];
    const key = await app.apiKey(mine.id, ['read']);
    expect((await app.call(`/v1/companies/${mine.id}`, { key })).status).toBe(200);
    expect((await app.call(`/v1/companies/${other.id}`, { key })).status).toBe(403);
    expect((await post('/v1/companies', { name: 'No' }, key)).status).toBe(403);
    const list = (await (await app.call('/v1/companies', { key })).json()) as { companies: { id: string }[] };
    expect(list.companies.map((company) => company.id)).toEqual([mine.id]);
  });

  test('unknown company is 404', async () => {
    for (const id of ['00000000-0000-7000-8000-00000000ffff', 'nonsense']) {
      expect((await app.call(`/v1/companies/${id}`, { key: OPERATOR_KEY })).status).toBe(404);
    }
  });
});
