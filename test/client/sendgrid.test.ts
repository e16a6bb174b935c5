import { jest } from '@jest/globals';
import { MailService } from '@sendgrid/mail';
import { type CareerRelayOptions, withCareerRelay } from '../../src/client/sendgrid.js';
import { startTestApp, type TestApp } from '../harness/app.js';
import { render, SendgridServer } from '../relay/sendgrid-server.js';
import { FAULTS, unwell } from './away.js';

const TEXT = '選考の結果、誠に残念ながら、今回は採用を見送らせていただくこととなりました。';
const LINK = /http:\/\/localhost:\d+\/r\/[2-9b-z]{10}/g;
const base = {
  from: 'recruit@aoba.example',
  to: 'hanako@example.jp',
  subject: '選考結果のご連絡',
  text: TEXT,
  html: `<p>${TEXT}</p>`,
};

describe('career-relay/sendgrid', () => {
  const sendgrid = new SendgridServer();
  let app: TestApp;
  let key: string;
  let upstream: string;
  let reasons: string[];
  beforeAll(async () => {
    jest.spyOn(console, 'warn').mockImplementation(() => {});
    upstream = await sendgrid.start();
    app = await startTestApp('pglite');
    const { id } = await app.company({ name: 'Aoba', slug: 'aoba' });
    key = await app.apiKey(id, ['links']);
  });
  afterAll(async () => {
    await app.close();
    await sendgrid.stop();
  });
  beforeEach(async () => {
    sendgrid.reset();
    reasons = [];
    await app.db.query("DELETE FROM links WHERE kind = 'candidate'");
  });

  function service(options: Partial<CareerRelayOptions> = {}): MailService {
    const onUntouched = (reason: string) => void reasons.push(reason);
    const wrapped = withCareerRelay(new MailService(), {
      baseUrl: app.deps.config.baseUrl,
      apiKey: key,
      onUntouched,
      ...options,
    });
    // After the wrapping: what is set later counts.
    wrapped.setApiKey('SG.own-key-of-the-customer');
    const { client } = wrapped as unknown as {
      client: { setDefaultRequest(name: string, value: string): void };
    };
    client.setDefaultRequest('baseUrl', `${upstream}/`);
    return wrapped;
  }
  const links = () =>
    app.db.query<{ code: string; recipient: string }>(
      "SELECT code, recipient FROM links WHERE kind = 'candidate' ORDER BY recipient",
    );

  test('send: the link in both texts, with the customer’s own key and attachments as they were', async () => {
    const attachments = [
      { content: 'QUJD', filename: 'a.pdf', type: 'application/pdf', disposition: 'attachment' },
    ];
    const [answer] = await service().send({ ...base, attachments });
    expect(answer.statusCode).toBe(202);
    expect(sendgrid.requests[0]!.headers.authorization).toBe('Bearer SG.own-key-of-the-customer');
    const [link] = await links();
    const [mail] = render(sendgrid.last);
    const url = `${app.deps.config.linkBaseUrl}/${link!.code}`;
    expect(mail!.text.match(LINK)).toEqual([url]);
    expect(mail!.html.match(LINK)).toEqual([url, url]);
    expect(sendgrid.last.attachments).toEqual(attachments);
  });

  test('a thousand personalizations in one request, and an array of mails', async () => {
    const to = Array.from({ length: 1_000 }, (_, index) => `p${String(index).padStart(4, '0')}@example.jp`);
    await service({ timeout: 60_000 }).sendMultiple({ ...base, to });
    const byCode = new Map((await links()).map(({ code, recipient }) => [code, recipient]));
    expect(byCode.size).toBe(1_000);
    for (const { to: people, text } of render(sendgrid.last)) {
      expect(byCode.get(text.match(LINK)![0].slice(-10))).toBe(people[0]);
    }
    sendgrid.reset();
    await service().send([base, { ...base, to: 'taro@example.jp' }]);
    const texts = sendgrid.requests.map(({ mail }) => render(mail!)[0]!.text.match(LINK)![0]);
    expect(new Set(texts).size).toBe(2);
  });

  test('substitutions of their own stay', async () => {
    const personalizations = ['a', 'b'].map((name) => ({
      to: `${name}@example.jp`,
      substitutions: { name },
    }));
    await service().send({
      ...base,
      to: undefined,
      text: `{{name}}様 ${TEXT}`,
      html: undefined,
      personalizations,
    } as never);
    const mails = render(sendgrid.last);
    expect(mails.map(({ text }) => text.slice(0, 2))).toEqual(['a様', 'b様']);
    for (const { text } of mails) expect(text.match(LINK)).toHaveLength(1);
  });

  test('a dynamic template gets relay_url where the sender vouches for it, and else is left alone', async () => {
    const { text: _text, html: _html, ...mail } = base;
    const templated = { ...mail, templateId: 'd-1', dynamicTemplateData: { name: 'x' } };
    await service().send({ ...templated, headers: { 'X-Career-Relay': 'insert' } } as never);
    const data = sendgrid.last.personalizations[0]!.dynamic_template_data;
    expect(data).toEqual({ name: 'x', relay_url: expect.stringMatching(LINK) });
    await service().send(templated as never);
    expect(sendgrid.last.personalizations[0]!.dynamic_template_data).toEqual({ name: 'x' });
    expect(reasons).toEqual(['template-unseen']);
    expect(await links()).toHaveLength(1);
  });

  test('sandbox mode and other mails: nothing is minted, and control fields do not leave', async () => {
    await service().send({ ...base, mailSettings: { sandboxMode: { enable: true } } });
    await service().send({ ...base, text: 'Hi', html: '<p>Hi</p>', headers: { 'X-Career-Relay-Job': 'x' } });
    expect(sendgrid.requests.map(({ raw }) => LINK.test(raw.toString()))).toEqual([false, false]);
    expect(sendgrid.last.headers).toEqual({});
    expect(await links()).toEqual([]);
  });

  test('what SendGrid refuses comes back as ever', async () => {
    sendgrid.instead = (response) => void response.writeHead(400).end('{"errors":[{"message":"m"}]}');
    await expect(service().send(base)).rejects.toMatchObject({ code: 400 });
  });

  test.each(FAULTS)('Career Relay %s: the mail goes out as it came', async (_name, answer) => {
    const { url, stop } = await unwell(answer);
    try {
      const [sent] = await service({ baseUrl: url, timeout: 300 }).send(base);
      expect(sent.statusCode).toBe(202);
      expect(render(sendgrid.last)).toEqual([{ to: [base.to], text: TEXT, html: base.html }]);
      expect(reasons).toEqual(['fault']);
    } finally {
      await stop();
    }
  });
});
