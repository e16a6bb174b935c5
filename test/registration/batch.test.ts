import iconv from 'iconv-lite';
import { readTable, recordsOf } from '../../src/registration/report-csv.js';
import { startTestApp, type TestApp } from '../harness/app.js';
import { describeEachDatabase } from '../harness/database.js';
import { linkOf, referralsOf } from './candidate.js';

describe('a table', () => {
  test.each([
    [
      'quotes, commas and line ends inside quotes',
      'a,"b,""c""\r\nd"\r\ne,f\r\n',
      [
        ['a', 'b,"c"\r\nd'],
        ['e', 'f'],
      ],
    ],
    [
      'LF and no last line end',
      'a,b\nc,d',
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
    ],
    [
      'empty cells',
      ',\n"",',
      [
        ['', ''],
        ['', ''],
      ],
    ],
    ['a quote where none may stand', 'a,b\n"c" d,e\nf', [['a', 'b'], ['"c" d,e\nf']]],
  ])('%s', (_, text, records) => {
    expect(recordsOf(text)).toEqual(records);
  });

  const heading = 'externalId,status,email,name\n';
  test.each([
    ['UTF-8', Buffer.from(`${heading}A-1,verified,taro@example.jp,髙橋 太郎\n`)],
    ['UTF-8 with a byte order mark', Buffer.from(`\ufeff${heading}A-1,verified,taro@example.jp,髙橋 太郎\n`)],
    ['Shift_JIS', iconv.encode(`${heading}A-1,verified,taro@example.jp,髙橋 太郎\r\n`, 'cp932')],
  ])('%s', (_, bytes) => {
    expect(readTable(bytes)).toEqual({
      rows: 1,
      faults: [],
      inputs: [
        {
          row: 2,
          input: {
            externalId: 'A-1',
            status: 'verified',
            candidate: { email: 'taro@example.jp', name: '髙橋 太郎' },
          },
        },
      ],
    });
  });

  test.each([
    ['an unknown column', 'externalId,status,wage\nA-1,verified,1\n', { row: 1, field: 'wage' }],
    ['a missing column', 'externalId\nA-1\n', { row: 1, field: 'status' }],
    ['a row too short', 'externalId,status\nA-1\n', { row: 2, field: '' }],
    ['a faulty cell', 'externalId,status\nA-1,verified\nA-2,hired\n', { row: 3, field: 'status' }],
    ['nothing at all', '', { row: 1, field: 'externalId' }],
  ])('%s is told with its row', (_, text, fault) => {
    expect(readTable(Buffer.from(text)).faults).toContainEqual(expect.objectContaining(fault));
  });
});

describeEachDatabase('many reports at once', (engine) => {
  let app: TestApp;
  let key: string;
  let companyId: string;
  let code: string;
  let made = 0;
  beforeAll(async () => {
    app = await startTestApp(engine);
    key = await app.apiKey(null, ['agency']);
  });
  afterAll(() => app.close());
  beforeEach(async () => {
    companyId = (await app.company({ name: 'Aoba', slug: `aoba-${made++}` })).id;
    code = await linkOf(app, companyId);
  });
  const fresh = () => ({ externalId: `b-${made++}`, code, status: 'verified' });

  test('each report stands by itself, in the order sent; a repeat changes nothing', async () => {
    const known = fresh();
    const registrations = [fresh(), { status: 'verified' }, known, { ...known, code: 'bcdfghjkmn' }, fresh()];
    const send = async () => {
      const response = await app.call('/v1/registrations/batch', { key, body: { registrations } });
      expect(response.status).toBe(200);
      return ((await response.json()) as { results: { result: string; errors?: object[] }[] }).results;
    };
    const first = await send();
    expect(first.map((one) => one.result)).toEqual(['created', 'faulty', 'created', 'conflict', 'created']);
    expect(first[1]?.errors).toMatchObject([{ field: 'externalId' }]);
    expect(first[3]?.errors).toMatchObject([{ field: 'code' }]);
    const again = (await send()).map((one) => one.result);
    expect(again).toEqual(['repeated', 'faulty', 'repeated', 'conflict', 'repeated']);
    expect(await referralsOf(app, companyId)).toBe(3);
  });

  test('more than 1,000, or none, are refused', async () => {
    for (const count of [0, 1_001]) {
      const registrations = Array.from({ length: count }, fresh);
      expect((await app.call('/v1/registrations/batch', { key, body: { registrations } })).status).toBe(400);
    }
    const company = await app.apiKey(companyId, ['links', 'read', 'admin']);
    const body = { registrations: [fresh()] };
    expect((await app.call('/v1/registrations/batch', { key: company, body })).status).toBe(403);
  });

  const importTable = (text: string, query = '') =>
    fetch(`${app.baseUrl}/v1/registrations/import${query}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'text/csv; charset=shift_jis' },
      body: new Uint8Array(iconv.encode(text, 'cp932')),
    });

  test('a dry run names the faulty rows and imports nothing; neither does a table with a fault', async () => {
    const [one, two] = [fresh(), fresh()];
    const table = `externalId,code,status,name,email\n${one.externalId},${code},verified,山田,a${made}@example.jp\n${two.externalId},${code},hired,,\n`;
    const dry = await importTable(table, '?dryRun=true');
    expect(await dry.json()).toMatchObject({
      dryRun: true,
      rows: 2,
      sound: 1,
      errors: [{ row: 3, field: 'status' }],
    });
    const real = await importTable(table);
    expect(real.status).toBe(400);
    expect(await real.json()).toMatchObject({ errors: [{ field: 'row 3: status' }] });
    expect(await referralsOf(app, companyId)).toBe(0);
    const sound = await importTable(table.replace('hired', 'accepted'));
    expect(await sound.json()).toMatchObject({
      results: [
        { row: 2, result: 'created', registration: { counted: true } },
        { row: 3, result: 'created', registration: { status: 'accepted' } },
      ],
    });
    expect(await referralsOf(app, companyId)).toBe(2);
  });

  test('another type of body is refused', async () => {
    expect((await app.call('/v1/registrations/import', { key, body: {} })).status).toBe(400);
  });
});
