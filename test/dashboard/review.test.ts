import { listRules } from '../../src/company/rules.js';
import type { Company } from '../../src/company/store.js';
import { eraseOldReviews } from '../../src/relay/housekeeping.js';
import { startTestApp, type TestApp } from '../harness/app.js';
import { describeEachDatabase } from '../harness/database.js';
import { signIn } from '../harness/member.js';
import { RawClient, ScriptedUpstream } from '../relay/peers.js';

const DAY = 86_400_000;
const CLEAR = ['慎重に選考を行いました結果、誠に残念ながら今回は採用を見送らせていただくこととなりました。'];
const VAGUE = ['誠に残念ながら、このようなご連絡となりました。今後のご活躍をお祈り申し上げます。'];
let made = 0;

describeEachDatabase('mails that a person is asked about', (engine) => {
  let app: TestApp;
  let upstream: ScriptedUpstream;
  let company: Company;
  let cookies: Record<'viewer' | 'member' | 'admin', string>;

  beforeAll(async () => {
    upstream = await ScriptedUpstream.start();
    app = await startTestApp(engine, { env: { UPSTREAM_URL: upstream.url } });
  });
  afterAll(async () => {
    await app.close();
    await upstream.close();
  });
  beforeEach(async () => {
    made += 1;
    company = await app.company({ name: '青葉', slug: `aoba-${made}`, policy: 'shadow' });
    const cookieOf = async (role: 'viewer' | 'member' | 'admin') =>
      (await signIn(app, { companyId: company.id, email: `${role}@a${made}.example`, role })).cookie;
    cookies = {
      viewer: await cookieOf('viewer'),
      member: await cookieOf('member'),
      admin: await cookieOf('admin'),
    };
  });

  async function send(
    body: readonly string[],
    subject = 'about your visit',
    credential?: { username: string; password: string },
  ) {
    const to = 'taro@example.com';
    made += 1;
    app.clock.advance(1_000);
    const client = await RawClient.connect(app.smtpPort);
    await client.signIn(credential ?? (await app.smtpCredential(company.id)));
    await client.command('MAIL FROM:<hr@example.jp>');
    await client.command(`RCPT TO:<${to}>`);
    await client.command('DATA');
    const head = [
      'From: HR <hr@example.jp>',
      `To: ${to}`,
      `Subject: ${subject}`,
      `Message-ID: <r${made}@example.jp>`,
      'Content-Type: text/plain; charset=UTF-8',
      'Content-Transfer-Encoding: 8bit',
    ];
    client.send(Buffer.from([...head, '', ...body, '.', ''].join('\r\n')));
    expect((await client.reply())[0]).toMatch(/^250/);
    client.close();
  }
  type Kept = { message_id: string; excerpt: Buffer; answer: string | null };
  const kept = () =>
    app.db.query<Kept>('SELECT * FROM reviews WHERE company_id = $1 ORDER BY at, message_id', [company.id]);
  /** The row is written behind the answer. */
  async function asked(count: number): Promise<Kept[]> {
    for (;;) {
      const rows = await kept();
      if (rows.length >= count) return rows;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
  async function page(cookie = cookies.admin): Promise<string> {
    return (await app.call('/dashboard/review', { headers: { cookie } })).text();
  }
  async function post(
    path: string,
    fields: Record<string, string>,
    cookie = cookies.member,
  ): Promise<number> {
    const csrf = /name="csrf" value="([^"]+)"/.exec(await page(cookie))?.[1] ?? '';
    const answer = await fetch(`${app.baseUrl}${path}`, {
      method: 'POST',
      redirect: 'manual',
      headers: { cookie, 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ csrf, ...fields }),
    });
    return answer.status;
  }
  async function verdicts(): Promise<(string | null)[]> {
    const rows = await app.db.query<{ told: string }>(
      `SELECT verdict || ' ' || action || ' ' || coalesce(reason, '') AS told FROM messages WHERE company_id = $1
       ORDER BY received_at, id`,
      [company.id],
    );
    return rows.map(({ told }) => told.trim());
  }

  test('a shadow verdict and a doubtful one are listed with their cues marked; what is neither is not', async () => {
    await send(CLEAR);
    await send(['面接は月曜日です。']);
    await send(VAGUE);
    await asked(2);
    const shown = await page();
    expect(shown).toMatch('<mark>採用を見送らせていただ</mark>');
    expect(shown).toMatch('<mark>誠に残念ながら</mark>');
    expect(shown).not.toMatch('月曜日');
    expect(shown).toMatch('お試し中です');
  });

  test('what is kept is encrypted', async () => {
    await send(CLEAR, 'a very secret subject');
    const [row] = await asked(1);
    expect(row!.excerpt.includes('secret')).toBe(false);
    expect(row!.excerpt.includes('見送')).toBe(false);
    expect(await page()).toMatch('a very secret subject');
  });

  test('an answer takes it off the list, and once only', async () => {
    await send(CLEAR);
    const [row] = await asked(1);
    const path = `/dashboard/review/${row!.message_id}`;
    expect(await post(path, { answer: 'other' })).toBe(303);
    expect(await post(path, { answer: 'rejection' })).toBe(303);
    expect((await kept())[0]!.answer).toBe('other');
    expect(await page()).not.toMatch('<mark>');
    expect(await listRules(app.db, company.id)).toEqual([]);
  });

  test('an answer that is to be remembered decides the next mail, until the rule is removed', async () => {
    await send(VAGUE, 'News from Aoba 2026');
    const [row] = await asked(1);
    await post(`/dashboard/review/${row!.message_id}`, {
      answer: 'rejection',
      remember: 'subject',
      subject: 'news from AOBA',
    });
    const [rule] = await listRules(app.db, company.id);
    expect(rule).toMatchObject({ kind: 'subject', value: 'news from aoba', verdict: 'rejection' });
    expect(await page()).toMatch('news from aoba');
    await send(['面接は月曜日です。'], 'News from Aoba 2027');
    await asked(2);
    expect(await post(`/dashboard/rules/${rule!.id}/remove`, {})).toBe(303);
    await send(['面接は月曜日です。'], 'News from Aoba 2028');
    const told = await verdicts();
    expect(told.slice(1)).toEqual(['rejection untouched policy-shadow', 'other untouched not-a-rejection']);
  });

  test('one press goes live, one goes back; the next mail is treated so', async () => {
    expect(await post('/dashboard/policy', { policy: 'auto' }, cookies.admin)).toBe(303);
    await send(CLEAR);
    expect(await post('/dashboard/policy', { policy: 'shadow' }, cookies.admin)).toBe(303);
    await send(CLEAR);
    await asked(1);
    expect(await verdicts()).toEqual(['rejection inserted', 'rejection untouched policy-shadow']);
    expect(await kept()).toHaveLength(1);
  });

  test('a credential’s own policy overrules the company’s until it is taken back', async () => {
    const credential = await app.smtpCredential(company.id);
    const path = `/dashboard/credentials/${(credential as unknown as { id: string }).id}/policy`;
    expect(await post(path, { policy: 'all' }, cookies.member)).toBe(403);
    expect(await post(path, { policy: 'all' }, cookies.admin)).toBe(303);
    expect(await page()).toMatch(/<option[^>]*value="all"[^>]*selected|<option[^>]*selected[^>]*value="all"/);
    await send(['面接は月曜日です。'], 'one', credential);
    await send(['面接は月曜日です。'], 'other connection');
    expect(await post(path, { policy: '' }, cookies.admin)).toBe(303);
    await send(['面接は月曜日です。'], 'two', credential);
    expect(await verdicts()).toEqual([
      'rejection inserted',
      'other untouched not-a-rejection',
      'other untouched not-a-rejection',
    ]);
  });

  test('a viewer reads, a member answers, an admin goes live', async () => {
    await send(CLEAR);
    const [row] = await asked(1);
    expect(await page(cookies.viewer)).not.toMatch('name="answer"');
    const path = `/dashboard/review/${row!.message_id}`;
    expect(await post(path, { answer: 'other' }, cookies.viewer)).toBe(403);
    expect(await post('/dashboard/policy', { policy: 'auto' }, cookies.member)).toBe(403);
  });

  test('a company sees and answers its own mails alone', async () => {
    await send(CLEAR, 'only for aoba');
    const [row] = await asked(1);
    const other = await app.company({ name: 'みなと', slug: `minato-${made}` });
    const { cookie } = await signIn(app, { companyId: other.id, email: `m@m${made}.example`, role: 'admin' });
    expect(await page(cookie)).not.toMatch('only for aoba');
    await post(`/dashboard/review/${row!.message_id}`, { answer: 'other' }, cookie);
    expect((await kept())[0]!.answer).toBeNull();
  });

  test('after 14 days it is gone', async () => {
    await send(CLEAR);
    await asked(1);
    app.clock.advance(14 * DAY - 1);
    await eraseOldReviews(app.deps);
    expect(await kept()).toHaveLength(1);
    app.clock.advance(2);
    await eraseOldReviews(app.deps);
    expect(await kept()).toHaveLength(0);
  });
});
