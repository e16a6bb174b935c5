import { settleParked } from '../../src/registration/parked.js';
import { OPERATOR_KEY, startTestApp, type TestApp } from '../harness/app.js';
import { describeEachDatabase } from '../harness/database.js';
import { linkOf, referralsOf } from './candidate.js';

const DAY = 24 * 60 * 60 * 1000;

describeEachDatabase('reports of unknown codes and clicks', (engine) => {
  let app: TestApp;
  let agency: string;
  let companyId: string;
  let made = 0;
  beforeAll(async () => {
    app = await startTestApp(engine);
    agency = await app.apiKey(null, ['agency']);
  });
  afterAll(() => app.close());
  beforeEach(async () => {
    companyId = (await app.company({ name: 'Aoba', slug: `aoba-${made++}` })).id;
  });

  const codeOf = (number: number) => `zzzzzz${String(number + 2222).replace(/[01]/g, '9')}`;
  async function send(body: object) {
    const response = await app.call('/v1/registrations', { key: agency, body });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  }
  async function addLink(code: string): Promise<void> {
    await app.db.query(
      `INSERT INTO links (code, company_id, kind, origin, created_at) VALUES ($1, $2, 'candidate', 'import', $3)`,
      [code, companyId, app.clock.now()],
    );
  }
  async function addClick(id: string, code: string, visitor = 'human'): Promise<void> {
    await app.db.query(
      `INSERT INTO clicks (id, at, code, company_id, class, cues, rules_version, method)
       VALUES ($1, $2, $3, $4, $5, '{}', 1, 'GET')`,
      [id, app.clock.now(), code, companyId, visitor],
    );
  }
  async function standing(externalId: string) {
    const response = await app.call(`/v1/registrations/${externalId}`, { key: OPERATOR_KEY });
    return (await response.json()) as Record<string, unknown>;
  }
  async function parkedIds(): Promise<unknown[]> {
    const response = await app.call('/v1/registrations/parked', { key: OPERATOR_KEY });
    const { parked } = (await response.json()) as {
      parked: { externalId: string; outcome: string | null }[];
    };
    return parked.map((one) => [one.externalId, one.outcome]);
  }

  test('a code that appears later is matched by the next look, and counts', async () => {
    const [externalId, code] = [`p-${made++}`, codeOf(made++)];
    const first = await send({ externalId, code, status: 'verified' });
    expect(first.body).toMatchObject({ counted: false, reason: 'unattributed' });
    expect(await parkedIds()).toContainEqual([externalId, null]);
    expect(await settleParked(app.deps)).toBe(0);
    await addLink(code);
    expect(await settleParked(app.deps)).toBe(1);
    expect(await standing(externalId)).toMatchObject({ companyId, counted: true, link: { code } });
    expect(await referralsOf(app, companyId)).toBe(1);
    expect(await parkedIds()).not.toContainEqual([externalId, null]);
    expect(await settleParked(app.deps)).toBe(0);
  });

  test('a later report matches at once, and may repeat the code', async () => {
    const [externalId, code] = [`p-${made++}`, codeOf(made++)];
    const candidate = { email: `${externalId}@example.jp` };
    await send({ externalId, code, candidate, status: 'verified' });
    expect((await send({ externalId, code, status: 'verified' })).status).toBe(200);
    expect((await send({ externalId, code: codeOf(made++), status: 'verified' })).status).toBe(409);
    await addLink(code);
    expect(await send({ externalId, code, status: 'accepted' })).toMatchObject({
      status: 200,
      body: { companyId, counted: true, status: 'accepted' },
    });
  });

  test('a click that was spooled is matched when it arrives', async () => {
    const [externalId, clickId] = [`p-${made++}`, app.deps.newId()];
    await send({ externalId, clickId, status: 'verified' });
    await addClick(clickId, await linkOf(app, companyId));
    await settleParked(app.deps);
    expect(await standing(externalId)).toMatchObject({ counted: true, attribution: { kind: 'click' } });
  });

  test('what ended meanwhile counts as it would have in order', async () => {
    const [externalId, code] = [`p-${made++}`, codeOf(made++)];
    await send({ externalId, code, status: 'verified' });
    await send({ externalId, status: 'rejected' });
    await addLink(code);
    await settleParked(app.deps);
    expect(await standing(externalId)).toMatchObject({ status: 'rejected', counted: true });
  });

  test('what was reversed meanwhile never counts', async () => {
    const [externalId, code] = [`p-${made++}`, codeOf(made++)];
    await send({ externalId, code, status: 'verified' });
    const path = `/v1/registrations/${externalId}/reversal`;
    await app.call(path, { key: agency, body: { reason: 'entered twice' } });
    await addLink(code);
    await settleParked(app.deps);
    expect(await standing(externalId)).toMatchObject({ status: 'reversed', counted: false });
    expect(await referralsOf(app, companyId)).toBe(0);
  });

  test('after 30 days it is given up and stays on the list', async () => {
    const [externalId, code] = [`p-${made++}`, codeOf(made++)];
    await send({ externalId, code, status: 'verified' });
    app.clock.advance(30 * DAY - 1);
    await settleParked(app.deps);
    expect(await parkedIds()).toContainEqual([externalId, null]);
    app.clock.advance(1);
    await settleParked(app.deps);
    expect(await parkedIds()).toContainEqual([externalId, 'expired']);
    await addLink(code);
    await settleParked(app.deps);
    expect(await referralsOf(app, companyId)).toBe(0);
  });

  test('two looks at once count once', async () => {
    const [externalId, code] = [`p-${made++}`, codeOf(made++)];
    await send({ externalId, code, status: 'verified' });
    await addLink(code);
    await Promise.all([settleParked(app.deps), settleParked(app.deps), settleParked(app.deps)]);
    expect(await referralsOf(app, companyId)).toBe(1);
  });

  test('an agency does not see the list', async () => {
    expect((await app.call('/v1/registrations/parked', { key: agency })).status).toBe(403);
  });

  describe('the chain that explains an attribution', () => {
    test('the operator sees mail, link, clicks, ledger and the rule; the agency the rule', async () => {
      const [externalId, code] = [`p-${made++}`, await linkOf(app, companyId)];
      await addClick(app.deps.newId(), code, 'scanner');
      await addClick(app.deps.newId(), code);
      await send({ externalId, code, status: 'verified', candidate: { email: `${externalId}@example.jp` } });
      const told = {
        externalId,
        counted: true,
        attribution: { rule: 'link_in_window' },
        because: 'The link that was named was made for this company within the attribution window.',
        registration: { origin: 'postback', countedAt: app.clock.now().toISOString() },
      };
      const chain = {
        link: { code, companyId, kind: 'candidate' },
        clicks: [{ class: expect.any(String) }, { class: expect.any(String) }],
        ledger: [{ companyId, kind: 'referral', sequence: 1 }],
        mails: [],
        parked: null,
      };
      expect(await standing(externalId)).toMatchObject({ ...told, ...chain });
      const response = await app.call(`/v1/registrations/${externalId}`, { key: agency });
      const seen = (await response.json()) as object;
      expect(seen).toMatchObject(told);
      expect(Object.keys(seen)).not.toEqual(expect.arrayContaining(['clicks']));
      expect(JSON.stringify(seen)).not.toContain('example.jp');
    });

    test('an unknown registration is a 404; a company may not ask', async () => {
      expect((await app.call('/v1/registrations/never-seen', { key: agency })).status).toBe(404);
      const key = await app.apiKey(companyId, ['read', 'admin']);
      expect((await app.call('/v1/registrations/never-seen', { key })).status).toBe(403);
    });
  });
});
