import { startTestApp, type TestApp } from '../harness/app.js';
import { engines } from '../harness/database.js';
import { signIn } from '../harness/member.js';
import { rowsOf } from './rows.js';

describe("the operator's pages about registrations and the system", () => {
  let app: TestApp;
  let cookie: string;
  let externalId: string;

  beforeAll(async () => {
    app = await startTestApp(engines.at(-1)!);
    const company = await app.company({ name: 'Aoba Works', slug: 'aoba' });
    const rows = rowsOf(app, company.id);
    await rows.link('aaaaaaaaaa', '2026-11-01T01:00:00Z');
    await rows.message('2026-11-01T01:00:00Z', { action: 'inserted', code: 'aaaaaaaaaa' });
    await rows.message('2026-11-20T01:00:00Z', { outcome: 'ambiguous' });
    await rows.click('aaaaaaaaaa', '2026-11-01T03:00:00Z');
    await rows.registration('2026-11-01T04:00:00Z', { code: 'aaaaaaaaaa', status: 'verified' });
    await app.db.query(
      `UPDATE registrations SET attribution = '{"kind": "attributed", "rule": "link_in_window"}'`,
    );
    [{ externalId }] = (await app.db.query<{ externalId: string }>(
      'SELECT external_id AS "externalId" FROM registrations',
    )) as [{ externalId: string }];
    ({ cookie } = await signIn(app, {
      companyId: null,
      email: 'op@agency.example',
      role: 'operator',
      locale: 'en',
    }));
  });
  afterAll(() => app.close());

  async function page(path: string): Promise<string> {
    const response = await app.call(path, { headers: { cookie } });
    expect(response.status).toBe(200);
    return response.text();
  }

  test('registrations are found by id, by company and by status', async () => {
    expect(await page(`/operator/registrations?q=${externalId}`)).toContain(externalId);
    expect(await page('/operator/registrations?q=aoba')).toContain(externalId);
    expect(await page('/operator/registrations?q=other')).not.toContain(externalId);
    expect(await page('/operator/registrations?status=reversed')).not.toContain(externalId);
  });

  test('a registration is shown with its mail, link, click and the rule that decided', async () => {
    const chain = await page(`/operator/registrations/${externalId}`);
    expect(chain).toContain('within the attribution window');
    expect(chain).toContain('aaaaaaaaaa');
    expect(chain).toContain('human');
    expect(chain).not.toContain('secret-');
    expect((await app.call('/operator/registrations/none', { headers: { cookie } })).status).toBe(404);
  });

  test('a failed job is shown without addresses, runs again once, and that is written down', async () => {
    await app.db.transaction((tx) =>
      app.deps.jobs.enqueue(tx, 'notice-mail', { noticeId: app.deps.newId() }),
    );
    const [job] = await app.db.query<{ id: string }>(
      `UPDATE pgboss.job SET state = 'failed', output = '{"message": "550 <person@b.example> unknown"}',
         completed_on = now() WHERE name = 'notice-mail' RETURNING id`,
    );
    const shown = await page('/operator/system');
    expect(shown).toContain('550 … unknown');
    expect(shown).not.toContain('person@');
    expect(shown).not.toContain('secret-recipient');
    const csrf = /name="csrf" value="([^"]+)"/.exec(shown)?.[1] ?? '';
    const retry = () =>
      fetch(`${app.baseUrl}/operator/system/retry`, {
        method: 'POST',
        redirect: 'manual',
        headers: { cookie, 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams({ csrf, job: job!.id }),
      });
    expect((await retry()).headers.get('location')).toBe('/operator/system?said=retried');
    expect((await retry()).headers.get('location')).toBe('/operator/system?said=gone');
    const written = await app.db.query(`SELECT subject FROM audit_log WHERE action = 'job.retried'`);
    expect(written).toEqual([{ subject: job!.id }]);
  });
});
