import iconv from 'iconv-lite';
import { startTestApp, type TestApp } from '../harness/app.js';
import { describeEachDatabase } from '../harness/database.js';
import { signIn } from '../harness/member.js';

type Fields = Readonly<Record<string, string>>;

describeEachDatabase('the page for links by table', (engine) => {
  let app: TestApp;
  let companyId: string;
  let cookie: string;
  let csrf: string;
  beforeAll(async () => {
    app = await startTestApp(engine);
    companyId = (await app.company({ name: 'Aoba', slug: 'aoba' })).id;
    ({ cookie } = await signIn(app, { companyId, email: 'm@aoba.example', role: 'member' }));
    csrf = /name="csrf" value="([^"]+)"/.exec(await (await page(cookie)).text())![1]!;
  });
  afterAll(() => app.close());

  function page(as: string) {
    return app.call('/dashboard/csv?lang=ja', { headers: { cookie: as } });
  }
  function send(
    step: 'preview' | 'issue',
    table: string | Buffer | undefined,
    fields: Fields = {},
    signal?: AbortSignal,
  ) {
    const body = new FormData();
    for (const [name, value] of Object.entries({ csrf, ...fields })) body.append(name, value);
    if (table !== undefined)
      body.append('table', new Blob([new Uint8Array(Buffer.from(table))]), 'table.csv');
    return fetch(`${app.baseUrl}/dashboard/csv/${step}?lang=ja`, {
      method: 'POST',
      headers: { cookie },
      body,
      signal,
    });
  }
  async function imported(): Promise<number> {
    const [row] = await app.db.query<{ count: number }>(
      "SELECT count(*) AS count FROM links WHERE origin = 'import'",
    );
    return row!.count;
  }

  test('a preview shows the columns, the first rows and the faults, and mints nothing', async () => {
    const answer = await send(
      'preview',
      iconv.encode('応募者ID,メール,職種\n1,a@x.jp,<b>営業\n2,nobody,営業\n', 'cp932'),
    );
    expect(answer.status).toBe(200);
    const html = await answer.text();
    expect(html).toMatch(/<select name="recipient">.*?<option value="メール" selected>/);
    expect(html).toContain('&lt;b>営業');
    expect(html).toContain('2行あります。 Shift_JIS');
    expect(html).toContain('1か所に誤りがあります');
    expect(html).toContain(
      '<td class="number">3</td><td>メール</td><td>メールアドレスの形ではありません</td>',
    );
    expect(await imported()).toBe(0);
  });

  test('of a beginning, the last row is left alone', async () => {
    const html = await (await send('preview', 'email,job\na@x.jp,A\nb@x', { part: 'yes' })).text();
    expect(html).toContain('a@x.jp');
    expect(html).not.toContain('誤りがあります');
  });

  test('without our module the answer is the file', async () => {
    const answer = await send('issue', 'email\nplain@x.jp\n');
    expect(answer.headers.get('content-disposition')).toContain('relay-links.csv');
    expect(await answer.text()).toMatch(/^email,relay_url\r\nplain@x.jp,http\S+\r\n$/);
  });

  test('with it, lines say how far it is, and the file follows', async () => {
    const rows = Array.from({ length: 2_500 }, (_, index) => `steps-${index}@x.jp`).join('\n');
    const text = await (await send('issue', `email\n${rows}\n`, { progress: 'yes' })).text();
    const lines = text
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line));
    expect(lines.at(-1)).toMatchObject({ rows: 2_500, name: 'relay-links.csv' });
    expect(lines).toContainEqual({ step: 'minting', done: 2_500, of: 2_500 });
    expect(text.match(/steps-\d+@x\.jp,http/g)).toHaveLength(2_500);
  });

  test('columns that were chosen go before those that were guessed', async () => {
    const answer = await send('issue', 'mail,other\nx,chosen@x.jp\n', { recipient: 'other' });
    expect(await answer.text()).toContain('x,chosen@x.jp,http');
  });

  test('faulty rows: a page that names them; in steps, the same part of it', async () => {
    const before = await imported();
    const answer = await send('issue', 'email\nsound@x.jp\nnobody\n');
    expect(answer.status).toBe(400);
    expect(await answer.text()).toContain('リンクは1件も発行していません');
    const steps = await (await send('issue', 'email\nnobody\n', { progress: 'yes' })).text();
    const { refused } = JSON.parse(steps.trimEnd().split('\n').at(-1)!);
    expect(refused).toContain('メールアドレスの形ではありません');
    expect(await imported()).toBe(before);
  });

  test.each([
    ['no file', undefined, 'ファイルを選んでください。'],
    ['a workbook', 'PK\x03\x04xx', 'Excelのファイルです'],
    ['no column for people', '名前\n太郎\n', 'メールアドレスか応募者IDの列を選んでください'],
  ])('%s is said on the page', async (_, table, said) => {
    for (const step of ['preview', 'issue'] as const) {
      const answer = await send(step, table);
      expect(answer.status).toBe(400);
      expect(await answer.text()).toContain(said);
    }
  });

  test('a form without the token of the session changes nothing; a viewer has no such page', async () => {
    const before = await imported();
    expect((await send('issue', 'email\nforged@x.jp\n', { csrf: 'forged' })).status).toBe(403);
    expect(await imported()).toBe(before);
    const viewer = await signIn(app, { companyId, email: 'v@aoba.example', role: 'viewer' });
    expect((await page(viewer.cookie)).status).toBe(403);
    expect((await app.call('/dashboard/csv')).headers.get('location')).toBe('/sign-in');
  });

  test('the lines for templates carry the static link, its labels and its QR code', async () => {
    const get = (path: string) => app.call(path, { headers: { cookie } });
    const html = await (
      await get('/dashboard/lines?lang=ja&job=%E5%96%B6%E6%A5%AD&stage=%E6%9B%B8%E9%A1%9E')
    ).text();
    const url = `${app.deps.config.baseUrl}/c/aoba/%E5%96%B6%E6%A5%AD/%E6%9B%B8%E9%A1%9E`;
    expect(html.split(url).length).toBeGreaterThan(3);
    expect(html).toContain('許可番号 13-ユ-000000');
    for (const name of ['HERP Hire', 'Talentio', 'ジョブカン', 'HRMOS', 'sonar ATS'])
      expect(html).toContain(name);
    const source = /<img src="([^"]+)"/.exec(html)![1]!.replaceAll('&amp;', '&');
    expect((await get(source)).headers.get('content-type')).toMatch('image/svg+xml');
    expect(await (await get('/dashboard/lines?lang=en&language=en')).text()).toContain(
      'If you wish, our partner',
    );
    const long = encodeURIComponent('あ'.repeat(100));
    expect(await (await get(`/dashboard/lines?job=${long}`)).text()).not.toContain('<img');
  });
});
