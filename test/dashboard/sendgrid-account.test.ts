import { startTestApp, type TestApp } from '../harness/app.js';
import { signIn } from '../harness/member.js';

describe('the SendGrid key on the setup page', () => {
  let app: TestApp;
  let companyId: string;
  beforeAll(async () => {
    app = await startTestApp('pglite');
    ({ id: companyId } = await app.company({ name: '青葉', slug: 'aoba' }));
  });
  afterAll(() => app.close());

  async function member(role: 'admin' | 'member' | 'viewer') {
    const { cookie } = await signIn(app, { companyId, email: `${role}@aoba.example`, role });
    const page = async (path = '/dashboard/setup') =>
      (await app.call(path, { headers: { cookie, 'accept-language': 'en' } })).text();
    const csrf = /name="csrf" value="([^"]+)"/.exec(await page())?.[1] ?? '';
    const post = (path: string, fields: Record<string, string>) =>
      fetch(`${app.baseUrl}${path}`, {
        method: 'POST',
        redirect: 'manual',
        headers: { cookie, 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams(fields).toString(),
      });
    return { page, csrf, post };
  }
  const kept = () => app.db.query<{ hint: string }>('SELECT hint FROM sendgrid_accounts');

  test('an admin deposits, replaces and removes it; it is never shown', async () => {
    const { page, csrf, post } = await member('admin');
    const apiKey = 'SG.own-key-0123456789-abcd';
    const answer = await post('/dashboard/sendgrid', { csrf, apiKey });
    expect([answer.status, answer.headers.get('location')]).toEqual([
      303,
      '/dashboard/setup?said=kept#sendgrid',
    ]);
    const shown = await page('/dashboard/setup?said=kept');
    expect(shown).toContain('…abcd');
    expect(shown).not.toContain(apiKey);
    await post('/dashboard/sendgrid', { csrf, apiKey: 'SG.own-key-0123456789-wxyz' });
    expect(await kept()).toEqual([{ hint: 'wxyz' }]);
    await post('/dashboard/sendgrid/removal', { csrf });
    expect(await kept()).toEqual([]);
  });

  test('what is no key, and a form from elsewhere, keep nothing', async () => {
    const { csrf, post } = await member('admin');
    const refused = await post('/dashboard/sendgrid', { csrf, apiKey: 'x' });
    expect(refused.headers.get('location')).toBe('/dashboard/setup?said=invalid#sendgrid');
    expect((await post('/dashboard/sendgrid', { csrf: 'x', apiKey: 'SG.own-key-0123456789' })).status).toBe(
      403,
    );
    expect(await kept()).toEqual([]);
  });

  test.each(['member', 'viewer'] as const)('a %s sees the state and no form', async (role) => {
    const { page, csrf, post } = await member(role);
    const shown = await page();
    expect(shown).toContain('id="sendgrid"');
    expect(shown).not.toContain('/dashboard/sendgrid"');
    expect((await post('/dashboard/sendgrid', { csrf, apiKey: 'SG.own-key-0123456789' })).status).toBe(403);
  });
});
