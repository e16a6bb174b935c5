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

  describe('exclusions are asked when the company is known', () => {
    async function parkAndMatch(email: string, then?: () => Promise<unknown>) {
      const [externalId, code] = [`p-${made++}`, codeOf(made++)];
      await send({ externalId, code, status: 'verified', candidate: { email } });
      await addLink(code);
      await then?.();
      await settleParked(app.deps);
      const { counted, reason } = await standing(externalId);
      return { counted, reason };
    }
    const exclude = (body: object) =>
      app.call(`/v1/companies/${companyId}/exclusions`, { key: OPERATOR_KEY, body });
    const domains = async () =>
      (await app.db.query<{ domain: string }>('SELECT domain FROM parked_postbacks')).flatMap(
        ({ domain }) => domain ?? [],
      );

    test('by domain, which is forgotten then', async () => {
      await exclude({ domain: 'own.example', reason: 'employees' });
      const kept = async () => expect(await domains()).toContain('mail.own.example');
      expect(await parkAndMatch(`p${made++}@Mail.Own.example`, kept)).toEqual({
        counted: false,
        reason: 'excluded',
      });
      expect(await domains()).not.toContain('mail.own.example');
      expect(await parkAndMatch(`p${made++}@known.example`)).toMatchObject({ counted: true });
    });

    test('by address', async () => {
      await exclude({ address: 'tester@parked.example', reason: 'test' });
      expect(await parkAndMatch('tester@parked.example')).toMatchObject({ reason: 'excluded' });
    });

    test('by the domain that only a later report brought', async () => {
      await exclude({ domain: 'late.example', reason: 'employees' });
      const [externalId, code] = [`p-${made++}`, codeOf(made++)];
      await send({ externalId, code, status: 'pending' });
      const candidate = { email: `p${made++}@late.example` };
      await send({ externalId, code, status: 'verified', candidate });
      await addLink(code);
      await settleParked(app.deps);
      expect(await standing(externalId)).toMatchObject({ counted: false });
    });

    test('nobody is shown the domain', async () => {
      const [externalId, code] = [`p-${made++}`, codeOf(made++)];
      await send({ externalId, code, status: 'verified', candidate: { email: 'p@hidden.example' } });
      expect(JSON.stringify(await standing(externalId))).not.toContain('hidden');
      const list = await app.call('/v1/registrations/parked', { key: OPERATOR_KEY });
      expect(await list.text()).not.toContain('hidden');
    });
  });

  test('one that fails stops none of the others', async () => {
    const [bad, good] = [
      [`p-${made++}`, codeOf(made++)],
      [`p-${made++}`, codeOf(made++)],
    ] as const;
    for (const [externalId, code] of [bad, good]) await send({ externalId, code, status: 'verified' });
    await addLink(bad[1]);
    await addLink(good[1]);
    // A ledger whose head was broken by hand: posting to it is a fault.
    const broken = (await app.company({ name: 'Broken', slug: `broken-${made++}` })).id;
    await app.db.query('UPDATE links SET company_id = $2 WHERE code = $1', [bad[1], broken]);
    await app.db.query(
      `INSERT INTO ledger_heads (company_id, sequence, hash, referrals, progress, credits)
       VALUES ($1, 0, $2, -1, -2, 1)`,
      [broken, Buffer.alloc(32)],
    );
    await expect(settleParked(app.deps)).rejects.toThrow('1 reports');
    expect(await standing(good[0])).toMatchObject({ counted: true });
    await app.db.query('DELETE FROM ledger_heads WHERE company_id = $1', [broken]);
    await settleParked(app.deps);
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
