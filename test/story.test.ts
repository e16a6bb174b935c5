import nodemailer from 'nodemailer';
import { follow, press, readMail, register, urlIn } from '../scripts/candidate.js';
import { composeMail, type MailText } from '../scripts/compose-mail.js';
import { OPERATOR_KEY, startTestApp, type TestApp } from './harness/app.js';
import { describeEachDatabase } from './harness/database.js';

type Company = Readonly<{ id: string; name: string; username: string; password: string }>;
type Person = Readonly<{ name: string; email: string; company: Company; raw: Buffer }>;

const FORMS: readonly Pick<MailText, 'charset' | 'encoding'>[] = [
  { charset: 'utf-8', encoding: '8bit' },
  { charset: 'iso-2022-jp', encoding: '7bit' },
  { charset: 'utf-8', encoding: 'quoted-printable' },
  { charset: 'utf-8', encoding: 'base64' },
];

/** A rejection in each form in turn, every other one with an HTML alternative. */
function rejectionMail(index: number, to: string, company: string): Buffer {
  const text = `候補者 ${index} 様\n\nこのたびはご応募いただき、誠にありがとうございました。\n慎重に選考を進めましたが、誠に残念ながら今回は採用を見送ら\nせていただくこととなりました。\n\n末筆ながら、今後のご活躍をお祈り申し上げます。\n\n-- \n${company} 採用担当\n`;
  const html = `<html><body><p>候補者 ${index} 様</p><p>誠に残念ながら今回は採用を<b>見送らせて</b>いただくこととなりました。</p></body></html>\n`;
  return composeMail({
    from: 'recruit@company.example',
    to,
    subject: '選考結果のご連絡',
    text,
    html: index % 2 === 0 ? html : undefined,
    ...FORMS[index % FORMS.length]!,
    messageId: `story-${index}@company.example`,
    date: new Date('2026-11-22T01:00:00Z'),
  });
}

type Range = Readonly<{ at: number; length: number; removed: number }>;

/**
 * Takes the ranges that the journal names out of what came out. Where an insertion into base64 re-encoded the rest of
 * its part, the bytes that it replaced are the original's; everything else must be the original already.
 */
function withoutRanges(out: Buffer, ranges: readonly Range[], original: Buffer): Buffer {
  const kept: Buffer[] = [];
  let at = 0;
  let place = 0;
  for (const range of ranges) {
    kept.push(out.subarray(at, range.at));
    place += range.at - at;
    kept.push(original.subarray(place, place + range.removed));
    place += range.removed;
    at = range.at + range.length;
  }
  return Buffer.concat([...kept, out.subarray(at)]);
}

