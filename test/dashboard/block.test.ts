import type { Company } from '../../src/company/store.js';
import { OPERATOR_KEY, startTestApp, type TestApp } from '../harness/app.js';
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
