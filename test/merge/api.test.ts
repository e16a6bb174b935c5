import iconv from 'iconv-lite';
import type { Company } from '../../src/company/store.js';
import { parseCsv } from '../../src/credit/csv.js';
import { createMerge } from '../../src/merge/merge.js';
import { holdTable } from '../../src/merge/table.js';
import { OPERATOR_KEY, startTestApp, type TestApp } from '../harness/app.js';
import { describeEachDatabase } from '../harness/database.js';

describeEachDatabase('links by table', (engine) => {
  let app: TestApp;
  let company: Company;
  let key: string;
  beforeAll(async () => {
    app = await startTestApp(engine);
    company = await app.company({ name: 'Aoba', slug: 'aoba' });
    key = await app.apiKey(company.id, ['links']);
  });
  afterAll(() => app.close());

  function send(table: string | Buffer, query = '', as = key, type = 'text/csv') {
    return fetch(`${app.baseUrl}/v1/links/csv${query}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${as}`, 'content-type': type },
      body: table as string,
    });
  }
  async function linksOf(table: string | Buffer, query = ''): Promise<string[]> {
    const answer = await send(table, query);
    expect(answer.status).toBe(200);
    const bytes = Buffer.from(await answer.arrayBuffer());
    const text = answer.headers.get('content-type')!.includes('Shift_JIS')
      ? iconv.decode(bytes, 'cp932')
      : bytes.toString();
    const [heading, ...rows] = parseCsv(text)!;
    return rows.map((row) => row[heading!.indexOf('relay_url')]!);
  }
  async function counted(): Promise<number> {
    const [row] = await app.db.query<{ count: number }>(
      "SELECT count(*) AS count FROM links WHERE origin = 'import'",
    );
    return row!.count;
  }

  test('each row gets its link, its columns stay, and its labels are kept', async () => {
    const table =
      '応募ID,名前,メールアドレス,募集職種,選考ステップ\r\nA-1,"髙橋, 一郎",one@example.jp,営業職,書類\r\nA-2,"二\n行",two@example.jp,,\r\n';
    const answer = await send(table);
    expect(answer.headers.get('content-type')).toBe('text/csv; charset=utf-8; header=present');
    const text = Buffer.from(await answer.arrayBuffer()).toString();
    const [heading, first, second] = parseCsv(text)!;
    expect(text.startsWith('\uFEFF')).toBe(true);
    expect(heading).toEqual(['応募ID', '名前', 'メールアドレス', '募集職種', '選考ステップ', 'relay_url']);
    expect(first!.slice(0, 5)).toEqual(['A-1', '髙橋, 一郎', 'one@example.jp', '営業職', '書類']);
    expect(second!.slice(0, 2)).toEqual(['A-2', '二\n行']);
    const code = first![5]!.split('/').at(-1);
    expect(first![5]).toBe(`${app.deps.config.linkBaseUrl}/${code}`);
    const [link] = await app.db.query('SELECT * FROM links WHERE code = $1', [code]);
    expect(link).toMatchObject({
      company_id: company.id,
      kind: 'candidate',
      origin: 'import',
      recipient: 'one@example.jp',
      job: '営業職',
      stage: '書類',
      external_id: 'A-1',
    });
    expect((await app.call(`/r/${code}`)).status).toBe(302);
  });

  test('the same rows get the same links: in another order, with other columns, as our own answer', async () => {
    const links = await linksOf('id,email,job\n1,a@x.jp,A\n2,b@x.jp,A\n2,b@x.jp,B\n2,b@x.jp,B\n');
    expect(new Set(links).size).toBe(3);
    expect(links[3]).toBe(links[2]);
    expect(await linksOf('memo,job,id,email\nx,A,2,b@x.jp\ny,A,1,new@x.jp\n')).toEqual([links[1], links[0]]);
    const again = await (await send('id,email,job\n=2+3,e@x.jp,A\n')).text();
    expect(again).toContain("'=2+3,");
    const [before] = parseCsv(again)!.slice(1);
    const [after] = parseCsv(await (await send(again)).text())!.slice(1);
    expect(after).toEqual(before);
  });

  test('without an id the address says who it is, in whatever case', async () => {
    const [one, two] = await linksOf('email\nSame@Example.JP\nsame@example.jp\n');
    expect(one).toBe(two);
  });

  test('Shift_JIS comes back as Shift_JIS', async () => {
    const answer = await send(iconv.encode('氏名,メール\r\n髙橋,sjis@example.jp\r\n', 'cp932'));
    expect(answer.headers.get('content-type')).toContain('Shift_JIS');
    const text = iconv.decode(Buffer.from(await answer.arrayBuffer()), 'cp932');
    expect(text).toMatch(/^氏名,メール,relay_url\r\n髙橋,sjis@example.jp,http/);
  });

  test.each([
    ['malformed', 'email\n"a@x.jp\n', 'row 2', /quotation mark/],
    ['cell-count', 'email,job\na@x.jp\n', 'row 2', /cells/],
    [
      'unreadable',
      Buffer.from([0x65, 0x6d, 0x61, 0x69, 0x6c, 0x0a, 0x81, 0x0a]),
      'row 2: email',
      /Shift_JIS/,
    ],
    ['no-address', 'email\nnobody\n', 'row 2: email', /address/],
    ['no-one', 'email,job\n,A\n', 'row 2', /nobody/],
    ['too-long', `email,job\na@x.jp,${'x'.repeat(201)}\n`, 'row 2: job', /200/],
    ['control-character', 'email,job\na@x.jp,"two\nlines"\n', 'row 2: job', /line end/],
    ['unknown-column', 'email\na@x.jp\n', 'stage', /no column/, '?stage=none'],
    ['no-column', 'name\nTaro\n', 'recipient', /no column was recognised/],
  ] as [string, string | Buffer, string, RegExp, string?][])(
    '%s',
    async (_, table, field, message, query = '') => {
      const before = await counted();
      const answer = await send(table, query);
      expect(answer.status).toBe(400);
      const { errors } = await answer.json();
      expect(errors).toMatchObject([{ field, message: expect.stringMatching(message) }]);
      expect(await counted()).toBe(before);
    },
  );

  test.each([
    ['workbook', 'PK\x03\x04 and more', /workbook/],
    ['utf-16', Buffer.from('\uFEFFemail\na@x.jp\n', 'utf16le'), /UTF-16/],
    ['empty', 'email\n\n', /no rows/],
  ] as [string, string | Buffer, RegExp][])('%s', async (_, table, detail) => {
    const answer = await send(table);
    expect(answer.status).toBe(400);
    expect((await answer.json()).detail).toMatch(detail);
  });

  test('one faulty row among many: nothing is minted, every fault is counted', async () => {
    const before = await counted();
    const rows = Array.from({ length: 3_000 }, (_, index) => `${index}@x.jp`);
    const sound = `email\n${rows.join('\n')}\n`;
    const answer = await send(`${sound}nobody\n`);
    expect((await answer.json()).errors).toMatchObject([{ field: 'row 3002: email' }]);
    expect(await counted()).toBe(before);
    const faulty = await send(sound.replaceAll('@', '.'));
    const { detail, errors } = await faulty.json();
    expect(detail).toMatch('3000 faults');
    expect(errors).toHaveLength(100);
  });

  test('dryRun says what the columns are and mints nothing', async () => {
    const before = await counted();
    const answer = await send('応募者ID,メール\n7,dry@x.jp\n8,nobody\n', '?dryRun=true');
    expect(await answer.json()).toEqual({
      dryRun: true,
      encoding: 'utf-8',
      rows: 2,
      columns: { externalId: '応募者ID', recipient: 'メール' },
      errorCount: 1,
      errors: [{ row: 3, column: 'メール', message: 'is no mail address' }],
    });
    expect(await counted()).toBe(before);
  });

  test('given up between two batches: every link of it is undone', async () => {
    const before = await counted();
    const giveUp = new AbortController();
    const rows = Array.from({ length: 2_500 }, (_, index) => `given-up-${index}@x.jp`);
    async function* table() {
      yield Buffer.from(`email\n${rows.join('\n')}\n`);
    }
    const held = await holdTable(app.deps.newId, table(), true);
    const steps: number[] = [];
    const progress = (step: string, done: number) => {
      if (step !== 'minting') return;
      steps.push(done);
      if (done === 2_000) giveUp.abort(new Error('given up'));
    };
    const merge = createMerge(app.deps);
    const actor = { kind: 'system', id: 'test' } as const;
    const options = { chosen: {}, actor, progress, signal: giveUp.signal };
    await expect(merge.run(company, held, options)).rejects.toThrow('given up');
    expect(steps).toEqual([1_000, 2_000]);
    expect(await counted()).toBe(before);
    const outcome = await merge.run(company, held, { ...options, signal: new AbortController().signal });
    expect(outcome).toMatchObject({ kind: 'merged', rows: 2_500 });
    expect(await counted()).toBe(before + 2_500);
    await held.spill.dispose();
  });

  test('the same table sent twice at once gives the same links', async () => {
    const rows = Array.from({ length: 6_000 }, (_, index) => `twice-${index}@x.jp`);
    const [one, two] = await Promise.all([
      linksOf(`email\n${rows.join('\n')}\n`),
      linksOf(`email\n${rows.toReversed().join('\n')}\n`),
    ]);
    expect(two.toReversed()).toEqual(one);
  });

  test('a link host, an operator who names the company, and who may not', async () => {
    const host = await app.company({ name: 'Host', linkHost: 'go.host.example' });
    const answer = await send('email\na@x.jp\n', `?company=${host.id}`, OPERATOR_KEY);
    expect(await answer.text()).toContain(',https://go.host.example/');
    expect((await send('email\na@x.jp\n', `?company=${host.id}`)).status).toBe(403);
    expect((await send('email\na@x.jp\n', '', OPERATOR_KEY)).status).toBe(400);
    expect((await send('email\na@x.jp\n', '', await app.apiKey(company.id, []))).status).toBe(403);
    expect((await send('email\na@x.jp\n', '', key, 'text/plain')).status).toBe(400);
  });
});
