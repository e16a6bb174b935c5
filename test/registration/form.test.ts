import { startTestApp, type TestApp } from '../harness/app.js';
import { describeEachDatabase } from '../harness/database.js';
import { BEHIND_PROXY, Candidate, linkOf, referralsOf, registrationsOf, TARO } from './candidate.js';

const DAY = 24 * 60 * 60 * 1000;

describeEachDatabase('registration by form', (engine) => {
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
    candidate = new Candidate(app);
    company = await app.company({ name: '株式会社青葉製作所', slug: `aoba-${people++}` });
    code = await linkOf(app, company.id);
    app.clock.advance(DAY);
  });

  test('the whole way: page, form, mail, button, ledger, record of the provision', async () => {
    const person = somebody();
    const page = await candidate.open(`/join/${code}`);
    expect(page.status).toBe(200);
    expect(page.html).toContain('株式会社青葉製作所からのメールをご覧いただいた方へ');
    expect(page.html).toContain('職業紹介事業許可番号 13-ユ-000000');
    expect(page.html).not.toContain('checked');

    const sent = await candidate.post(`/join/${code}`, { ...person, follow_up: 'yes' });
    expect(sent.status).toBe(303);
    expect((await candidate.open(sent.headers.get('location')!)).html).toContain(
      '確認メールをお送りしました',
    );
    expect(await referralsOf(app, company.id)).toBe(0);

    const [verify] = await candidate.mailedPaths(person.email);
    const asked = await candidate.open(verify!);
    expect(asked.html).toContain('山田 太郎');
    expect(asked.html).toContain('登録を完了する');
    expect(await registrationsOf(app, person.email)).toMatchObject([{ status: 'pending', counted: false }]);

    const done = await candidate.post(verify!, {});
    expect(await done.text()).toContain('登録が完了しました');
    expect(await registrationsOf(app, person.email)).toMatchObject([
      { status: 'verified', counted: true, reason: null, companyId: company.id },
    ]);
    expect(await referralsOf(app, company.id)).toBe(1);
    const provisions = await app.db.query(
      `SELECT p.recipient, p.items, c.purpose, c.text_version AS version FROM provisions p
       JOIN consents c ON c.id = p.consent_id JOIN registrations r ON r.id = p.registration_id WHERE r.email = $1`,
      [person.email],
    );
    expect(provisions).toEqual([
      {
        recipient: '株式会社リレー紹介',
        items: ['name', 'email'],
        purpose: 'provide_to_agency',
        version: '2026-11/ja',
      },
    ]);
  });

  test('consents are kept one by one, granted or not', async () => {
    const person = somebody();
    await candidate.post(`/join/${code}`, { ...person, follow_up: 'yes' });
    const consents = await app.db.query(
      `SELECT purpose, granted FROM consents c JOIN registrations r ON r.id = c.registration_id
       WHERE r.email = $1 ORDER BY purpose`,
      [person.email],
    );
    expect(consents).toEqual([
      { purpose: 'follow_up', granted: true },
      { purpose: 'inform_company', granted: false },
      { purpose: 'provide_to_agency', granted: true },
    ]);
  });

  test('a link used twice confirms once', async () => {
    const person = somebody();
    await candidate.register(`/join/${code}`, person);
    const [verify] = await candidate.mailedPaths(person.email);
    const again = await candidate.post(verify!, {});
    expect(again.status).toBe(200);
    expect(await again.text()).toContain('登録はすでに完了しています');
    expect((await candidate.open(verify!)).html).toContain('登録はすでに完了しています');
    expect(await referralsOf(app, company.id)).toBe(1);
  });

  test('two presses of the button at once confirm once', async () => {
    const person = somebody();
    await candidate.post(`/join/${code}`, person);
    const [verify] = await candidate.mailedPaths(person.email);
    const pages = await Promise.all([1, 2, 3].map(async () => (await candidate.post(verify!, {})).text()));
    expect(pages.filter((page) => page.includes('登録が完了しました'))).toHaveLength(1);
    expect(await referralsOf(app, company.id)).toBe(1);
  });

  test('missing name, address and consent are told beside the fields; what was typed stays', async () => {
    const response = await candidate.post(`/join/${code}`, {
      name: '',
      email: 'taro<at>example',
      inform_company: 'yes',
    });
    const html = await response.text();
    expect(response.status).toBe(422);
    expect(html).toMatch(/id="name-fault"[^>]*>お名前を入力してください/);
    expect(html).toMatch(/id="email-fault"[^>]*>メールアドレスの形/);
    expect(html).toMatch(/id="consent-fault"[^>]*>ご登録には、情報の提供への同意が必要です/);
    expect(html).toMatch(
      /<input id="name"[^>]*autofocus[^>]*aria-invalid="true"[^>]*aria-describedby="name-fault"/,
    );
    expect(html).toContain('value="taro&lt;at>example"');
    expect(html).toMatch(/<input id="inform_company"[^>]*checked/);
    expect(html).not.toMatch(/<input id="provide_to_agency"[^>]*checked/);
  });

  test('without consent nothing is kept', async () => {
    const { name, email } = somebody() as Record<string, string>;
    const response = await candidate.post(`/join/${code}`, { name: name!, email: email! });
    expect(response.status).toBe(422);
    expect(await registrationsOf(app, email!)).toEqual([]);
  });

  test('a double submission keeps one registration and the mail waits a minute', async () => {
    const person = somebody();
    const first = await candidate.post(`/join/${code}`, person);
    const second = await candidate.post(`/join/${code}`, person);
    expect(second.status).toBe(first.status);
    expect(second.headers.get('location')).toBe(first.headers.get('location'));
    expect(await registrationsOf(app, person.email)).toHaveLength(1);
    expect(await candidate.mailedPaths(person.email)).toHaveLength(1);
    app.clock.advance(60_000);
    await candidate.post(`/join/${code}`, person);
    expect(await candidate.mailedPaths(person.email)).toHaveLength(2);
    expect(await registrationsOf(app, person.email)).toHaveLength(1);
  });

  test('at most five mails go to one person for one link, and seven days later again', async () => {
    const person = somebody();
    for (let round = 0; round < 8; round += 1) {
      expect((await candidate.post(`/join/${code}`, person)).status).toBe(303);
      await candidate.mailedPaths(person.email);
      app.clock.advance(60_000);
    }
    expect(await candidate.mailedPaths(person.email)).toHaveLength(5);
    app.clock.advance(7 * DAY);
    await candidate.post(`/join/${code}`, person);
    expect(await candidate.mailedPaths(person.email)).toHaveLength(6);
  });

  test('at most ten mails a day go to one person over all links; the rest wait, with the same answer', async () => {
    const person = somebody();
    for (let round = 0; round < 12; round += 1) {
      const path = `/join/${await linkOf(app, company.id)}`;
      expect((await candidate.post(path, person)).status).toBe(303);
    }
    expect(await candidate.mailedPaths(person.email)).toHaveLength(10);
    expect(await registrationsOf(app, person.email)).toHaveLength(12);
    app.clock.advance(DAY);
    await candidate.post(`/join/${code}`, person);
    expect(await candidate.mailedPaths(person.email)).toHaveLength(11);
  });

  test('a corrected form replaces the earlier mail: what is confirmed is what was read', async () => {
    const person = somebody();
    await candidate.post(`/join/${code}`, { ...person, inform_company: 'yes' });
    await candidate.mailedPaths(person.email);
    app.clock.advance(1_000);
    await candidate.post(`/join/${code}`, { ...person, name: '山田 花子' });
    const [old, fresh] = await candidate.mailedPaths(person.email);
    expect((await candidate.post(old!, {})).status).toBe(410);
    const page = await candidate.open(fresh!);
    expect(page.html).toContain('山田 花子');
    expect(page.html).toContain('知らせない');
    expect((await candidate.post(fresh!, {})).status).toBe(200);
  });

  test('past the limit of mails a consent is still taken back', async () => {
    const person = { ...somebody(), inform_company: 'yes' };
    for (let round = 0; round < 5; round += 1) {
      await candidate.post(`/join/${code}`, person);
      app.clock.advance(60_000);
    }
    const { inform_company: _, ...narrowed } = person;
    await candidate.post(`/join/${code}`, narrowed);
    const [row] = await app.db.query<{ granted: boolean }>(
      `SELECT granted FROM consents c JOIN registrations r ON r.id = c.registration_id
       WHERE r.email = $1 AND purpose = 'inform_company'`,
      [person.email],
    );
    expect(row).toEqual({ granted: false });
  });

  test('an expired link says so and leads back to the form', async () => {
    const person = somebody();
    await candidate.post(`/join/${code}`, person);
    const [verify] = await candidate.mailedPaths(person.email);
    app.clock.advance(7 * DAY);
    const page = await candidate.open(verify!);
    expect(page.status).toBe(410);
    expect(page.html).toContain(`href="/join/${code}?lang=ja"`);
    expect((await candidate.post(verify!, {})).status).toBe(410);
    expect(await referralsOf(app, company.id)).toBe(0);
    expect(await candidate.register(`/join/${code}`, person)).toContain('登録が完了しました');
  });

  test('the mail is sent again from the page after the form: once a minute, five times, with the same answer', async () => {
    const person = somebody();
    const sent = (await candidate.post(`/join/${code}`, person)).headers.get('location')!;
    expect((await candidate.open(sent)).html).toContain('確認メールをもう一度送る');
    const registration = new URLSearchParams(sent.split('?')[1]).get('registration')!;
    const again = async (id = registration) =>
      (await candidate.post('/join/check-mail', { registration: id, code })).headers.get('location');
    const answer = await again();
    expect(await candidate.mailedPaths(person.email)).toHaveLength(1);
    for (let round = 0; round < 6; round += 1) {
      app.clock.advance(60_000);
      expect(await again()).toBe(answer);
      await app.app.jobs.drain();
    }
    const mailed = await candidate.mailedPaths(person.email);
    expect(mailed).toHaveLength(5);
    const unknown = app.deps.newId();
    expect(await again(unknown)).toBe(answer?.replace(registration, unknown));
    await candidate.post(mailed.at(-1)!, {});
    app.clock.advance(8 * DAY);
    await again();
    expect(await candidate.mailedPaths(person.email)).toHaveLength(5);
  });

  test('an expired link of an open registration sends a new mail at a press, and opening it sends none', async () => {
    const person = somebody();
    await candidate.post(`/join/${code}`, person);
    const [verify] = await candidate.mailedPaths(person.email);
    app.clock.advance(7 * DAY);
    const { html } = await candidate.open(verify!);
    expect(await candidate.mailedPaths(person.email)).toHaveLength(1);
    const registration = /name="registration" value="([^"]+)"/.exec(html)?.[1];
    await candidate.post('/join/check-mail', { registration: registration!, code });
    const fresh = (await candidate.mailedPaths(person.email)).at(-1)!;
    expect(await (await candidate.post(fresh, {})).text()).toContain('登録が完了しました');
  });

  test.each(['/verify/abc', `/verify/${'A'.repeat(43)}`, '/verify/%00', '/verify/..%2F..'])(
    'a malformed link %s is a friendly page',
    async (path) => {
      const page = await candidate.open(path);
      expect(page.status).toBe(404);
      expect(page.html).toContain('リンクを確認できませんでした');
    },
  );

  test('an unknown code is a friendly page with a way on', async () => {
    for (const path of ['/join/bcdfghjkmn', '/join/nothing-at-all', '/join/%00']) {
      const page = await candidate.open(path);
      expect(page.status).toBe(404);
      expect(page.html).toContain('href="/join?lang=ja"');
    }
    expect((await candidate.post('/join/bcdfghjkmn', somebody())).status).toBe(404);
  });

  test('without a company one registers all the same, unattributed', async () => {
    const person = somebody();
    expect((await candidate.open('/join')).html).toContain('選考結果のメールをご覧いただいた方へ');
    expect(await candidate.register('/join', person)).toContain('登録が完了しました');
    expect(await registrationsOf(app, person.email)).toMatchObject([
      { status: 'verified', counted: false, reason: 'unattributed', companyId: null },
    ]);
  });

  test('English by browser, by choice, and through the whole way', async () => {
    const reader = new Candidate(app, { language: 'en-GB,en;q=0.9' });
    const page = await reader.open(`/join/${code}?click=01890000-0000-7000-8000-000000000000`);
    expect(page.html).toContain('<html lang="en">');
    expect(page.html).toContain(`click=01890000-0000-7000-8000-000000000000&amp;lang=ja`);
    expect((await candidate.open(`/join/${code}?lang=en`)).html).toContain('<html lang="en">');
    const person = somebody();
    const done = await reader.register(`/join/${code}`, { ...person, lang: 'en' });
    expect(done).toContain('Your registration is complete');
  });

  test('what is typed comes back as text, never as markup', async () => {
    const response = await candidate.post(`/join/${code}`, { name: '"><script>x</script>', email: '' });
    const html = await response.text();
    expect(html).not.toContain('<script>x');
  });

  test('too many forms from one network wait, and keep what was typed; others go on', async () => {
    const visitor = new Candidate(app);
    for (let round = 0; round < 60; round += 1) await visitor.post('/join', TARO);
    const response = await visitor.post('/join', TARO);
    expect(response.status).toBe(429);
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await response.text()).toContain('value="taro@example.jp"');
    expect((await candidate.post('/join', somebody())).status).toBe(303);
  });

  test('every page is below 30 KB', async () => {
    const page = await candidate.open(`/join/${code}`);
    expect(Buffer.byteLength(page.html)).toBeLessThan(30_000);
  });
});
