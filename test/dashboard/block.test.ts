import iconv from 'iconv-lite';
import type { Company } from '../../src/company/store.js';
import { eraseOldDrafts } from '../../src/relay/housekeeping.js';
import { OPERATOR_KEY, startTestApp, type TestApp } from '../harness/app.js';
import { signIn } from '../harness/member.js';
import { RawClient, ScriptedUpstream } from '../relay/peers.js';

const CLEAR = '慎重に選考を行いました結果、誠に残念ながら今回は採用を見送らせていただくこととなりました。';
const OWN = {
  ja: { offer: 'ご希望の方へ、無料のキャリア相談をご案内しています。', note: 'ご利用は任意です' },
};

describe('the block of a company', () => {
  let app: TestApp;
  let upstream: ScriptedUpstream;
  let company: Company;
  let made = 0;

  beforeAll(async () => {
    upstream = await ScriptedUpstream.start();
    app = await startTestApp('pglite', { env: { UPSTREAM_URL: upstream.url } });
  });
  afterAll(async () => {
    await app.close();
    await upstream.close();
  });
  beforeEach(async () => {
    made += 1;
    company = await app.company({ name: '青葉製作所', slug: `aoba-${made}`, policy: 'auto' });
  });

  const block = (body?: unknown) =>
    app.call(`/v1/companies/${company.id}/block`, { key: OPERATOR_KEY, body });

  /** @returns what arrived behind the hook */
  async function sent(...fields: string[]): Promise<string> {
    const before = upstream.received.length;
    const client = await RawClient.connect(app.smtpPort);
    await client.signIn(await app.smtpCredential(company.id));
    await client.command('MAIL FROM:<hr@example.jp>');
    await client.command('RCPT TO:<taro@example.com>');
    await client.command('DATA');
    const head = [...fields, 'From: hr@example.jp', 'To: taro@example.com', 'Subject: x'];
    const type = ['Content-Type: text/plain; charset=UTF-8', 'Content-Transfer-Encoding: 8bit'];
    client.send(Buffer.from([...head, ...type, '', CLEAR, '.', ''].join('\r\n')));
    expect((await client.reply())[0]).toMatch(/^250/);
    client.close();
    return upstream.received[before]!.content.toString('utf8');
  }

  describe('on its page', () => {
    const FIELDS = {
      version: '0',
      ja_offer: OWN.ja.offer,
      ja_note: OWN.ja.note,
      en_offer: 'If you wish, our partner recruitment agency offers a free consultation.',
      en_note: 'Signing up is optional.',
      jobs: '',
      stages: '最終面接\n\n最終面接',
    };
    let cookie: string;
    beforeEach(async () => {
      const wanted = { companyId: company.id, role: 'admin' as const, email: `admin@a${made}.example` };
      ({ cookie } = await signIn(app, wanted));
    });
    const page = async (path = '') =>
      (await app.call(`/dashboard/block${path}`, { headers: { cookie } })).text();
    async function post(path: string, fields: Record<string, string>, file?: Buffer): Promise<Response> {
      const csrf = /name="csrf" value="([^"]+)"/.exec(await page())![1]!;
      const form = new FormData();
      for (const [name, value] of Object.entries({ csrf, ...fields })) form.set(name, value);
      if (file) form.set('file', new Blob([new Uint8Array(file)]), 'mail.eml');
      const init = { method: 'POST', redirect: 'manual' as const, headers: { cookie }, body: form };
      return fetch(`${app.baseUrl}/dashboard/block${path}`, init);
    }

    test('shows a sample in both forms, the text marked and the HTML in a frame without rights', async () => {
      const html = await page();
      expect(html).toMatch(/<mark>[^<]*ご希望の方は[^<]*<\/mark>/);
      expect(html).toMatch(/<iframe [^>]*\ssandbox>/);
      const framed = await app.call('/dashboard/block/mail/ja', { headers: { cookie } });
      expect(framed.headers.get('content-security-policy')).toMatch(/^sandbox; default-src 'none'/);
      const mail = await framed.text();
      expect(mail).toContain('青葉製作所');
      expect(mail).toContain('clicktracking=off');
    });

    test('tries words out without saving, then saves them; the form is the version that it was seen as', async () => {
      expect((await post('/preview', FIELDS)).headers.get('location')).toBe(
        '/dashboard/block?said=shown#preview',
      );
      expect(await page()).toMatch(/<mark>[^<]*無料のキャリア相談[^<]*<\/mark>/);
      expect(await sent()).toContain('登録は任意です');
      expect((await post('', FIELDS)).headers.get('location')).toBe('/dashboard/block?said=saved');
      expect(await sent()).toContain(OWN.ja.note);
      expect(await (await block()).json()).toMatchObject({ version: 1, stages: ['最終面接'] });
      expect((await post('', FIELDS)).headers.get('location')).toBe('/dashboard/block?said=conflict');
      const log = await app.db.query('SELECT subject FROM audit_log WHERE company_id = $1 AND action = $2', [
        company.id,
        'block.changed',
      ]);
      expect(log).toEqual([{ subject: '1' }]);
    });

    test('a fault stands beside its field, and nothing is saved', async () => {
      const said = await post('', { ...FIELDS, ja_note: '必ず内定' });
      expect(said.headers.get('location')).toBe('/dashboard/block?said=invalid');
      expect(await page()).toMatch(/必ず内定<\/textarea><p class="fault" id="ja_note-fault">約束や保証/);
      expect(await (await block()).json()).toMatchObject({ version: 0 });
    });

    test('a mail of the company, pasted or as a file: what is decided and why, in its own charset; it is kept sealed', async () => {
      await post('/preview', {
        ...FIELDS,
        mail: `Subject: 結果\nX-Career-Relay-Stage: 最終面接\n\n${CLEAR}`,
      });
      expect(await page()).toContain('この求人または選考段階のメールには入れません');
      const words = iconv.encode('選考の結果、面接を通過されました。', 'shift_jis');
      const head = 'Subject: x\r\nContent-Type: text/plain; charset=Shift_JIS\r\n\r\n';
      await post('/preview', FIELDS, Buffer.concat([Buffer.from(head), words]));
      const html = await page();
      expect(html).toContain('面接を通過されました。');
      expect(html).toContain('不採用通知ではないと判定しました');
      const [row] = await app.db.query<{ draft: Buffer }>(
        'SELECT draft FROM block_drafts WHERE company_id = $1',
        [company.id],
      );
      expect(row!.draft.includes(words.toString('base64'))).toBe(false);
      app.clock.advance(25 * 3_600_000);
      expect(await eraseOldDrafts(app.deps)).toBeGreaterThan(0);
      expect(await page()).not.toContain('面接を通過されました。');
    });

    test('what no charset of Japanese mail but UTF-8 carries is said', async () => {
      await post('/preview', { ...FIELDS, ja_note: 'ご利用は任意です🌱' });
      expect(await page()).toContain('ISO-2022-JP のテキストメールでは「🌱」が使えないため');
    });
  });

  describe('by the API', () => {
    test('is built in at first, then a version of its own; the hook writes it', async () => {
      expect(await (await block()).json()).toMatchObject({
        version: 0,
        wording: { ja: { note: '登録は任意です' } },
        chosenAt: null,
      });
      const chosen = await block({ version: 0, wording: OWN });
      expect([chosen.status, await chosen.json()]).toMatchObject([
        201,
        { version: 1, wording: { ...OWN, en: { note: 'Signing up is optional.' } }, asciiInstead: [] },
      ]);
      const mail = await sent();
      expect(mail).toMatch(
        /ご希望の方へ、無料のキャリア相談をご案内しています。\r\nhttp:\S+\r\n株式会社リレー紹介（許可番号 13-ユ-000000）・ご利用は任意です\r\n/,
      );
    });

    test('a version that a colleague replaced meanwhile is refused; every version stays', async () => {
      await block({ version: 0, wording: OWN });
      expect((await block({ version: 0, wording: {} })).status).toBe(409);
      expect((await block({ version: 1, wording: {} })).status).toBe(201);
      const rows = await app.db.query('SELECT version FROM block_settings WHERE company_id = $1', [
        company.id,
      ]);
      expect(rows).toHaveLength(2);
      expect(await sent()).toContain('登録は任意です');
    });

    test('what is wrong with the words is told by field', async () => {
      const wording = { ja: { offer: '必ず内定が出る無料相談', note: '任意です' } };
      const refused = await block({ version: 0, wording });
      expect([refused.status, await refused.json()]).toMatchObject([
        400,
        { errors: [{ field: 'wording.ja.offer', message: 'must not promise anything' }] },
      ]);
    });

    test('mails of a job or stage that is left out stay as they are', async () => {
      await block({ version: 0, stages: ['最終面接'], jobs: ['Clerk'] });
      expect(
        await sent(`X-Career-Relay-Stage: =?UTF-8?B?${Buffer.from('最終面接').toString('base64')}?=`),
      ).not.toContain('/r/');
      expect(await sent('X-Career-Relay-Job: CLERK')).not.toContain('/r/');
      expect(await sent('X-Career-Relay-Job: Cook')).toContain('/r/');
      const rows = await app.db.query<{ reason: string }>(
        'SELECT reason FROM messages WHERE company_id = $1 AND reason IS NOT NULL',
        [company.id],
      );
      expect(rows.map(({ reason }) => reason)).toEqual(['label-excluded', 'label-excluded']);
    });
  });
});
