import nodemailer, { type SendMailOptions } from 'nodemailer';
import PostalMime from 'postal-mime';
import { type CareerRelayOptions, careerRelay } from '../../src/client/nodemailer.js';
import { OPERATOR_KEY, startTestApp, type TestApp } from '../harness/app.js';
import { FAULTS, unwell } from './away.js';

const TEXT = '選考の結果、誠に残念ながら、今回は採用を見送らせていただくこととなりました。';
const HTML = `<html><body><p>${TEXT}</p></body></html>`;
const LINK = /http:\/\/localhost:\d+\/r\/[2-9b-z]{10}/g;
const base = {
  from: '採用担当 <recruit@aoba.example>',
  to: '花子 <hanako@example.jp>',
  subject: '選考結果のご連絡',
  text: TEXT,
  html: HTML,
};

describe('career-relay/nodemailer', () => {
  let app: TestApp;
  let key: string;
  let companyId: string;
  let reasons: string[];
  beforeAll(async () => {
    app = await startTestApp('pglite');
    ({ id: companyId } = await app.company({ name: 'Aoba', slug: 'aoba' }));
    key = await app.apiKey(companyId, ['links']);
  });
  afterAll(() => app.close());
  beforeEach(async () => {
    reasons = [];
    await app.db.query("DELETE FROM links WHERE kind = 'candidate'");
  });

  function transport(options: Partial<CareerRelayOptions> = {}) {
    const made = nodemailer.createTransport({ streamTransport: true, buffer: true, newline: 'windows' });
    const onUntouched = (reason: string) => void reasons.push(reason);
    made.use(
      'compile',
      careerRelay({ baseUrl: app.deps.config.baseUrl, apiKey: key, onUntouched, ...options }),
    );
    return made;
  }
  async function sent(mail: SendMailOptions, options: Partial<CareerRelayOptions> = {}) {
    const { message } = await transport(options).sendMail(mail);
    return PostalMime.parse(message as Buffer);
  }
  const links = () =>
    app.db.query<{ code: string; recipient: string; job: string | null; external_id: string | null }>(
      "SELECT code, recipient, job, external_id FROM links WHERE kind = 'candidate' ORDER BY recipient",
    );

  test('a rejection gets its link in both texts; attachments and header fields stay', async () => {
    const mail = await sent({
      ...base,
      headers: { 'X-Mine': 'kept', 'X-Career-Relay-Job': '営業', 'X-Career-Relay-Candidate': 'c-1' },
      attachments: [{ filename: '結果.pdf', content: Buffer.from('PDF') }],
    });
    const [link] = await links();
    expect(link).toMatchObject({ recipient: 'hanako@example.jp', job: '営業', external_id: 'c-1' });
    const url = `${app.deps.config.linkBaseUrl}/${link!.code}`;
    expect(mail.text!.match(LINK)).toEqual([url]);
    expect(mail.html!.match(LINK)).toEqual([url, url]);
    expect(mail.text!.startsWith(TEXT)).toBe(true);
    expect(
      mail.attachments.map(({ filename, content }) => [
        filename,
        Buffer.from(content as ArrayBuffer).toString(),
      ]),
    ).toEqual([['結果.pdf', 'PDF']]);
    const names = mail.headers.map((header) => header.key);
    expect(names).toContain('x-mine');
    expect(names.filter((name) => name.startsWith('x-career-relay'))).toEqual([]);
    expect(reasons).toEqual([]);
  });

  test('the DKIM signature is of the text with the link', async () => {
    const { privateKey } = (await import('node:crypto')).generateKeyPairSync('rsa', {
      modulusLength: 1_024,
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
      publicKeyEncoding: { type: 'spki', format: 'pem' },
    });
    const mail = await sent({ ...base, dkim: { domainName: 'aoba.example', keySelector: 's', privateKey } });
    expect(mail.headers.map((header) => header.key)).toContain('dkim-signature');
    expect(mail.text).toMatch(LINK);
  });

  test('a thousand mails at once, each with its own link, in a few calls', async () => {
    const made = transport({ timeout: 60_000 });
    const people = Array.from({ length: 1_000 }, (_, index) => `p${index}@example.jp`);
    const infos = await Promise.all(people.map((to) => made.sendMail({ ...base, to, html: undefined })));
    const byCode = new Map((await links()).map(({ code, recipient }) => [code, recipient]));
    expect(byCode.size).toBe(1_000);
    for (const [index, { message }] of infos.entries()) {
      const { text } = await PostalMime.parse(message as Buffer);
      expect(byCode.get(text!.match(LINK)![0].slice(-10))).toBe(people[index]);
    }
    const stats = await app.call(`/v1/companies/${companyId}/stats`, { key: OPERATOR_KEY });
    expect(stats.status).toBe(200);
  });

  test.each([
    ['no rejection', { text: 'Thank you.', html: '<p>Thank you.</p>' }, 'not-a-rejection'],
    ['several people', { to: ['a@example.jp', 'b@example.jp'] }, 'several-recipients'],
    [
      'an invitation',
      { icalEvent: { method: 'REQUEST', content: 'BEGIN:VCALENDAR\r\nEND:VCALENDAR' } },
      'calendar',
    ],
    ['a control field', { headers: { 'X-Career-Relay': 'skip' } }, 'asked-to-skip'],
    ['headers as a list', { headers: [{ key: 'x-career-relay', value: 'skip' }] }, 'asked-to-skip'],
    ['an automatic reply', { headers: { 'Auto-Submitted': 'auto-replied' } }, 'auto-submitted'],
    ['a text from a file', { text: { path: '/dev/null' } }, 'not-text'],
    ['a mail composed before', { raw: 'Subject: x\r\n\r\nx' }, 'raw'],
  ])('%s: as it came, and nothing is minted', async (_name, more, reason) => {
    const mail = await sent({ ...base, ...more });
    expect(`${mail.text}${mail.html}`).not.toMatch(LINK);
    expect(reasons).toEqual([reason]);
    expect(await links()).toEqual([]);
  });

  test('a placeholder is replaced; for several people by the static link', async () => {
    const text = 'See {{relay_url}}';
    const own = await sent({ ...base, text, html: undefined });
    expect(own.text).toMatch(/^See http:\/\/localhost:\d+\/r\/[2-9b-z]{10}\s*$/);
    const to = ['a@example.jp', 'b@example.jp'];
    const shared = await sent(
      { ...base, to, text, html: undefined },
      { staticUrl: 'https://x.example/c/aoba' },
    );
    expect(shared.text!.trim()).toBe('See https://x.example/c/aoba');
  });

  test('policy and texts as buffers', async () => {
    const mail = await sent({ ...base, text: Buffer.from('Hi'), html: undefined }, { policy: 'all' });
    expect(mail.text).toMatch(LINK);
  });

  test.each(FAULTS)('Career Relay %s: the mail goes out as it came', async (_name, answer) => {
    const { url, stop } = await unwell(answer);
    try {
      const mail = await sent(base, { baseUrl: url, timeout: 300 });
      expect(mail.text!.trim()).toBe(TEXT);
      expect(mail.html!.trim()).toBe(HTML);
      expect(reasons).toEqual(['fault']);
    } finally {
      await stop();
    }
  });

  test('Career Relay is not there: the mail goes out as it came, whatever the report does', async () => {
    const onUntouched = () => {
      throw new Error('the report fails');
    };
    const mail = await sent(base, { baseUrl: 'http://127.0.0.1:1', onUntouched });
    expect(mail.text!.trim()).toBe(TEXT);
  });
});
