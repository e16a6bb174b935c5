import { statusAfter } from '../../src/registration/report.js';
import { OPERATOR_KEY, startTestApp, type TestApp } from '../harness/app.js';
import { describeEachDatabase } from '../harness/database.js';
import { BEHIND_PROXY, Candidate, linkOf, referralsOf, registrationsOf, TARO } from './candidate.js';

test('statuses move forward only', () => {
  expect(statusAfter('pending', 'accepted')).toBe('accepted');
  expect(statusAfter('accepted', 'verified')).toBe('accepted');
  expect(statusAfter('accepted', 'withdrawn')).toBe('withdrawn');
  expect(statusAfter('rejected', 'accepted')).toBe('rejected');
  expect(statusAfter('rejected', 'withdrawn')).toBe('withdrawn');
  expect(statusAfter('reversed', 'withdrawn')).toBe('reversed');
});

describeEachDatabase('registrations by postback', (engine) => {
  let app: TestApp;
  let agency: string;
  let companyId: string;
  let code: string;
  let made = 0;
  beforeAll(async () => {
    app = await startTestApp(engine, BEHIND_PROXY);
    agency = await app.apiKey(null, ['agency']);
  });
  afterAll(() => app.close());
  beforeEach(async () => {
    companyId = (await app.company({ name: 'Aoba', slug: `aoba-${made++}` })).id;
    code = await linkOf(app, companyId);
  });

  const fresh = () => ({
    externalId: `agency-${made++}`,
    candidate: { email: `person${made++}@example.jp`, name: '山田 太郎' },
  });
  async function send(body: object, headers?: Record<string, string>) {
    const response = await app.call('/v1/registrations', { key: agency, body, headers });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  }
  async function reverse(externalId: string, reason = 'entered twice') {
    const path = `/v1/registrations/${externalId}/reversal`;
    const response = await app.call(path, { key: agency, body: { reason } });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  }

  test('a verified one counts; the repeat is the same answer with 200', async () => {
    const input = { ...fresh(), code, status: 'verified' };
    const first = await send(input);
    expect(first).toMatchObject({
      status: 201,
      body: {
        externalId: input.externalId,
        companyId,
        status: 'verified',
        counted: true,
        attribution: { kind: 'code', companyId, code, rule: 'link_in_window' },
      },
    });
    const again = await send(input);
    expect(again).toEqual({ status: 200, body: first.body });
    expect(await referralsOf(app, companyId)).toBe(1);
  });

  test('the same external id with another content is a conflict that names the field', async () => {
    const input = { ...fresh(), code, status: 'verified' };
    await send(input);
    const elsewhere = await send({ ...input, code: await linkOf(app, companyId) });
    expect(elsewhere).toMatchObject({ status: 409, body: { errors: [{ field: 'code' }] } });
    const another = await send({ ...input, candidate: { email: 'other@example.jp' } });
    expect(another).toMatchObject({ status: 409, body: { errors: [{ field: 'candidate.email' }] } });
    expect(await referralsOf(app, companyId)).toBe(1);
  });

  test('registered, then verified, then accepted: counts once, at the event of the program', async () => {
    const input = { ...fresh(), code };
    expect(await send({ ...input, status: 'registered' })).toMatchObject({
      status: 201,
      body: { status: 'pending', counted: false },
    });
    expect(await referralsOf(app, companyId)).toBe(0);
    expect(await send({ ...input, status: 'verified' })).toMatchObject({
      status: 200,
      body: { status: 'verified', counted: true },
    });
    const later = await send({ externalId: input.externalId, status: 'accepted' });
    expect(later).toMatchObject({ status: 200, body: { status: 'accepted', counted: true } });
    expect(await referralsOf(app, companyId)).toBe(1);
  });

  test('reports out of order end where they should', async () => {
    const input = { ...fresh(), code };
    await send({ ...input, status: 'accepted' });
    expect(await send({ ...input, status: 'registered' })).toMatchObject({
      status: 200,
      body: { status: 'accepted', counted: true },
    });
  });

  test('closed does not count; a milestone that arrives late counts as it would have in order', async () => {
    const input = { ...fresh(), code };
    for (const status of ['withdrawn', 'registered']) {
      expect(await send({ ...input, status })).toMatchObject({ body: { counted: false, reason: 'closed' } });
    }
    expect(await send({ ...input, status: 'verified' })).toMatchObject({
      body: { status: 'withdrawn', counted: true },
    });
    expect(await referralsOf(app, companyId)).toBe(1);
  });

  test('unknown code, unknown click, nothing named: unattributed with the reason', async () => {
    const click = '01890000-0000-7000-8000-00000000dead';
    for (const [named, reason] of [
      [{ code: 'bcdfghjkmn' }, 'unknown_code'],
      [{ clickId: click }, 'unknown_click'],
      [{}, 'nothing_named'],
    ] as const) {
      const input = { ...fresh(), ...named, status: 'verified' };
      const first = await send(input);
      expect(first).toMatchObject({
        status: 201,
        body: { companyId: null, counted: false, reason: 'unattributed', attribution: { reason } },
      });
      expect(await send(input)).toEqual({ status: 200, body: first.body });
    }
  });

  test('by click id', async () => {
    const clickId = app.deps.newId();
    await app.db.query(
      `INSERT INTO clicks (id, at, code, company_id, class, cues, rules_version, method)
       VALUES ($1, $2, $3, $4, 'human', '{}', 1, 'GET')`,
      [clickId, app.clock.now(), code, companyId],
    );
    expect(await send({ ...fresh(), clickId, status: 'verified' })).toMatchObject({
      body: { companyId, counted: true, attribution: { kind: 'click', clickId } },
    });
  });

  test('one person by form and by postback is one person', async () => {
    const candidate = new Candidate(app);
    const email = `person${made++}@example.jp`;
    await candidate.register(`/join/${code}`, { ...TARO, email });
    const input = { externalId: `agency-${made++}`, code, status: 'verified', candidate: { email } };
    expect(await send(input)).toMatchObject({ body: { counted: false, reason: 'duplicate_company' } });
  });

  test('the agency reports on a registration of our page by its id, but cannot confirm it', async () => {
    const candidate = new Candidate(app);
    const email = `person${made++}@example.jp`;
    await candidate.post(`/join/${code}`, { ...TARO, email });
    const [row] = await app.db.query<{ id: string }>('SELECT id FROM registrations WHERE email = $1', [
      email,
    ]);
    const report = { externalId: row!.id, status: 'accepted' };
    expect(await send(report)).toMatchObject({ status: 409, body: { errors: [{ field: 'status' }] } });
    const [verify] = await candidate.mailedPaths(email);
    await candidate.post(verify!, {});
    expect(await send(report)).toMatchObject({ status: 200, body: { status: 'accepted', counted: true } });
  });

  test('where acceptance counts, confirmation does not yet', async () => {
    await app.db.query(
      `INSERT INTO program_rules (id, company_id, effective_at, threshold, count_event, attribution_window_days,
         person_window_days) VALUES ($1, $2, '2020-01-01', 10, 'accepted', 180, 365)`,
      [app.deps.newId(), companyId],
    );
    const candidate = new Candidate(app);
    const email = `person${made++}@example.jp`;
    await candidate.register(`/join/${code}`, { ...TARO, email });
    expect(await registrationsOf(app, email)).toMatchObject([{ counted: false, reason: null }]);
    const [row] = await app.db.query<{ id: string }>('SELECT id FROM registrations WHERE email = $1', [
      email,
    ]);
    expect(await send({ externalId: row!.id, status: 'accepted' })).toMatchObject({
      body: { counted: true },
    });
  });

  test('a reversal takes the referral back once; the person may count again', async () => {
    const input = { ...fresh(), code, status: 'verified' };
    await send(input);
    expect(await reverse(input.externalId)).toMatchObject({
      status: 201,
      body: { status: 'reversed', counted: false, reason: 'reversed' },
    });
    expect((await reverse(input.externalId)).status).toBe(200);
    expect(await referralsOf(app, companyId)).toBe(0);
    expect(await send(input)).toMatchObject({ status: 200, body: { status: 'reversed', counted: false } });
    const anew = { ...input, externalId: `agency-${made++}` };
    expect(await send(anew)).toMatchObject({ status: 201, body: { counted: true } });
  });

  test('the reversal of an unknown registration is a 404', async () => {
    expect((await reverse('never-seen')).status).toBe(404);
  });

  test('the same report many times at once is one registration', async () => {
    const input = { ...fresh(), code, status: 'verified' };
    const answers = await Promise.all(Array.from({ length: 8 }, () => send(input)));
    expect(answers.map((answer) => answer.status).sort()).toEqual([200, 200, 200, 200, 200, 200, 200, 201]);
    expect(await referralsOf(app, companyId)).toBe(1);
  });

  test('Idempotency-Key gives the first answer again', async () => {
    const headers = { 'idempotency-key': `key-${made++}` };
    const input = { ...fresh(), code, status: 'verified' };
    const first = await send(input, headers);
    expect(await send(input, headers)).toEqual(first);
    expect((await send({ ...input, status: 'accepted' }, headers)).status).toBe(409);
  });

  test('no name and no address of the candidate is kept or told', async () => {
    const input = { ...fresh(), code, status: 'verified' };
    const { body } = await send(input);
    expect(JSON.stringify(body)).not.toContain('example.jp');
    const rows = await app.db.query('SELECT name, email FROM registrations WHERE external_id = $1', [
      input.externalId,
    ]);
    expect(rows).toEqual([{ name: null, email: null }]);
  });

  test.each([
    ['no status', { code: 'bcdfghjkmn' }, 'status'],
    ['a malformed code', { code: 'x', status: 'verified' }, 'code'],
    [
      'code and click',
      { code: 'bcdfghjkmn', clickId: '01890000-0000-7000-8000-00000000dead', status: 'verified' },
      'clickId',
    ],
    ['an unknown status', { status: 'hired' }, 'status'],
    ['a malformed time', { status: 'verified', occurredAt: 'yesterday' }, 'occurredAt'],
  ])('%s is a 400 that names the field', async (_, faulty, field) => {
    const answer = await send({ externalId: `agency-${made++}`, ...faulty });
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ field }] } });
  });

  test('a company may not report; the operator may', async () => {
    const input = { ...fresh(), code, status: 'verified' };
    const key = await app.apiKey(companyId, ['links', 'read', 'admin']);
    expect((await app.call('/v1/registrations', { key, body: input })).status).toBe(403);
    expect((await app.call('/v1/registrations', { key: OPERATOR_KEY, body: input })).status).toBe(201);
  });
});
