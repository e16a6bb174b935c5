import { gunzipSync, gzipSync } from 'node:zlib';
import { jest } from '@jest/globals';
import sgMail, { MailService } from '@sendgrid/mail';
import { putRule } from '../../src/company/rules.js';
import { openExcerpt } from '../../src/relay/review.js';
import { OPERATOR_KEY, startTestApp, type TestApp } from '../harness/app.js';
import { describeOnDatabase } from '../harness/database.js';
import { render, SendgridServer } from './sendgrid-server.js';

const REJECTION =
  '選考結果のご連絡です。誠に残念ながら、今回は採用を見送らせていただくこととなりました。\n今後のご活躍をお祈り申し上げます。\n';
const REJECTION_HTML = `<html><body><p>${REJECTION}</p></body></html>`;
const LINK = /http:\/\/localhost:\d+\/r\/[2-9b-z]{10}/g;
const OWN_KEY = 'SG.test-key-of-the-company-0123456789';

type Data = Record<string, unknown>;
const person = (email: string) => ({ email });

describeOnDatabase('SendGrid drop-in', (engine) => {
  const sendgrid = new SendgridServer();
  let app: TestApp;
  let companyId: string;
  let key: string;
  beforeAll(async () => {
    app = await startTestApp(engine, { env: { SENDGRID_BASE_URL: await sendgrid.start() } });
    // The package says once that the key does not begin as SendGrid's do.
    jest.spyOn(console, 'warn').mockImplementation(() => {});
    ({ id: companyId } = await app.company({ name: 'Aoba', slug: 'aoba' }));
    key = await app.apiKey(companyId, ['mail']);
    await app.call(`/v1/companies/${companyId}/sendgrid`, { key: OPERATOR_KEY, body: { apiKey: OWN_KEY } });
  });
  afterAll(async () => {
    await app.close();
    await sendgrid.stop();
  });
  beforeEach(async () => {
    sendgrid.reset();
    await app.db.query('DELETE FROM messages');
    await app.db.query("DELETE FROM links WHERE kind = 'candidate'");
  });

  /** The official package, with its base URL and key changed and nothing else. */
  function mailService(apiKey = key): MailService {
    const service = new MailService();
    service.setApiKey(apiKey);
    (
      service as unknown as { client: { setDefaultRequest(name: string, value: string): void } }
    ).client.setDefaultRequest('baseUrl', `${app.baseUrl}/`);
    return service;
  }
  const base = {
    from: 'recruit@aoba.example',
    to: 'hanako@example.jp',
    subject: '選考結果のご連絡',
    text: REJECTION,
    html: REJECTION_HTML,
  };
  const rows = () =>
    app.db.query<Data & { code: string | null }>(
      `SELECT origin, verdict, action, reason, code, outcome, upstream_reply AS reply, recipients, envelope_from AS sender, job
       FROM messages ORDER BY recipients`,
    );
  const links = () =>
    app.db.query<{ code: string; recipient: string; origin: string }>(
      "SELECT code, recipient, origin FROM links WHERE kind = 'candidate' ORDER BY recipient",
    );
  function post(body: unknown, headers: Record<string, string> = {}) {
    const bytes = Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body));
    return fetch(`${app.baseUrl}/v3/mail/send`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
      body: new Uint8Array(bytes),
    });
  }
  const raw = (more: Data = {}) => ({
    personalizations: [{ to: [person('hanako@example.jp')] }],
    from: person('recruit@aoba.example'),
    subject: '選考結果のご連絡',
    content: [
      { type: 'text/plain', value: REJECTION },
      { type: 'text/html', value: REJECTION_HTML },
    ],
    ...more,
  });
  const many = (count: number, more: (index: number) => Data = () => ({})) =>
    Array.from({ length: count }, (_, index) => ({
      to: [person(`person${String(index).padStart(4, '0')}@example.jp`)],
      ...more(index),
    }));

  describe('one personalization', () => {
    test('has its own link in both texts, and all else as it was', async () => {
      const [answer] = await mailService().send(base);
      expect(answer).toMatchObject({ statusCode: 202, body: '' });
      expect(answer.headers).toMatchObject({
        'x-message-id': 'id-1',
        'x-ratelimit-remaining': '599',
        'x-ratelimit-reset': '1790000000',
      });
      const [link] = await links();
      const url = `${app.deps.config.linkBaseUrl}/${link!.code}`;
      const [mail] = render(sendgrid.last);
      expect(mail!.text.match(LINK)).toEqual([url]);
      expect(mail!.html.match(LINK)).toEqual([url, url]);
      expect(mail!.html).toContain('clicktracking=off');
      expect(mail!.text.startsWith(REJECTION)).toBe(true);
      expect(sendgrid.last.personalizations).toEqual([{ to: [person('hanako@example.jp')] }]);
      expect(sendgrid.requests[0]!.headers.authorization).toBe(`Bearer ${OWN_KEY}`);
      expect(await rows()).toEqual([
        {
          origin: 'sendgrid',
          verdict: 'rejection',
          action: 'inserted',
          reason: null,
          code: link!.code,
          outcome: 'delivered',
          reply: '202 id-1',
          recipients: ['hanako@example.jp'],
          sender: 'recruit@aoba.example',
          job: null,
        },
      ]);
      expect(link).toMatchObject({ recipient: 'hanako@example.jp', origin: 'sendgrid' });
      const redirected = await app.call(`/r/${link!.code}`);
      expect(redirected.status).toBe(302);
    });

    test('a mail that is no rejection goes out byte for byte', async () => {
      const body = Buffer.from(
        `{ "personalizations":[{"to":[{"email":"a@example.jp"}]}],\t"from":{"email":"b@example.jp"},"subject":"Hi",
          "content":[{"type":"text/plain","value":"\\u3053んにちは \\ud83d\\ude00"}],"unknown":{"big":12345678901234567890,"1":1.0}}`,
      );
      expect((await post(body)).status).toBe(202);
      expect(sendgrid.requests[0]!.raw.equals(body)).toBe(true);
      expect(await rows()).toMatchObject([
        { verdict: 'other', action: 'untouched', reason: 'not-a-rejection' },
      ]);
      expect(await links()).toEqual([]);
    });

    test('what is not ours to change is the same in value, order and spelling', async () => {
      const more = {
        send_at: 1_790_000_000,
        batch_id: 'HkJ5yLYULb7Rj8GKSx7u025ouWVlMgAi',
        categories: ['不採用', 'b'],
        asm: { group_id: 7, groups_to_display: [7] },
        attachments: [
          {
            content: 'QUJD',
            filename: '結果.pdf',
            type: 'application/pdf',
            disposition: 'attachment',
            content_id: 'x',
          },
        ],
        custom_args: { id: '1' },
        ip_pool_name: 'pool',
        tracking_settings: { click_tracking: { enable: true, enable_text: true } },
        not_in_the_description: { deep: [1, { x: null }] },
        reply_to_list: [person('one@example.jp')],
        headers: { 'X-Mine': 'kept' },
      };
      const sent = raw(more);
      expect((await post(sent)).status).toBe(202);
      const { content: _theirs, ...rest } = sent;
      const { content, ...arrived } = sendgrid.last;
      expect(arrived).toEqual(rest);
      expect(Object.keys(sendgrid.last)).toEqual(Object.keys(sent));
      expect(content!.map(({ type }) => type)).toEqual(['text/plain', 'text/html']);
      expect(render(sendgrid.last)[0]!.text).toMatch(LINK);
    });

    test('numbers that JavaScript cannot hold pass beside an insertion', async () => {
      const body = Buffer.from(JSON.stringify(raw()).replace(/}$/, ',"big":12345678901234567890,"one":1.0}'));
      await post(body);
      const text = sendgrid.requests[0]!.raw.toString();
      expect(text).toContain('"big":12345678901234567890,"one":1.0}');
      expect(text).toMatch(LINK);
    });

    test('a placeholder is replaced where it stands, encoded within the parameter of another address', async () => {
      const html = '<a href="https://t.example/?u={{relay_url}}">x</a><p>{{ relay_url }}</p>';
      await mailService().send({ ...base, text: 'See {{relay_url}}', html });
      const [mail] = render(sendgrid.last);
      const [link] = await links();
      const url = `${app.deps.config.linkBaseUrl}/${link!.code}`;
      expect(mail!.text).toBe(`See ${url}`);
      expect(mail!.html).toBe(`<a href="https://t.example/?u=${encodeURIComponent(url)}">x</a><p>${url}</p>`);
    });

    test.each([
      ['several to', { to: [person('a@example.jp'), person('b@example.jp')] }],
      ['a cc', { to: [person('a@example.jp')], cc: [person('boss@aoba.example')] }],
      ['a bcc', { to: [person('a@example.jp')], bcc: [person('archive@aoba.example')] }],
    ])('%s share a body: no link of one candidate', async (_name, personalization) => {
      await post(raw({ personalizations: [personalization] }));
      expect(sendgrid.requests[0]!.raw.toString()).not.toMatch(LINK);
      expect(await rows()).toMatchObject([{ action: 'untouched', reason: 'several-recipients', code: null }]);
      expect(await links()).toEqual([]);
    });

    test("several readers get the company's static link in a placeholder", async () => {
      const personalizations = [{ to: [person('a@example.jp'), person('b@example.jp')] }];
      await post(raw({ personalizations, content: [{ type: 'text/plain', value: '{{relay_url}}' }] }));
      expect(render(sendgrid.last)[0]!.text).toBe(`${app.deps.config.baseUrl}/c/aoba`);
      expect(await rows()).toMatchObject([{ action: 'inserted', code: null }]);
    });

    test('control fields overrule the words, label the mail, and do not leave', async () => {
      const headers = {
        'X-Career-Relay': 'insert',
        'X-Career-Relay-Job': '営業',
        'X-Career-Relay-Candidate': 'c-1',
        'X-Mine': 'kept',
      };
      await mailService().send({ ...base, text: 'Thank you.', html: '<p>Thank you.</p>', headers });
      expect(sendgrid.last.headers).toEqual({ 'X-Mine': 'kept' });
      expect(render(sendgrid.last)[0]!.text).toMatch(LINK);
      expect(await rows()).toMatchObject([{ action: 'inserted', job: '営業' }]);
      sendgrid.reset();
      await mailService().send({ ...base, headers: { 'x-career-relay': 'skip' } });
      expect(sendgrid.requests[0]!.raw.toString()).not.toMatch(/career-relay|\/r\//i);
      expect((await rows()).map(({ reason }) => reason)).toContain('asked-to-skip');
    });

    test('an invitation is left alone', async () => {
      const content = [
        { type: 'text/plain', value: REJECTION },
        { type: 'text/calendar', value: 'BEGIN:VCALENDAR' },
      ];
      await post(raw({ content }));
      expect(await rows()).toMatchObject([{ action: 'untouched', reason: 'calendar' }]);
      expect(sendgrid.last.content).toEqual(content);
    });

    test('the same request after a refusal carries the same link', async () => {
      sendgrid.instead = (response) => response.writeHead(429).end('{}');
      expect((await post(raw())).status).toBe(429);
      sendgrid.reset();
      await post(raw());
      expect(await links()).toHaveLength(1);
      expect(await rows()).toMatchObject([{ action: 'inserted' }, { action: 'inserted' }]);
      const [{ code }] = (await links()) as unknown as [{ code: string }];
      expect(render(sendgrid.last)[0]!.text).toContain(code);
    });
  });

  describe('several personalizations', () => {
    test('a thousand share one text with one tag, and each has its own link', async () => {
      const [answer] = await mailService().send({
        ...base,
        to: many(1_000).map(({ to }) => to[0]!),
        isMultiple: true,
      });
      expect(answer.statusCode).toBe(202);
      expect(sendgrid.requests).toHaveLength(1);
      const { personalizations, content } = sendgrid.last;
      const tags = new Set(personalizations.flatMap(({ substitutions }) => Object.keys(substitutions ?? {})));
      expect([...tags]).toEqual([expect.stringMatching(/^crlink[2-9b-z]{10}$/)]);
      expect(JSON.stringify(content)).toContain([...tags][0]);
      const mails = render(sendgrid.last);
      const byCode = new Map((await links()).map(({ code, recipient }) => [code, recipient]));
      expect(byCode.size).toBe(1_000);
      for (const { to, text, html } of mails) {
        const [url] = text.match(LINK) ?? [];
        expect(byCode.get(url!.slice(-10))).toBe(to[0]);
        expect(html.match(LINK)).toEqual([url, url]);
      }
      const recorded = await rows();
      expect(recorded).toHaveLength(1_000);
      expect(new Set(recorded.map(({ code }) => code)).size).toBe(1_000);
      const stats = (await (
        await app.call(`/v1/companies/${companyId}/stats`, { key: OPERATOR_KEY })
      ).json()) as { mails: Data };
      expect(stats.mails).toMatchObject({ relayed: 1_000, rejections: 1_000, inserted: 1_000 });
    });

    test('what they substitute themselves stays', async () => {
      const personalizations = many(2, (index) => ({ substitutions: { '-name-': `${index}号` } }));
      await post(
        raw({ personalizations, content: [{ type: 'text/plain', value: `-name-様\n${REJECTION}` }] }),
      );
      const mails = render(sendgrid.last);
      expect(mails.map(({ text }) => text.split('\n')[0])).toEqual(['0号様', '1号様']);
      for (const { text } of mails) expect(text.match(LINK)).toHaveLength(1);
    });

    test('who shares his mail with others gets none, and the rest get theirs', async () => {
      const personalizations = [...many(2), { to: [person('x@example.jp')], cc: [person('y@example.jp')] }];
      await post(raw({ personalizations }));
      const [one, other, shared] = render(sendgrid.last);
      expect(one!.text.match(LINK)).not.toEqual(other!.text.match(LINK));
      expect(one!.html.match(LINK)).toHaveLength(2);
      expect(shared!.text).toBe(REJECTION);
      expect(shared!.html).toBe(REJECTION_HTML);
      expect((await rows()).map(({ reason }) => reason)).toEqual([null, null, 'several-recipients']);
    });

    test('placeholders give each his own link, encoded too, and those who share the static one', async () => {
      const personalizations = [...many(1), { to: [person('x@example.jp'), person('y@example.jp')] }];
      const value = '<p>{{relay_url}}</p><a href="https://t.example/?u={{relay_url}}">x</a>';
      await post(raw({ personalizations, content: [{ type: 'text/html', value }] }));
      const [own, shared] = render(sendgrid.last);
      const url = `${app.deps.config.linkBaseUrl}/${(await links())[0]!.code}`;
      const staticUrl = `${app.deps.config.baseUrl}/c/aoba`;
      for (const [mail, expected] of [
        [own!, url],
        [shared!, staticUrl],
      ] as const) {
        expect(mail.html).toBe(
          `<p>${expected}</p><a href="https://t.example/?u=${encodeURIComponent(expected)}">x</a>`,
        );
      }
    });

    test.each([
      ['a tag that stands in our address', 'localhost'],
      ['a tag that stands in our words', '無料相談'],
    ])('%s: everything as it came', async (_name, tag) => {
      const sent = raw({ personalizations: many(2, () => ({ substitutions: { [tag]: 'x' } })) });
      await post(sent);
      expect(sendgrid.last).toEqual(sent);
      expect(await rows()).toMatchObject([{ reason: 'tag-collision' }, { reason: 'tag-collision' }]);
      expect(await links()).toEqual([]);
    });

    test('substitutions that leave no room: everything as it came', async () => {
      const full = { substitutions: { '-x-': 'y'.repeat(9_990) } };
      const sent = raw({ personalizations: many(2, (index) => (index === 0 ? full : {})) });
      expect((await post(sent)).status).toBe(202);
      expect(sendgrid.last).toEqual(sent);
      expect(await rows()).toMatchObject([
        { reason: 'substitutions-full' },
        { reason: 'substitutions-full' },
      ]);
    });

    test("each one's own subject is read, and each one's own control field", async () => {
      const personalizations = many(2, (index) =>
        index === 0 ? { headers: { 'X-Career-Relay': 'skip', 'X-Mine': '1' } } : {},
      );
      await post(raw({ personalizations }));
      expect((await rows()).map(({ reason }) => reason)).toEqual(['asked-to-skip', null]);
      expect(sendgrid.last.personalizations[0]!.headers).toEqual({ 'X-Mine': '1' });
      expect(render(sendgrid.last).map(({ text }) => LINK.test(text) && true)).toEqual([false, true]);
    });
  });

  describe('templates', () => {
    test('a dynamic one gets relay_url in its data, and never content', async () => {
      await mailService().send({
        from: base.from,
        to: base.to,
        templateId: 'd-0123456789abcdef0123456789abcdef',
        dynamicTemplateData: { name: '花子', list: [1, 2] },
      } as never);
      const [link] = await links();
      expect(sendgrid.last.personalizations[0]!.dynamic_template_data).toEqual({
        name: '花子',
        list: [1, 2],
        relay_url: `${app.deps.config.linkBaseUrl}/${link!.code}`,
      });
      expect(sendgrid.last.content).toBeUndefined();
      expect(await rows()).toMatchObject([
        { verdict: 'other', action: 'untouched', reason: 'template-unseen', code: link!.code },
      ]);
    });

    test('who says that it is a rejection vouches for the link in it', async () => {
      const headers = { 'X-Career-Relay': 'insert' };
      await post(raw({ content: undefined, template_id: 'd-1', headers, personalizations: many(2) }));
      const urls = sendgrid.last.personalizations.map((one) => one.dynamic_template_data?.relay_url);
      expect(new Set(urls).size).toBe(2);
      expect(await rows()).toMatchObject([{ action: 'inserted' }, { action: 'inserted' }]);
    });

    test('a relay_url of their own stays', async () => {
      const personalizations = many(1, () => ({
        dynamic_template_data: { relay_url: 'https://x.example/' },
      }));
      const sent = raw({ content: undefined, template_id: 'd-1', personalizations });
      await post(sent);
      expect(sendgrid.last).toEqual(JSON.parse(JSON.stringify(sent)));
      expect(await rows()).toMatchObject([{ reason: 'already-linked' }]);
    });

    test('a legacy one gets a substitution for the placeholder', async () => {
      const personalizations = many(2, () => ({ substitutions: { '-a-': 'b' } }));
      await post(raw({ template_id: '13b8f94f-bcae-4ec6-b752-70d6cb59f932', personalizations }));
      const given = sendgrid.last.personalizations.map(({ substitutions }) => substitutions);
      expect(given[0]).toEqual({ '-a-': 'b', '{{relay_url}}': expect.stringMatching(LINK) });
      expect(given[0]!['{{relay_url}}']).not.toBe(given[1]!['{{relay_url}}']);
      expect(sendgrid.last.content).toEqual(raw().content);
      expect(await rows()).toMatchObject([{ reason: 'template-unseen' }, { reason: 'template-unseen' }]);
    });
  });

  test('sandbox mode mints nothing and records nothing; 200 comes back', async () => {
    const [answer] = await mailService().send({ ...base, mailSettings: { sandboxMode: { enable: true } } });
    expect(answer.statusCode).toBe(200);
    expect(sendgrid.requests[0]!.raw.toString()).not.toMatch(LINK);
    expect([await rows(), await links()]).toEqual([[], []]);
  });

  test('a packed body is unpacked, changed and packed again; unchanged it is the same bytes', async () => {
    const encoding = { 'content-encoding': 'gzip' };
    expect((await post(gzipSync(JSON.stringify(raw())), encoding)).status).toBe(202);
    expect(sendgrid.requests[0]!.headers['content-encoding']).toBe('gzip');
    expect(gunzipSync(sendgrid.requests[0]!.raw).toString()).toMatch(LINK);
    const other = gzipSync(JSON.stringify(raw({ content: [{ type: 'text/plain', value: 'Hi' }] })));
    await post(other, encoding);
    expect(sendgrid.requests[1]!.raw.equals(other)).toBe(true);
  });

  test.each([
    ['no JSON', Buffer.from('{"personalizations":')],
    ['another shape', Buffer.from('{"personalizations":{"to":1},"from":"x"}')],
    [
      'a key twice',
      Buffer.from('{"from":{"email":"a@b.c"},"from":{"email":"d@e.f"},"personalizations":[{"to":[]}]}'),
    ],
    ['no UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d])],
    ['a packing that is none', gzipSync('x').subarray(0, 5)],
  ])('%s: SendGrid hears it as it came and says what it thinks', async (_name, body) => {
    const encoding: Record<string, string> = body[0] === 0x1f ? { 'content-encoding': 'gzip' } : {};
    const answer = await post(body, encoding);
    expect(answer.status).toBe(400);
    expect(sendgrid.requests[0]!.raw.equals(body)).toBe(true);
    expect(await answer.json()).toMatchObject({ errors: [{ field: null }] });
    expect(await rows()).toMatchObject([{ reason: 'malformed', outcome: 'refused' }]);
  });

  test("1,001 personalizations are SendGrid's to refuse", async () => {
    expect((await post(raw({ personalizations: many(1_001) }))).status).toBe(400);
    expect(await rows()).toMatchObject([{ reason: 'malformed', outcome: 'refused' }]);
  });

  test.each([400, 401, 403, 413, 429, 500, 503])('%d comes back word for word', async (status) => {
    const said = `{"errors":[{"message":"m","field":"from.email","help":{"x":1}}],"id":"${status}"}`;
    sendgrid.instead = (response) =>
      void response.writeHead(status, { 'content-type': 'application/json', 'retry-after': '7' }).end(said);
    const failed = await mailService()
      .send(base)
      .catch((error: { code: number; response: { body: unknown; headers: Data } }) => error);
    expect(failed).toMatchObject({
      code: status,
      response: { body: JSON.parse(said), headers: { 'retry-after': '7' } },
    });
    expect(await rows()).toMatchObject([{ outcome: 'refused', reply: `${status} ${said}` }]);
  });

  test('an answer that is lost is unknown: 504, sent once, in doubt', async () => {
    sendgrid.instead = (response) => response.destroy();
    const answer = await post(raw());
    expect(answer.status).toBe(504);
    expect(await answer.json()).toMatchObject({
      errors: [{ message: expect.stringMatching(/may have been sent/) }],
    });
    expect(sendgrid.requests).toHaveLength(1);
    expect(await rows()).toMatchObject([{ outcome: 'ambiguous', action: 'inserted' }]);
  });

  test("a gateway's 504 is in doubt as well", async () => {
    sendgrid.instead = (response) => void response.writeHead(504).end('gateway');
    expect((await post(raw())).status).toBe(504);
    expect(await rows()).toMatchObject([{ outcome: 'ambiguous' }]);
  });

  test('batch ids pass both ways', async () => {
    const made = await app.call('/v3/mail/batch', { key, method: 'POST' });
    expect(made.status).toBe(201);
    const { batch_id: id } = (await made.json()) as { batch_id: string };
    const checked = await app.call(`/v3/mail/batch/${id}`, { key });
    expect([checked.status, await checked.json()]).toEqual([200, { batch_id: id }]);
    expect(await rows()).toEqual([]);
  });

  test('other paths are 404 in the same shape', async () => {
    const answer = await app.call('/v3/templates', { key });
    expect([answer.status, await answer.json()]).toEqual([
      404,
      { errors: [{ message: expect.any(String), field: null, help: null }] },
    ]);
    expect(sendgrid.requests).toEqual([]);
  });

  test('a body of more than 48 MiB is 413 in the same shape, and nothing is sent', async () => {
    const answer = await post(Buffer.alloc(48 * 1024 * 1024 + 1, ' '));
    expect([answer.status, await answer.json()]).toMatchObject([413, { errors: [{ field: null }] }]);
    expect(sendgrid.requests).toEqual([]);
  });

  test('on-behalf-of travels with the company’s own key', async () => {
    await post(raw(), { 'on-behalf-of': 'subuser' });
    expect(sendgrid.requests[0]!.headers['on-behalf-of']).toBe('subuser');
  });

  test('a body that calls itself a form is passed on as it came', async () => {
    const answer = await post(raw(), { 'content-type': 'application/x-www-form-urlencoded' });
    expect(answer.status).toBe(202);
    expect(sendgrid.requests).toHaveLength(1);
  });

  test('large bodies take turns: a fifth is not read on until one of four is through', async () => {
    const held: (() => void)[] = [];
    sendgrid.instead = (response) => void held.push(() => response.writeHead(202).end());
    const attachments = [{ content: 'A'.repeat(2 * 1024 * 1024), filename: 'a.bin' }];
    const sending = Array.from({ length: 5 }, () => post(raw({ attachments })));
    while (held.length < 4) await new Promise((resolve) => setImmediate(resolve));
    // A small one passes meanwhile, and shows that the fifth had its chance.
    const small = post(raw());
    while (held.length < 5) await new Promise((resolve) => setImmediate(resolve));
    expect(sendgrid.requests.map(({ raw: { length } }) => length > 1024 * 1024)).toEqual([
      true,
      true,
      true,
      true,
      false,
    ]);
    held.shift()!();
    while (held.length < 5) await new Promise((resolve) => setImmediate(resolve));
    for (const answer of held) answer();
    expect((await Promise.all([...sending, small])).map(({ status }) => status)).toEqual(Array(6).fill(202));
  });

  describe('what people are asked about', () => {
    const VAGUE = '誠に残念ながら、このようなご連絡となりました。今後のご活躍をお祈り申し上げます。';
    const vague = (more: Data = {}) =>
      raw({ subject: 'ご連絡', content: [{ type: 'text/plain', value: VAGUE }], ...more });
    const asked = async () => {
      const kept = await app.db.query<{ messageId: string; excerpt: Buffer }>(
        'SELECT message_id AS "messageId", company_id AS "companyId", at, excerpt FROM reviews',
      );
      return kept.map((one) => openExcerpt(app.deps, one as never));
    };
    const until = async (count: number) => {
      for (;;) {
        const all = await asked();
        if (all.length >= count) return all;
        await new Promise((resolve) => setImmediate(resolve));
      }
    };
    beforeEach(() => app.db.query('DELETE FROM reviews'));
    afterEach(() => app.db.query('DELETE FROM company_rules'));

    test('a mail that was not settled, with subject, sender, template and cue', async () => {
      await post(vague({ template_id: 'e2f9f1c1-legacy' }));
      const [one] = await until(1);
      expect(one).toMatchObject({
        subject: 'ご連絡',
        from: 'recruit@aoba.example',
        source: 'e2f9f1c1-legacy',
      });
      expect(one!.sentences.map(({ cue }) => cue)).toContain('誠に残念ながら');
    });

    test('once a request for mails that say the same, and not of what SendGrid refused', async () => {
      sendgrid.instead = (response) => void response.writeHead(400).end('{}');
      await post(vague());
      sendgrid.instead = undefined;
      await post(vague({ personalizations: many(3) }));
      await post(vague({ personalizations: many(2, (index) => ({ subject: `件名 ${index}` })) }));
      expect((await until(3)).map(({ subject }) => subject).sort()).toEqual(['ご連絡', '件名 0', '件名 1']);
    });

    test('a rule for a template id settles it, and vouches for the template', async () => {
      const rule = {
        id: app.deps.newId(),
        companyId,
        kind: 'source' as const,
        value: 'd-0123',
        verdict: 'rejection' as const,
      };
      await putRule(app.db, rule, app.clock.now());
      await post({ ...raw({ template_id: 'd-0123' }), content: undefined, subject: 'x' });
      expect(await rows()).toMatchObject([{ verdict: 'rejection', action: 'inserted', reason: null }]);
      await post({ ...raw({ template_id: 'd-9999' }), content: undefined, subject: 'x' });
      expect((await rows()).map(({ reason }) => reason)).toContain('template-unseen');
    });
  });

  describe('keys', () => {
    test.each([
      ['none', undefined, 401],
      ['an unknown one', 'cr_unknown', 401],
      ["the operator's", OPERATOR_KEY, 401],
    ])('%s is refused in the shape of SendGrid, and nothing is sent', async (_name, other, status) => {
      const answer = await app.call('/v3/mail/send', { key: other, body: raw() });
      expect(answer.status).toBe(status);
      expect(await answer.json()).toEqual({
        errors: [{ message: expect.any(String), field: null, help: null }],
      });
      expect(sendgrid.requests).toEqual([]);
    });

    test('without the scope mail, or without an account, 403', async () => {
      const reading = await app.apiKey(companyId, ['read']);
      expect((await app.call('/v3/mail/send', { key: reading, body: raw() })).status).toBe(403);
      const other = await app.company({ name: 'Other', slug: `other-${engine}` });
      const theirs = await app.apiKey(other.id, ['mail']);
      expect((await app.call('/v3/mail/send', { key: theirs, body: raw() })).status).toBe(403);
      expect(sendgrid.requests).toEqual([]);
    });

    test('many wrong ones: 429 with Retry-After for what is not known, and mail with a key that was right flows', async () => {
      await post(raw());
      let refused: Response | undefined;
      for (let tried = 0; tried < 25 && refused?.status !== 429; tried += 1) {
        refused = await app.call('/v3/mail/send', { key: `cr_wrong${tried}`, body: raw() });
      }
      expect([refused!.status, await refused!.json()]).toEqual([
        429,
        { errors: [{ message: expect.stringMatching(/wrong keys/), field: null, help: null }] },
      ]);
      expect(Number(refused!.headers.get('retry-after'))).toBeGreaterThan(0);
      const unused = await app.apiKey(companyId, ['mail']);
      expect((await app.call('/v3/mail/send', { key: unused, body: raw() })).status).toBe(429);
      expect((await post(raw())).status).toBe(202);
    });
  });
});

test('the package under test is the official one', () => {
  expect(sgMail).toBeInstanceOf(MailService);
});
