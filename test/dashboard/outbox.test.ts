import { writeLetters } from '../e2e/letters.js';
import { startTestApp, type TestApp } from '../harness/app.js';

describe('outbox', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp('pglite');
  });
  afterAll(() => app.close());

  test('says so while it is empty', async () => {
    expect(await (await app.call('/dev/outbox')).text()).toMatch('まだメールはありません');
  });

  test('lists the mails, newest first, with decoded subjects', async () => {
    writeLetters(app.dataDir);
    const page = await (await app.call('/dev/outbox')).text();
    expect(page).toMatch('選考結果のご連絡');
    expect(page.indexOf('選考結果のご連絡')).toBeLessThan(page.indexOf('Your application'));
  });

  test('shows one mail, its HTML in a sandbox that runs no script, and its source as a file', async () => {
    const { newer } = writeLetters(app.dataDir);
    const page = await (await app.call(`/dev/outbox/${newer}`)).text();
    expect(page).toMatch('このたびはご応募いただき');
    expect(page).toMatch(/<iframe[^>]* sandbox/);
    const html = await app.call(`/dev/outbox/${newer}/html`);
    expect(html.headers.get('content-security-policy')).toMatch(/^sandbox; default-src 'none'/);
    const source = await app.call(`/dev/outbox/${newer}/source`);
    expect(source.headers.get('content-disposition')).toMatch(`${newer}.eml`);
    expect(await source.text()).toMatch('boundary="b1"');
  });

  test.each(['..%2Fsecret.key', '%2e%2e', 'nothing', '01990000-0000-7000-8000-00000000000f'])(
    'no file but a mail is read: %s',
    async (id) => {
      for (const part of ['', '/html', '/source']) {
        expect((await app.call(`/dev/outbox/${id}${part}`)).status).toBe(404);
      }
    },
  );

  test.each<Record<string, string>>([
    { NODE_ENV: 'production', BASE_URL: 'https://relay.example', UPSTREAM_URL: 'smtp://127.0.0.1:1' },
    { UPSTREAM_URL: 'smtp://127.0.0.1:1' },
  ])('does not exist with %j', async (env) => {
    const closed = await startTestApp('pglite', { env, beside: app });
    try {
      expect((await closed.call('/dev/outbox')).status).toBe(404);
    } finally {
      await closed.close();
    }
  });
});
