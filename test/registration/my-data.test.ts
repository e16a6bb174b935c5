import { mintLinks } from '../../src/link/mint.js';
import { personOf } from '../../src/registration/registration.js';
import { writeMessage } from '../../src/relay/store.js';
import { OPERATOR_KEY, startTestApp, type TestApp } from '../harness/app.js';
import { describeEachDatabase } from '../harness/database.js';
import { BEHIND_PROXY, Candidate, linkOf, referralsOf, registrationsOf, TARO } from './candidate.js';
import { formsOf, tablesWith } from './everywhere.js';

const HOUR = 60 * 60 * 1000;

describeEachDatabase("a candidate's own data", (engine) => {
  let app: TestApp;
  let candidate: Candidate;
  let company: { id: string };
  let code: string;
  let people = 0;
  const somebody = () => ({ ...TARO, email: `person${people++}@example.jp` });

  beforeAll(async () => {
    app = await startTestApp(engine, BEHIND_PROXY);
  });
  afterAll(() => app.close());
  beforeEach(async () => {
    app.clock.advance(24 * HOUR);
    candidate = new Candidate(app);
    company = await app.company({ name: '株式会社青葉製作所', slug: `aoba-${people++}` });
    code = await linkOf(app, company.id);
  });

  async function ask(email: string): Promise<string> {
    expect((await candidate.post('/my-data', { email })).status).toBe(303);
    return (await candidate.mailedPaths(email, 'my-data')).at(-1)!;
  }
  async function idOf(email: string): Promise<string> {
    const [row] = await app.db.query<{ id: string }>(
      'SELECT id FROM registrations WHERE email = $1 ORDER BY created_at DESC LIMIT 1',
      [email],
    );
    return row!.id;
  }
  const withdraw = (page: string, registration: string, purpose: string) =>
    candidate.post(`${page}/consents`, { registration, purpose });

  test('known and unknown addresses get the same answer; only the known one gets a mail', async () => {
    const person = somebody();
    await candidate.register(`/join/${code}`, person);
    const stranger = `stranger${people++}@example.jp`;
    const [known, unknown] = [
      await candidate.post('/my-data', { email: person.email! }),
      await candidate.post('/my-data', { email: stranger }),
    ];
    expect(unknown.status).toBe(known.status);
    expect(unknown.headers.get('location')).toBe(known.headers.get('location'));
    expect(await candidate.mailedPaths(person.email, 'my-data')).toHaveLength(1);
    expect(await candidate.mailedPaths(stranger, 'my-data')).toEqual([]);
    expect(await tablesWith(app.db, [stranger])).toEqual([]);
  });

  test('the page shows registrations, consents with their text version, provisions and records', async () => {
    const person = somebody();
    await candidate.register(`/join/${code}`, { ...person, follow_up: 'yes' });
    await app.db.transaction((tx) =>
      mintLinks(app.deps, tx, company.id, 'api', [{ recipient: person.email!.toUpperCase() }]),
    );
    const { html, status } = await candidate.open(await ask(person.email!));
    expect(status).toBe(200);
    for (const text of [
      '株式会社青葉製作所へのご応募をきっかけとしたご登録',
      person.email,
      '山田 太郎',
      '文面の版 2026-11/ja',
      '株式会社リレー紹介へ提供（お名前、メールアドレス）',
      'ご案内リンク 1件',
      '同意していません',
    ]) {
      expect(html).toContain(text);
    }
  });

  test('the export is the same as JSON', async () => {
    const person = somebody();
    await candidate.register(`/join/${code}`, person);
    const page = await ask(person.email!);
    const response = await app.call(`${page}/export.json`);
    expect(response.headers.get('content-disposition')).toContain('my-data.json');
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(await response.json()).toMatchObject({
      email: person.email,
      registrations: [
        {
          company: '株式会社青葉製作所',
          name: '山田 太郎',
          status: 'verified',
          consents: [{ granted: true }, { purpose: 'inform_company' }, { purpose: 'follow_up' }],
          provisions: [{ recipient: '株式会社リレー紹介', items: ['name', 'email'] }],
        },
      ],
    });
  });

  test('opening changes nothing, on any page', async () => {
    const person = somebody();
    await candidate.register(`/join/${code}`, { ...person, follow_up: 'yes' });
    const page = await ask(person.email!);
    const state = () =>
      app.db.query('SELECT r.*, c.granted, c.withdrawn_at FROM registrations r JOIN consents c ON true');
    const before = await state();
    for (const path of ['', '/export.json', '/erase', '/consents', '?confirm=yes', '/erase?confirm=yes']) {
      await candidate.open(`${page}${path}`);
      await fetch(`${app.baseUrl}${page}${path}`, { method: 'HEAD' });
    }
    expect(await state()).toEqual(before);
  });

  test('a single consent is withdrawn, and the others stay', async () => {
    const person = somebody();
    await candidate.register(`/join/${code}`, { ...person, follow_up: 'yes', inform_company: 'yes' });
    const page = await ask(person.email!);
    const id = await idOf(person.email!);
    expect((await withdraw(page, id, 'follow_up')).status).toBe(303);
    const consents = await app.db.query(
      `SELECT purpose, granted, withdrawn_at IS NOT NULL AS withdrawn FROM consents
       WHERE registration_id = $1 ORDER BY purpose`,
      [id],
    );
    expect(consents).toEqual([
      { purpose: 'follow_up', granted: false, withdrawn: true },
      { purpose: 'inform_company', granted: true, withdrawn: false },
      { purpose: 'provide_to_agency', granted: true, withdrawn: false },
    ]);
    expect(await registrationsOf(app, person.email!)).toMatchObject([{ status: 'verified', counted: true }]);
  });

  test('without consent to provide, a pending registration is withdrawn and its mail confirms nothing', async () => {
    const person = somebody();
    await candidate.post(`/join/${code}`, person);
    const [verify] = await candidate.mailedPaths(person.email);
    const page = await ask(person.email!);
    await withdraw(page, await idOf(person.email!), 'provide_to_agency');
    expect(await registrationsOf(app, person.email!)).toMatchObject([
      { status: 'withdrawn', counted: false, reason: 'closed' },
    ]);
    expect((await candidate.post(verify!, {})).status).toBe(410);
  });

  test('what counted keeps its place in the ledger when the consent is withdrawn', async () => {
    const person = somebody();
    await candidate.register(`/join/${code}`, person);
    const page = await ask(person.email!);
    await withdraw(page, await idOf(person.email!), 'provide_to_agency');
    expect(await registrationsOf(app, person.email!)).toMatchObject([{ status: 'verified', counted: true }]);
    expect(await referralsOf(app, company.id)).toBe(1);
  });

  test("another person's registration cannot be touched", async () => {
    const [mine, theirs] = [somebody(), somebody()];
    await candidate.register(`/join/${code}`, mine);
    await candidate.register(`/join/${code}`, theirs);
    const page = await ask(mine.email!);
    const id = await idOf(theirs.email!);
    expect((await withdraw(page, id, 'provide_to_agency')).status).toBe(404);
    const rows = await app.db.query('SELECT FROM consents WHERE registration_id = $1 AND granted', [id]);
    expect(rows).toHaveLength(1);
  });

  test('the agency cannot give a withdrawn consent back with an older one', async () => {
    const email = `person${people++}@example.jp`;
    const given = { version: 'agency-3', at: app.clock.now().toISOString() };
    const report = { externalId: `a-${people++}`, code, status: 'registered', candidate: { email } };
    const send = (body: object) => app.call('/v1/registrations', { key: OPERATOR_KEY, body });
    const { id } = (await (await send({ ...report, consent: given })).json()) as { id: string };
    const page = await ask(email);
    await withdraw(page, id, 'provide_to_agency');
    await send({ ...report, consent: given });
    const [row] = await app.db.query('SELECT granted FROM consents WHERE registration_id = $1', [id]);
    expect(row).toEqual({ granted: false });
  });

  test('a link works for 24 hours', async () => {
    const person = somebody();
    await candidate.register(`/join/${code}`, person);
    const page = await ask(person.email!);
    app.clock.advance(24 * HOUR - 1);
    expect((await candidate.open(page)).status).toBe(200);
    app.clock.advance(1);
    for (const path of ['', '/export.json', '/erase']) {
      expect((await candidate.open(`${page}${path}`)).status).toBe(404);
    }
    expect((await candidate.post(`${page}/erase`, { confirm: 'yes' })).status).toBe(404);
    expect(await registrationsOf(app, person.email!)).toHaveLength(1);
  });

  test('one mail a minute and five a day to one person, with the same answer', async () => {
    const person = somebody();
    await candidate.register(`/join/${code}`, person);
    await ask(person.email!);
    await ask(person.email!);
    expect(await candidate.mailedPaths(person.email, 'my-data')).toHaveLength(1);
    for (let round = 0; round < 7; round += 1) {
      app.clock.advance(60_000);
      await ask(person.email!);
    }
    expect(await candidate.mailedPaths(person.email, 'my-data')).toHaveLength(5);
  });

  test('a malformed address is told beside the field', async () => {
    const response = await candidate.post('/my-data', { email: 'nobody' });
    expect(response.status).toBe(422);
    expect(await response.text()).toMatch(/aria-describedby="email-fault"/);
  });

  test('too many requests from one network wait', async () => {
    const visitor = new Candidate(app);
    for (let round = 0; round < 20; round += 1) await visitor.post('/my-data', { email: 'a@example.jp' });
    const response = await visitor.post('/my-data', { email: 'a@example.jp' });
    expect(response.status).toBe(429);
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
  });

  describe('erasure', () => {
    const name = '消去 花子';
    let email: string;
    let needles: (string | Buffer)[];
    /** A person whose data stands wherever data can stand. */
    let reviewed: string;
    beforeEach(async () => {
      email = `hanako.${people++}@gmail.com`;
      needles = [email, email.replace('hanako.', 'hanako'), name, personOf(app.deps.keys, email)];
      const person = { ...TARO, name, email, follow_up: 'yes' };
      await candidate.register(`/join/${code}`, person);
      await candidate.post(`/join/${await linkOf(app, company.id)}`, {
        ...person,
        email: email.toUpperCase(),
      });
      const key = { key: OPERATOR_KEY, headers: { 'idempotency-key': `erase-${people++}` } };
      const candidateOf = { email: email.replace('hanako.', 'Hanako').replace('@', '+a@'), name };
      const report = { externalId: `a-${people++}`, code, status: 'accepted', candidate: candidateOf };
      expect((await app.call('/v1/registrations', { ...key, body: report })).status).toBe(201);
      const minted = { company: company.id, recipient: email.toUpperCase(), externalId: 'their-id-of-him' };
      expect((await app.call('/v1/links', { key: OPERATOR_KEY, body: minted })).status).toBe(201);
      reviewed = app.deps.newId();
      await writeMessage(app.db, {
        id: reviewed,
        companyId: company.id,
        credentialId: app.deps.newId(),
        origin: 'smtp',
        receivedAt: app.clock.now(),
        fingerprint: Buffer.alloc(32),
        envelopeFrom: 'recruit@aoba.example',
        recipients: ['Other@example.jp', email.replace('hanako.', 'Hana.Ko')],
        size: 1,
        verdict: 'rejection',
        cues: [],
        rulesVersion: 1,
        action: 'untouched',
        reason: 'test',
        ranges: [],
        code: null,
        job: null,
        stage: null,
        source: null,
        externalId: 'their-id-of-him',
        signedBy: null,
        language: null,
        mailDomain: null,
        upstream: 'outbox',
        outcome: 'refused',
        upstreamReply: `550 5.1.1 <${email}> unknown`,
        finishedAt: app.clock.now(),
      });
      await app.db.query(`INSERT INTO reviews VALUES ($1, $2, now(), '\\x00')`, [reviewed, company.id]);
      await app.db.query(`INSERT INTO idempotency_keys VALUES ('somebody', $1, '\\x00', 200, $2, now())`, [
        `body-${people++}`,
        JSON.stringify({ told: email.toUpperCase() }),
      ]);
      await app.db.query(
        `INSERT INTO program_exclusions (id, kind, address_hash, reason, actor, at, removed_at, removed_by)
         VALUES ($1, 'address_hash', $2, 'a test address', 'operator-key', now(), now(), 'operator-key')`,
        [app.deps.newId(), personOf(app.deps.keys, email)],
      );
      await app.app.jobs.drain();
      await app.db.query(
        `UPDATE pgboss.job SET output = $1 WHERE id = (SELECT id FROM pgboss.job ORDER BY created_on LIMIT 1)`,
        [JSON.stringify({ message: `upstream: 550 <${email}>` })],
      );
    });

    test('removes address, name and hash from every table, and the ledger keeps its counts', async () => {
      const page = await ask(email);
      const before = await tablesWith(app.db, needles);
      expect(before).toEqual(
        expect.arrayContaining([
          'pgboss.job',
          'public.data_requests',
          'public.idempotency_keys',
          'public.links',
          'public.messages',
          'public.program_exclusions',
          'public.registrations',
        ]),
      );
      expect((await candidate.open(`${page}/erase`)).html).toContain('すべて削除しますか');
      expect(await tablesWith(app.db, needles)).toEqual(before);
      expect((await candidate.post(`${page}/erase`, {})).status).toBe(200);
      expect(await tablesWith(app.db, needles)).toEqual(before);

      const done = await candidate.post(`${page}/erase`, { confirm: 'yes' });
      expect(await done.text()).toContain('削除しました');
      expect(await tablesWith(app.db, needles)).toEqual([]);
      expect(await tablesWith(app.db, ['their-id-of-him'])).toEqual([]);
      expect(await referralsOf(app, company.id)).toBe(1);
      const verified = await app.call(`/v1/companies/${company.id}/ledger/verify`, { key: OPERATOR_KEY });
      expect(await verified.json()).toMatchObject({ intact: true });
      const others = await app.db.query(`SELECT FROM messages WHERE 'Other@example.jp' = ANY(recipients)`);
      expect(others.length).toBeGreaterThan(0);
      const reviews = await app.db.query('SELECT FROM reviews WHERE message_id = $1', [reviewed]);
      expect(reviews).toHaveLength(0);
    });

    test('ends the link, the waiting mails and the open registration; what was provided stays on record', async () => {
      const page = await ask(email);
      const pending = `/join/${await linkOf(app, company.id)}`;
      await candidate.post(pending, { ...TARO, name, email });
      await candidate.post(`${page}/erase`, { confirm: 'yes' });
      const mails = (await candidate.mailedPaths()).length;
      expect(await candidate.mailedPaths()).toHaveLength(mails);
      expect((await candidate.open(page)).status).toBe(404);
      const rows = await app.db.query<{ status: string; counted: boolean }>(
        `SELECT status, counted FROM registrations WHERE company_id = $1 ORDER BY counted DESC`,
        [company.id],
      );
      expect(rows.map((row) => [row.status, row.counted])).toEqual([
        ['verified', true],
        ['withdrawn', false],
        ['withdrawn', false],
        ['withdrawn', false],
      ]);
      const provisions = await app.db.query(
        `SELECT p.items FROM provisions p JOIN registrations r ON r.id = p.registration_id WHERE r.company_id = $1`,
        [company.id],
      );
      expect(provisions).toEqual([{ items: ['name', 'email'] }]);
    });

    test('the agency may go on reporting on the pseudonym', async () => {
      const reported = { externalId: `a-${people++}`, code, status: 'registered', candidate: { email } };
      const send = (body: object) => app.call('/v1/registrations', { key: OPERATOR_KEY, body });
      await send(reported);
      await candidate.post(`${await ask(email)}/erase`, { confirm: 'yes' });
      const answer = await send({ ...reported, status: 'accepted' });
      expect(answer.status).toBe(200);
      expect(await answer.json()).toMatchObject({ status: 'withdrawn', counted: false });
      expect(await tablesWith(app.db, needles)).toEqual([]);
    });
  });

  test('the search sees every form in which an address or a name may stand', async () => {
    const needle = '控え花子@hikae.example';
    for (const form of formsOf(needle)) {
      await app.db.query('INSERT INTO reconciliations VALUES ($1, $2, now(), $3, 0, 0, 0, $4)', [
        app.deps.newId(),
        `so: ${form} and on`,
        [],
        '{}',
      ]);
      expect([form, await tablesWith(app.db, [needle])]).toEqual([form, ['public.reconciliations']]);
      await app.db.query('DELETE FROM reconciliations');
    }
    expect(await tablesWith(app.db, [needle])).toEqual([]);
  });

  test("a parked report's domain goes too: it may be one person's own", async () => {
    const own = `hanako${people++}@hanako-only.example`;
    const report = { externalId: `a-${people++}`, code: 'zzzz999zzz', status: 'verified' };
    await app.call('/v1/registrations', {
      key: OPERATOR_KEY,
      body: { ...report, candidate: { email: own } },
    });
    expect(await tablesWith(app.db, ['hanako-only.example'])).toContain('public.parked_postbacks');
    await candidate.post(`${await ask(own)}/erase`, { confirm: 'yes' });
    expect(await tablesWith(app.db, ['hanako-only.example'])).toEqual([]);
  });

  test('reports that would keep an address for ever are refused', async () => {
    const send = (path: string, body: object) => app.call(path, { key: OPERATOR_KEY, body });
    const named = await send('/v1/registrations', {
      externalId: 'taro@example.jp',
      code,
      status: 'accepted',
    });
    expect(named.status).toBe(400);
    const reversed = await send('/v1/registrations/x/reversal', { reason: 'taro@example.jp asked for it' });
    expect(reversed.status).toBe(400);
  });
});
