import type { Role } from '../../src/company/members.js';
import { findCompany } from '../../src/company/store.js';
import { listExclusions } from '../../src/credit/exclusion.js';
import { startTestApp, type TestApp } from '../harness/app.js';
import { describeOnDatabase } from '../harness/database.js';
import { signIn } from '../harness/member.js';

describeOnDatabase('settings of a company and exclusions on the desks', (engine) => {
  let app: TestApp;
  let companyId: string;
  let made = 0;
  beforeAll(async () => {
    app = await startTestApp(engine);
  });
  afterAll(() => app.close());
  beforeEach(async () => {
    companyId = (await app.company({ name: '株式会社青葉製作所', slug: `aoba-${made++}` })).id;
  });

  /** A person at a browser: reads pages, and sends forms with the token that they carry. */
  async function person(role: Role, company: string | null = companyId) {
    const email = `person${made++}@aoba.example`;
    const { cookie } = await signIn(app, { companyId: company, email, role });
    const open = async (path: string) => {
      const answer = await app.call(path, { headers: { cookie, 'accept-language': 'ja' } });
      return { status: answer.status, html: await answer.text() };
    };
    async function send(page: string, action: string, fields: Record<string, string>) {
      const csrf = /name="csrf" value="([^"]+)"/.exec((await open(page)).html)![1]!;
      const answer = await fetch(`${app.baseUrl}${action}`, {
        method: 'POST',
        redirect: 'manual',
        headers: { cookie },
        body: new URLSearchParams({ csrf, ...fields }),
      });
      return { status: answer.status, to: answer.headers.get('location') };
    }
    return { open, send };
  }
  const HERE = '/dashboard/settings';
  const off = async () => (await findCompany(app.db, companyId))!.noticesOff;

  test('an administrator chooses the notices; what is not ticked is off', async () => {
    const admin = await person('admin');
    expect((await admin.open(HERE)).html.match(/type="checkbox"[^>]* checked/g)).toHaveLength(4);
    const told = await admin.send(HERE, `${HERE}/notices`, { credit_earned: 'yes', nearly_there: 'no' });
    expect(told).toEqual({ status: 303, to: `${HERE}?said=saved` });
    expect(await off()).toEqual(['nearly_there', 'credit_expiring', 'monthly_summary']);
    const { html } = await admin.open(`${HERE}?said=saved`);
    expect(html).toContain('保存しました。');
    expect(html.match(/type="checkbox"[^>]* checked/g)).toHaveLength(1);
  });

  test.each(['viewer', 'member'] as const)('a %s reads and changes nothing', async (role) => {
    const who = await person(role);
    const { status, html } = await who.open(HERE);
    expect(status).toBe(200);
    expect(html).toContain('変更できるのは、管理者の方だけです。');
    for (const path of ['notices', 'exclusions', 'exclusions/end']) {
      const { status: answered } = await who.send(HERE, `${HERE}/${path}`, { who: 'a.example', reason: 'x' });
      expect(answered).toBe(403);
    }
    expect(await off()).toEqual([]);
    expect(await listExclusions(app.db, companyId)).toEqual([]);
  });

  test.each([
    ['own.example', { kind: 'domain', domain: 'own.example' }],
    ['@own.example', { kind: 'domain', domain: 'own.example' }],
    ['tester@own.example', { kind: 'address_hash', domain: null }],
  ])('%s is left out, shown with its history, and taken back in', async (written, kept) => {
    const admin = await person('admin');
    const form = { who: written, reason: '<b>動作確認</b>' };
    expect((await admin.send(HERE, `${HERE}/exclusions`, form)).to).toBe(`${HERE}?said=excluded`);
    expect((await admin.send(HERE, `${HERE}/exclusions`, form)).to).toBe(`${HERE}?said=stands`);
    const [row] = await listExclusions(app.db, companyId);
    expect(row).toMatchObject({ ...kept, source: 'company', removedAt: null });
    const { html } = await admin.open(HERE);
    expect(html).toContain('&lt;b>動作確認');
    expect(html).not.toContain('tester@');
    const end = { exclusion: row!.id };
    expect((await admin.send(HERE, `${HERE}/exclusions/end`, end)).to).toBe(`${HERE}?said=ended`);
    expect((await admin.send(HERE, `${HERE}/exclusions/end`, end)).to).toBe(`${HERE}?said=unknown`);
    expect((await admin.open(HERE)).html).toContain('に解除');
  });

  test.each([{ who: '' }, { who: 'x' }, { who: 'a b@c' }, { who: 'a.example', reason: '' }])(
    '%j is not understood, and nothing changes',
    async (fields) => {
      const admin = await person('admin');
      const form = { reason: 'x', ...fields };
      expect((await admin.send(HERE, `${HERE}/exclusions`, form)).to).toBe(`${HERE}?said=invalid`);
      expect(await listExclusions(app.db, companyId)).toEqual([]);
    },
  );

  test("an administrator ends neither an operator's exclusion nor another company's", async () => {
    const other = (await app.company({ name: 'Other', slug: `other-${made++}` })).id;
    const [operator, stranger, admin] = [
      await person('operator', null),
      await person('admin', other),
      await person('admin'),
    ];
    const desk = `/operator/companies/${companyId}`;
    await operator.send(desk, `${desk}/exclusions`, { who: 'kept.example', reason: '社員' });
    await stranger.send(HERE, `${HERE}/exclusions`, { who: 'theirs.example', reason: 'x' });
    const [kept] = await listExclusions(app.db, companyId);
    const [theirs] = await listExclusions(app.db, other);
    expect((await admin.open(HERE)).html).not.toContain('解除する');
    for (const exclusion of [kept!.id, theirs!.id]) {
      const told = await admin.send(HERE, `${HERE}/exclusions/end`, { exclusion });
      expect(told.to).toBe(`${HERE}?said=unknown`);
    }
    const told = await operator.send(desk, `${desk}/exclusions/end`, { exclusion: kept!.id });
    expect(told.to).toBe(`${desk}?said=ended`);
  });

  test('an operator keeps the rules that are common to all companies', async () => {
    const operator = await person('operator', null);
    const page = '/operator/exclusions';
    const form = { who: `member${made++}@agency.example`, reason: '会員' };
    expect((await operator.send(page, page, form)).to).toBe(`${page}?said=excluded`);
    const [row] = await listExclusions(app.db, null);
    expect(row).toMatchObject({ companyId: null, source: 'operator' });
    expect((await operator.open(`${page}?said=excluded`)).html).toContain('会員');
    expect((await operator.send(page, `${page}/end`, { exclusion: row!.id })).to).toBe(`${page}?said=ended`);
  });

  test('the desk is no place for a company', async () => {
    const admin = await person('admin');
    expect((await admin.open('/operator/exclusions')).status).toBe(403);
    const { status } = await admin.send(HERE, '/operator/exclusions', { who: 'a.example', reason: 'x' });
    expect(status).toBe(403);
  });
});