describeEachDatabase('from the rejection to the credit', (engine) => {
  let app: TestApp;
  let aoba: Company;
  let midori: Company;
  let people: Person[];
  const links = new Map<string, string>();
  const confirmed = new Set<string>();
  const logged: string[] = [];

  async function newCompany(name: string): Promise<Company> {
    const company = await app.company({ name });
    const member = { email: `recruiter-${company.slug}@company.example`, role: 'admin' };
    await app.call(`/v1/companies/${company.id}/members`, { key: OPERATOR_KEY, body: member });
    const { username, password } = await app.smtpCredential(company.id);
    return { id: company.id, name, username, password };
  }

  async function send(company: Company, to: string, raw: Buffer): Promise<void> {
    const transport = nodemailer.createTransport({
      host: '127.0.0.1',
      port: app.smtpPort,
      auth: { user: company.username, pass: company.password },
      ignoreTLS: true,
    });
    await transport.sendMail({ envelope: { from: 'recruit@company.example', to: [to] }, raw });
    transport.close();
  }

  async function mailsTo(email: string) {
    const mails = await Promise.all(app.outbox().map(async (raw) => ({ raw, ...(await readMail(raw)) })));
    return mails.filter((mail) => mail.to === email);
  }

  async function confirm(email: string): Promise<void> {
    await app.app.jobs.drain();
    const urls = (await mailsTo(email)).map((mail) => urlIn(mail, `${app.deps.config.baseUrl}/verify/`));
    const url = urls.find((one) => one !== undefined && !confirmed.has(one))!;
    confirmed.add(url);
    const answer = await press(url);
    expect(answer.status).toBeLessThan(400);
  }

  async function get<Answer>(path: string): Promise<Answer> {
    return (await (await app.call(path, { key: OPERATOR_KEY })).json()) as Answer;
  }

  beforeAll(async () => {
    app = await startTestApp(engine, { logTo: { write: (line) => void logged.push(line) } });
    aoba = await newCompany('株式会社青葉製作所');
    midori = await newCompany('緑商事株式会社');
    people = Array.from({ length: 23 }, (_, index) => {
      const company = index < 13 ? aoba : midori;
      const email = `candidate-${index}@example.jp`;
      return { name: `候補者 ${index}`, email, company, raw: rejectionMail(index, email, company.name) };
    });
  });
  afterAll(() => app.close());

  test('23 rejections go in and come out with a link each, byte for byte theirs otherwise', async () => {
    for (const { company, email, raw } of people) await send(company, email, raw);
    const rows = await app.db.query<{ recipients: string[]; ranges: Range[] }>(
      "SELECT recipients, ranges FROM messages WHERE action = 'inserted'",
    );
    expect(rows).toHaveLength(23);
    const rangesOf = new Map(rows.map((row) => [row.recipients[0], row.ranges]));
    for (const { email, raw } of people) {
      const [mail] = await mailsTo(email);
      const ranges = rangesOf.get(email)!;
      if (!raw.includes('base64\r\n'))
        expect(ranges.map((range) => range.removed)).toEqual(ranges.map(() => 0));
      expect(withoutRanges(mail!.raw, ranges, raw).equals(raw)).toBe(true);
      const link = urlIn(mail!, app.deps.config.linkBaseUrl)!;
      expect(mail!.text).toContain(link);
      if (mail!.html) expect(mail!.html).toContain(`href="${link}"`);
      links.set(email, link);
    }
    expect(new Set(links.values()).size).toBe(23);
  });

  test('mails that are no rejection go out untouched', async () => {
    const base = {
      from: 'recruit@company.example',
      charset: 'utf-8',
      encoding: '8bit',
      date: new Date(0),
    } as const;
    const pass = composeMail({
      ...base,
      to: 'passed@example.jp',
      subject: '選考結果のご連絡',
      text: '一次面接に合格となりましたのでお知らせいたします。\n',
      messageId: 'pass@company.example',
    });
    await send(aoba, 'passed@example.jp', pass);
    const [mail] = await mailsTo('passed@example.jp');
    expect(mail!.raw.equals(pass)).toBe(true);
  });

  test('links lead to the registration page; a gateway’s look is no person', async () => {
    await fetch(links.get(people[0]!.email)!, { method: 'HEAD', redirect: 'manual' });
    for (const { email } of people) {
      const link = links.get(email)!;
      expect(await follow(link)).toContain(`/join/${link.slice(link.lastIndexOf('/') + 1)}`);
    }
  });

  test('candidates register and confirm: 12 at one company, 9 at the other', async () => {
    const registering = [...people.slice(0, 12), ...people.slice(13, 22)];
    for (const { email, name } of registering) {
      const answer = await register(await follow(links.get(email)!), { name, email });
      expect(answer.status).toBeLessThan(400);
    }
    for (const { email } of registering) await confirm(email);
    await app.app.jobs.drain();
  });

  test('a person counted at one company is not counted at another', async () => {
    const link = links.get(people[22]!.email)!;
    const { name, email } = people[0]!;
    await register(await follow(link), { name, email });
    await confirm(email);
    const rows = await app.db.query<{ counted: boolean; reason: string | null }>(
      'SELECT counted, reason FROM registrations WHERE email = $1 AND company_id = $2',
      [email, midori.id],
    );
    expect(rows).toEqual([{ counted: false, reason: 'duplicate_program' }]);
  });

  test('the numbers of the first company', async () => {
    expect(await get(`/v1/companies/${aoba.id}/stats`)).toMatchObject({
      mails: { relayed: 14, rejections: 13, inserted: 13, unsure: 0 },
      clicks: { human: 13 + 12, suspected: 0, scanner: 1, bot: 0, prefetch: 0 },
      candidatesClicked: 13,
      registrations: { pending: 0, counted: 12, reversed: 0 },
      referrals: { counted: 12, threshold: 10, towardsNext: 2, remaining: 8 },
      credits: { earned: 1, redeemed: 0, expired: 0, revoked: 0, available: 1 },
    });
  });

  test('the numbers of the second company', async () => {
    expect(await get(`/v1/companies/${midori.id}/stats`)).toMatchObject({
      mails: { relayed: 10, rejections: 10, inserted: 10, unsure: 0 },
      candidatesClicked: 10,
      registrations: { pending: 0, counted: 9, reversed: 0 },
      referrals: { counted: 9, towardsNext: 9, remaining: 1 },
      credits: { earned: 0, available: 0 },
    });
  });

  test('notices: nearly there to both, the credit to the first', async () => {
    await app.app.jobs.drain();
    const rows = await app.db.query<{ kind: string; company: string; sent: boolean }>(
      `SELECT n.kind, c.name AS company, n.sent_at IS NOT NULL AS sent FROM notices n
       JOIN companies c ON c.id = n.company_id ORDER BY c.name, n.kind`,
    );
    expect(rows).toEqual([
      { kind: 'credit_earned', company: aoba.name, sent: true },
      { kind: 'nearly_there', company: aoba.name, sent: true },
      { kind: 'nearly_there', company: midori.name, sent: true },
    ]);
  });

  test('the ledger holds', async () => {
    for (const { id } of [aoba, midori]) {
      expect(await get(`/v1/companies/${id}/ledger/verify`)).toMatchObject({ intact: true });
    }
  });

  /** Lines of the log that name anybody: by address, its local part, name, or the code of a candidate's link. */
  function linesThatName(lines: readonly string[]): string[] {
    const words = people.flatMap(({ email, name }) => [name, email.slice(0, email.indexOf('@'))]);
    const codes = [...links.values()].map((link) => link.slice(link.lastIndexOf('/') + 1));
    const recruiters = ['recruit@', 'recruiter-', 'stranger@'];
    const known = [...words, ...codes, ...recruiters];
    return lines.filter((line) => known.some((word) => line.includes(word)));
  }

  test('the log tells the whole story without naming anybody', async () => {
    const { email, name } = people[5]!;
    // What goes wrong is logged, too.
    await expect(send({ ...aoba, username: email }, email, Buffer.from('x'))).rejects.toThrow(/535/);
    await app.call('/v1/companies', { key: OPERATOR_KEY, body: { name, [email]: email } });
    await app.call(`/v1/companies/${encodeURIComponent(email)}/stats`, { key: OPERATOR_KEY });
    await app.call('/v1/links', { key: OPERATOR_KEY, body: { company: email, recipient: email } });
    await fetch(`${app.baseUrl}/sign-in`, {
      method: 'POST',
      body: new URLSearchParams({ email: 'stranger@example.jp' }),
    });
    await fetch(`${app.baseUrl}/my-data`, { method: 'POST', body: new URLSearchParams({ email }) });
    app.deps.events.requestFailed(new Error(`duplicate key: (email)=(${email})`));
    app.deps.events.mailFailed('notice', new Error(`550 5.1.1 <${email}>: no such user`));
    await app.app.jobs.drain();
    expect(linesThatName(logged)).toEqual([]);
    // Every kind of event is there, so that the search has something to find.
    for (const said of [
      'message relayed',
      'registration received',
      'registration confirmed',
      'credit changed',
      'mail sent',
    ]) {
      expect(logged.filter((line) => line.includes(said)).length).toBeGreaterThan(0);
    }
  });

  test('the control: a line that names somebody is found', () => {
    const line = JSON.stringify({ level: 30, to: people[3]!.email });
    expect(linesThatName([...logged, line])).toEqual([line]);
  });
});
