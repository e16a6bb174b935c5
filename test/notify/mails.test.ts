import PostalMime, { type Email } from 'postal-mime';
import { startTestApp, type TestApp } from '../harness/app.js';
import { describeEachDatabase } from '../harness/database.js';
import { BEHIND_PROXY, Candidate, linkOf, TARO } from '../registration/candidate.js';

describeEachDatabase('our own mails', (engine) => {
  let app: TestApp;
  let companyId: string;
  let made = 0;
  beforeAll(async () => {
    app = await startTestApp(engine, BEHIND_PROXY);
  });
  afterAll(() => app.close());
  beforeEach(async () => {
    companyId = (await app.company({ name: '株式会社青葉製作所', slug: `aoba-${made++}` })).id;
  });

  async function mailsTo(address: string): Promise<Email[]> {
    const mails = await Promise.all(app.outbox().map((bytes) => PostalMime.parse(bytes)));
    // The header quotes what RFC 5322 §3.2.3 does not allow bare (`taro..`); the envelope does not.
    return mails.filter((mail) => mail.to?.[0]?.address?.replaceAll('"', '') === address);
  }
  async function member(role: string, locale = 'ja'): Promise<{ id: string; email: string }> {
    const [id, email] = [app.deps.newId(), `member${made++}@aoba.example`];
    await app.db.query(
      'INSERT INTO members (id, company_id, email, role, locale, created_at) VALUES ($1, $2, $3, $4, $5, $6)',
      [id, companyId, email, role, locale, app.clock.now()],
    );
    return { id, email };
  }
  async function refer(count: number): Promise<void> {
    const key = await app.apiKey(null, ['agency']);
    const code = await linkOf(app, companyId);
    for (let index = 0; index < count; index += 1) {
      const candidate = { email: `person${made++}@example.jp` };
      const body = { externalId: `agency-${made++}`, code, status: 'verified', candidate };
      expect((await app.call('/v1/registrations', { key, body })).status).toBe(201);
    }
  }
  const header = (mail: Email, name: string) => mail.headers.find((one) => one.key === name)?.value;

  test('verification: headers, both parts, one link, the address as it was typed', async () => {
    const code = await linkOf(app, companyId);
    const email = `Taro..Yamada${made++}.@docomo.example`;
    await new Candidate(app).post(`/join/${code}`, { ...TARO, email });
    await app.app.jobs.drain();
    const [mail] = await mailsTo(email);
    expect(mail).toMatchObject({
      subject: '【確認のお願い】お仕事探しの無料相談へのご登録',
      from: { name: 'Career Relay', address: 'no-reply@localhost' },
    });
    expect(header(mail!, 'auto-submitted')).toBe('auto-generated');
    expect(header(mail!, 'content-language')).toBe('ja');
    expect(new Date(header(mail!, 'date')!)).toEqual(app.clock.now());
    expect(mail!.messageId).toMatch(/^<[0-9a-f-]{36}@localhost>$/);
    const [link] = mail!.text!.match(/https?:\S+\/verify\/\S+/)!;
    expect(mail!.html).toContain(`href="${link}"`);
    for (const part of [mail!.text, mail!.html]) {
      expect(part).toContain('山田 太郎 様');
      expect(part).toContain('株式会社リレー紹介');
      expect(part).not.toContain('{{');
    }
  });

  test('a name cannot become markup', async () => {
    const email = `person${made++}@example.jp`;
    await new Candidate(app).post('/join', { ...TARO, name: '<img src=x onerror=alert(1)>', email });
    await app.app.jobs.drain();
    const [mail] = await mailsTo(email);
    expect(mail!.html).not.toContain('<img src=x');
    expect(mail!.text).toContain('<img src=x');
  });

  test('every line is at most 78 octets and ends in CRLF', async () => {
    const email = `person${made++}@example.jp`;
    await new Candidate(app).post('/join', { ...TARO, email });
    await app.app.jobs.drain();
    const bytes = app.outbox().at(-1)!.toString('latin1');
    expect(bytes.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
    expect(Math.max(...bytes.split('\r\n').map((line) => line.length))).toBeLessThanOrEqual(78);
  });

  test('a job that comes late or twice sends nothing', async () => {
    const email = `person${made++}@example.jp`;
    const candidate = new Candidate(app);
    await candidate.post('/join', { ...TARO, email });
    const [verify] = await candidate.mailedPaths(email);
    const [row] = await app.db.query<{ id: string }>('SELECT id FROM registrations WHERE email = $1', [
      email,
    ]);
    const job = { registrationId: row!.id, attempt: 1 };
    await app.db.transaction((tx) => app.deps.jobs.enqueue(tx, 'verification-mail', job));
    await app.app.jobs.drain();
    expect(await mailsTo(email)).toHaveLength(1);
    await candidate.post(verify!, {});
    await app.db.query('UPDATE verifications SET sent_at = NULL WHERE registration_id = $1', [row!.id]);
    await app.db.transaction((tx) => app.deps.jobs.enqueue(tx, 'verification-mail', job));
    await app.app.jobs.drain();
    expect(await mailsTo(email)).toHaveLength(1);
  });

  test('nearly_there at the eighth and credit_earned at the tenth, to those who act, each in their language', async () => {
    const [admin, reader, english] = [
      await member('admin'),
      await member('viewer'),
      await member('member', 'en'),
    ];
    await refer(7);
    await app.app.jobs.drain();
    expect(await mailsTo(admin.email)).toEqual([]);
    await refer(3);
    await app.app.jobs.drain();
    const subjects = (await mailsTo(admin.email)).map((mail) => mail.subject).sort();
    expect(subjects).toEqual(['あと2名で、無料紹介枠を1枠獲得できます', '無料紹介枠を1枠獲得しました']);
    expect((await mailsTo(english.email)).map((mail) => mail.subject).sort()).toEqual([
      '2 more people to go until your next free introduction',
      'You have earned a free introduction',
    ]);
    expect(await mailsTo(reader.email)).toEqual([]);
    const texts = (await mailsTo(admin.email)).map((mail) => mail.text).join();
    expect(texts).toContain('10名のうち8名');
    expect(texts).toContain('累計10名');
    expect(texts).toContain('現在ご利用いただける枠は1枠');
    expect(texts).not.toContain('person');
  });

  test('a notice is sent once to each, whoever was missed before', async () => {
    const first = await member('admin');
    await refer(8);
    await app.app.jobs.drain();
    const [notice] = await app.db.query<{ id: string }>('SELECT id FROM notices WHERE company_id = $1', [
      companyId,
    ]);
    const second = await member('member');
    await app.db.query('UPDATE notices SET sent_at = NULL WHERE id = $1', [notice!.id]);
    await app.db.transaction((tx) => app.deps.jobs.enqueue(tx, 'notice-mail', { noticeId: notice!.id }));
    await app.app.jobs.drain();
    expect(await mailsTo(first.email)).toHaveLength(1);
    expect(await mailsTo(second.email)).toHaveLength(1);
  });

  test('sign-in: the link is derived from member and nonce', async () => {
    const { id, email } = await member('admin', 'en');
    await app.db.transaction((tx) =>
      app.deps.jobs.enqueue(tx, 'sign-in-mail', { memberId: id, nonce: 'n1' }),
    );
    await app.app.jobs.drain();
    const [mail] = await mailsTo(email);
    const token = app.deps.keys.hash('sign-in', id, 'n1').toString('base64url');
    expect(mail!.subject).toBe('Your sign-in link');
    expect(mail!.text).toContain(`${app.deps.config.baseUrl}/sign-in/${token}`);
    expect(mail!.html).toContain(`/sign-in/${token}`);
  });
});
