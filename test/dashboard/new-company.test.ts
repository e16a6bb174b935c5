import { startTestApp, type TestApp } from '../harness/app.js';
import { signIn } from '../harness/member.js';

describe('a company that an operator adds', () => {
  let app: TestApp;
  let cookie: string;
  beforeAll(async () => {
    app = await startTestApp('pglite');
    ({ cookie } = await signIn(app, { companyId: null, role: 'operator', email: 'ops@relay.example' }));
  });
  afterAll(() => app.close());

  const page = async (path: string, as = cookie) =>
    (await app.call(path, { headers: { cookie: as } })).text();
  async function add(fields: Record<string, string>): Promise<Response> {
    const csrf = /name="csrf" value="([^"]+)"/.exec(await page('/operator/companies/new'))![1]!;
    const body = new URLSearchParams({ csrf, ...fields });
    const init = { method: 'POST', redirect: 'manual' as const, headers: { cookie }, body };
    return fetch(`${app.baseUrl}/operator/companies/new`, init);
  }

  test('starts in the shadow, with its administrator, both written down; its first steps lead on', async () => {
    expect(await page('/operator')).toContain('href="/operator/companies/new"');
    const added = await add({ name: '青葉製作所', slug: 'aoba', email: 'jinji@aoba.example', locale: 'ja' });
    expect(added.status).toBe(303);
    const id = added.headers.get('location')!.split('/').at(-1)!;
    expect((await app.call(`/operator/companies/${id}`, { headers: { cookie } })).status).toBe(200);
    const rows = await app.db.query(
      `SELECT c.policy, c.slug, m.email, m.role FROM companies c JOIN members m ON m.company_id = c.id WHERE c.id = $1`,
      [id],
    );
    expect(rows).toEqual([{ policy: 'shadow', slug: 'aoba', email: 'jinji@aoba.example', role: 'admin' }]);
    const log = await app.db.query<{ action: string }>('SELECT action FROM audit_log WHERE company_id = $1', [
      id,
    ]);
    expect(log.map(({ action }) => action).sort()).toEqual(['company.created', 'member.added']);
    const admin = await signIn(app, { companyId: id, role: 'admin', email: 'jinji@aoba.example' });
    const steps = await page('/dashboard/setup', admin.cookie);
    expect(steps).toContain('はじめ方');
    expect(steps).toContain('入れるはずだったメール：0通');
    expect(steps).not.toContain('>済み<');
    await app.smtpCredential(id);
    expect(await page('/dashboard/setup', admin.cookie)).toContain('>済み<');
  });

  test.each([
    ['no name', { name: ' ', email: 'a@b.example' }, '企業名を入力'],
    ['a faulty address', { name: 'B', email: 'a@' }, 'メールアドレスを確認'],
    ['a faulty static link', { name: 'B', email: 'a@b.example', slug: 'B!' }, '3～50文字'],
    ['a static link that is taken', { name: 'B', email: 'a@b.example', slug: 'aoba' }, 'ほかの企業が使って'],
  ])('%s is said, and nothing is made', async (_name, fields, said) => {
    const refused = await add({ locale: 'ja', ...fields });
    expect(refused.status).toBe(422);
    expect(await refused.text()).toContain(said);
    expect(await app.db.query("SELECT 1 FROM companies WHERE name = 'B'")).toEqual([]);
  });
});
