import { csvOf, parseCsv } from '../../src/credit/csv.js';
import { OPERATOR_KEY, startTestApp, type TestApp } from '../harness/app.js';
import { describeEachDatabase } from '../harness/database.js';
import { Books } from './books.js';

describe('tables as CSV', () => {
  test.each(['=1+1', '+1', '-1', '@x', '\tx', '\rx'])('%j is no formula', (text) => {
    expect(parseCsv(csvOf([[text]]))).toEqual([[`'${text}`]]);
  });

  test('numbers stay numbers, and texts come back as they were', () => {
    const texts = ['a', 'a,b', 'say "no"', 'two\r\nlines', '日本'];
    expect(csvOf([[-1, null]])).toBe('\uFEFF-1,\r\n');
    expect(parseCsv(csvOf([texts, texts]))).toEqual([texts, texts]);
  });

  test.each(['"open', '"a"b', 'a\n"'])('%j is no table', (text) => {
    expect(parseCsv(text)).toBeUndefined();
  });

  test('empty lines and LF alone', () => {
    expect(parseCsv('a,b\n\n1,\n')).toEqual([
      ['a', 'b'],
      ['1', ''],
    ]);
  });
});

describeEachDatabase('statements', (engine) => {
  let app: TestApp;
  let books: Books;
  beforeAll(async () => {
    app = await startTestApp(engine, { start: '2026-10-31T14:59:59.999Z' });
  });
  afterAll(() => app.close());

  const read = (path: string, key = OPERATOR_KEY) =>
    app.call(`/v1/companies/${books.id}/statements/${path}`, { key });

  test('a month begins and ends in the time zone of the company, and balances carry over', async () => {
    books = await Books.open(app);
    await books.referMany(7);
    app.clock.advance(1);
    await books.referMany(5);
    await books.redeem(1, '=cmd|1');
    const october = await (await read('2026-10')).json();
    expect(october).toMatchObject({
      from: '2026-09-30T15:00:00.000Z',
      to: '2026-10-31T15:00:00.000Z',
      opening: { referrals: 0, progress: 0, credits: 0 },
      closing: { referrals: 7, progress: 7, credits: 0 },
    });
    const november = await (await read('2026-11')).json();
    expect(november.opening).toEqual(october.closing);
    expect(november.closing).toEqual({ referrals: 12, progress: 2, credits: 0 });
    expect(november.entries).toHaveLength(7);
    expect(november.entries.at(-1).balance).toEqual(november.closing);
    expect(november.totals).toEqual([
      { kind: 'referral', entries: 5, referrals: 5, progress: 5, credits: 0 },
      { kind: 'earned', entries: 1, referrals: 0, progress: -10, credits: 1 },
      { kind: 'redeemed', entries: 1, referrals: 0, progress: 0, credits: -1 },
    ]);
    const december = await (await read('2026-12')).json();
    expect(december).toMatchObject({ entries: [], opening: november.closing, closing: november.closing });
  });

  test('the table has the same entries between its balances', async () => {
    const answer = await read('2026-11.csv');
    expect(answer.headers.get('content-type')).toBe('text/csv; charset=utf-8');
    const bytes = Buffer.from(await answer.arrayBuffer());
    expect(bytes.subarray(0, 3)).toEqual(Buffer.from('efbbbf', 'hex'));
    const rows = parseCsv(bytes.toString())!;
    expect(rows.map((row) => row[2])).toEqual([
      ...['kind', 'opening', ...Array(3).fill('referral'), 'earned'],
      ...['referral', 'referral', 'redeemed', 'closing'],
    ]);
    expect(rows.at(-1)!.slice(-4, -1)).toEqual(['12', '2', '0']);
  });

  test.each(['2026-13', '2026-1', 'x', '2026-13.csv'])('%s is no month', async (month) => {
    expect((await read(month)).status).toBe(400);
  });

  test("a company reads its own, and nobody else's", async () => {
    expect((await read('2026-11', await app.apiKey(books.id, ['read']))).status).toBe(200);
    const other = await app.apiKey((await Books.open(app)).id, ['read']);
    expect((await read('2026-11', other)).status).toBe(403);
    expect((await read('2026-11.csv', other)).status).toBe(403);
  });
});
