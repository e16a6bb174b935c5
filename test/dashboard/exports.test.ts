import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { workbookOf } from '../../src/workbook/workbook.js';
import { OPERATOR_KEY, startTestApp, type TestApp } from '../harness/app.js';
import { signIn } from '../harness/member.js';
import { pathOf, testWith } from '../harness/programs.js';
import { rowsOf } from './rows.js';

const FORMULA = '=HYPERLINK("https://evil.example","営業職")';

/** Reads a workbook with nothing of ours: Python's zipfile and its XML parser. Prints its sheets as JSON. */
const READ_WORKBOOK = `
import json, sys, zipfile, xml.etree.ElementTree as E
M = '{http://schemas.openxmlformats.org/spreadsheetml/2006/main}'
book = zipfile.ZipFile(sys.argv[1])
assert book.testzip() is None
types = E.fromstring(book.read('[Content_Types].xml'))
names = [s.get('name') for s in E.fromstring(book.read('xl/workbook.xml')).iter(M + 'sheet')]
E.fromstring(book.read('xl/styles.xml'))
sheets = []
for at, name in enumerate(names):
    root = E.fromstring(book.read('xl/worksheets/sheet%d.xml' % (at + 1)))
    rows = []
    for row in root.iter(M + 'row'):
        cells = []
        for cell in row.iter(M + 'c'):
            assert cell.find(M + 'f') is None
            text, number = cell.find(M + 'is'), cell.find(M + 'v')
            cells.append(''.join(text.itertext()) if text is not None else float(number.text) if number is not None else None)
        rows.append(cells)
    sheets.append({'name': name, 'rows': rows[:10], 'count': len(rows)})
print(json.dumps(sheets))
`;

type Sheet = { name: string; count: number; rows: (string | number | null)[][] };

function readWorkbook(bytes: Buffer): Sheet[] {
  const folder = mkdtempSync(join(tmpdir(), 'career-relay-book-'));
  try {
    const path = join(folder, 'book.xlsx');
    writeFileSync(path, bytes);
    const { stdout, stderr } = spawnSync(pathOf('python3'), ['-c', READ_WORKBOOK, path], {
      encoding: 'utf8',
    });
    if (!stdout) throw new Error(stderr);
    return JSON.parse(stdout) as Sheet[];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function bytesOf(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all);
}

describe('exports and feeds', () => {
  let app: TestApp;
  let aoba: string;
  let admin: { cookie: string };
  let viewer: { cookie: string };
  let key: string;

  beforeAll(async () => {
    app = await startTestApp('pglite');
    aoba = (await app.company({ name: '株式会社青葉', slug: 'aoba', timeZone: 'Asia/Tokyo' })).id;
    const minato = (await app.company({ name: 'みなと', slug: 'minato' })).id;
    const rows = rowsOf(app, aoba);
    await rows.link('aaaaaaaa', '2026-11-20T15:30:00Z', {
      job: FORMULA,
      stage: '一次,面接',
      source: '媒体"A"',
    });
    await rows.message('2026-11-20T15:30:00Z', { action: 'inserted', code: 'aaaaaaaa', job: FORMULA });
    await rows.message('2026-11-21T15:30:00Z', { verdict: 'unsure' });
    await rows.click('aaaaaaaa', '2026-11-21T01:00:00Z');
    await rows.registration('2026-11-21T02:00:00Z', {
      code: 'aaaaaaaa',
      status: 'verified',
      countedAt: '2026-11-21T03:00:00Z',
    });
    await rowsOf(app, minato).message('2026-11-21T01:00:00Z', { job: 'their-job' });
    admin = await signIn(app, { companyId: aoba, email: 'a@aoba.example', role: 'admin' });
    viewer = await signIn(app, { companyId: aoba, email: 'v@aoba.example', role: 'viewer' });
    key = await app.apiKey(aoba, ['read']);
  });
  afterAll(() => app.close());

  const file = (path: string) => app.call(`/v1/companies/${aoba}/exports/${path}`, { key });

  /** The cells of a CSV, without a quoted line end (there is none in these). */
  async function lines(path: string): Promise<string[]> {
    const bytes = Buffer.from(await (await file(path)).arrayBuffer());
    expect([...bytes.subarray(0, 3)]).toEqual([0xef, 0xbb, 0xbf]);
    return bytes.subarray(3).toString().trimEnd().split('\r\n');
  }

  test('messages.csv: UTF-8 with BOM, times of the company, no addresses, formulas told to be text', async () => {
    const [heading, first, second, ...more] = await lines('messages.csv');
    expect(heading).toBe('received_at,verdict,cues,action,reason,outcome,job,stage,source,external_id,id');
    expect(first).toMatch(/^2026-11-21 00:30:00,rejection,cue,inserted,,delivered,"'=HYPERLINK\(""https/);
    expect(second).toMatch(/^2026-11-22 00:30:00,unsure/);
    expect(more).toEqual([]);
    expect([first, second].join()).not.toMatch(/secret-|aaaaaaaa|their-job/);
  });

  test('clicks.csv and registrations.csv name no candidate and no link', async () => {
    const clicks = await lines('clicks.csv');
    expect(clicks[1]).toMatch(/^2026-11-21 10:00:00,human,,"'=HYPER.*,"一次,面接","媒体""A""",,,$/);
    const registrations = await lines('registrations.csv');
    expect(registrations[0]).toBe('day,job,stage,source,received,counted,reversed');
    expect(registrations[1]).toMatch(/^2026-11-21,.*,1,1,0$/);
    expect([...clicks, ...registrations].join()).not.toMatch('aaaaaaaa');
  });

  test('daily.csv has the figures of the dashboard, and days can be chosen', async () => {
    const [heading, ...days] = await lines('daily.csv');
    expect(heading).toMatch(/^day,notices,notices_with_link,mails_relayed,/);
    expect(days.map((line) => line.split(',').slice(0, 3))).toEqual([
      ['2026-11-21', '1', '1'],
      ['2026-11-22', '0', '0'],
    ]);
    expect(await lines('daily.csv?from=2026-11-22&to=2026-11-22')).toHaveLength(2);
    expect((await file('daily.csv?from=2026-11-31')).status).toBe(400);
    expect((await file('daily.csv?from=2026-11-22&to=2026-11-21')).status).toBe(400);
    expect((await file('people.csv')).status).toBe(404);
    expect((await file('daily.pdf')).status).toBe(404);
  });

  test('many rows come in pages, in order, none twice', async () => {
    const many = (await app.company({ name: 'Many', slug: 'many' })).id;
    await rowsOf(app, many).link('bbbbbbbb', '2026-11-20T00:00:00Z');
    // Three at each second, so that pages end between equal times.
    await app.db.query(
      `INSERT INTO clicks (id, at, code, company_id, class, cues, rules_version, method)
       SELECT gen_random_uuid(), timestamptz '2026-11-20T00:00:00Z' + (n / 3) * interval '1 second', 'bbbbbbbb', $1, 'human',
         '{}', 1, 'GET' FROM generate_series(1, 4500) n`,
      [many],
    );
    const answer = await app.call(`/v1/companies/${many}/exports/clicks.csv`, { key: OPERATOR_KEY });
    const times = (await answer.text())
      .trimEnd()
      .split('\r\n')
      .slice(1)
      .map((line) => line.split(',')[0]!);
    expect(times).toHaveLength(4_500);
    expect(times).toEqual([...times].sort());
  });

  testWith('python3')('the workbook opens elsewhere, and holds the same', async () => {
    const answer = await file('messages.xlsx');
    expect(answer.headers.get('content-disposition')).toBe('attachment; filename="aoba-messages.xlsx"');
    const [sheet, ...more] = readWorkbook(Buffer.from(await answer.arrayBuffer()));
    expect(more).toEqual([]);
    expect(sheet!.name).toBe('messages');
    expect(sheet!.rows[0]![0]).toBe('received_at');
    // 2026-11-21 is day 46347 of Excel's calendar.
    expect(sheet!.rows[1]![0]).toBeCloseTo(46_347 + 0.5 / 24, 6);
    expect(sheet!.rows[1]![6]).toBe(FORMULA);
    const daily = readWorkbook(Buffer.from(await (await file('daily.xlsx')).arrayBuffer()))[0]!;
    expect(daily.rows[1]!.slice(0, 2)).toEqual([46_347, 1]);
  });

  testWith('python3')(
    'a workbook takes any text, and more rows than a sheet has in a second one',
    async () => {
      const hard = [
        '<b>&"\'',
        'a\u0000b\u001fc\ud800d',
        '_x0041_',
        '  kept ',
        '改行\nも',
        'x'.repeat(40_000),
      ];
      async function* batches() {
        yield hard.map((text) => [text, 1]);
        yield Array.from({ length: 1_000 }, (_, at) => ['', at]);
      }
      const columns = [
        { name: 'text', kind: 'text' },
        { name: 'n', kind: 'number' },
      ] as const;
      const [first, second] = readWorkbook(await bytesOf(workbookOf('hard', columns, batches(), 1_000)));
      expect(first!.rows.slice(1, 7).map(([text]) => text)).toEqual([
        hard[0],
        'abcd',
        '_x005F_x0041_',
        hard[3],
        hard[4],
        'x'.repeat(32_767),
      ]);
      expect([first!.count, second!.count]).toEqual([1_001, 7]);
      expect(second!.name).toBe('hard 2');
      expect(second!.rows[0]).toEqual(['text', 'n']);
    },
  );

  test('the page offers every file; a download is written to the audit log', async () => {
    const page = await (await app.call('/dashboard/exports', { headers: viewer })).text();
    expect(page.match(/formaction="\/dashboard\/exports\/\w+\.(csv|xlsx)"/g)).toHaveLength(8);
    expect(page).not.toMatch('action="/dashboard/exports/feeds"');
    const answer = await app.call('/dashboard/exports/daily.csv?from=&to=', { headers: viewer });
    expect(answer.status).toBe(200);
    expect(await answer.text()).toMatch('2026-11-21,1,1');
    const [row] = await app.db.query(
      `SELECT action, subject, details FROM audit_log WHERE actor_kind = 'member'`,
    );
    expect(row).toEqual({ action: 'export.made', subject: 'daily', details: { format: 'csv' } });
  });

  describe('a feed', () => {
    async function press(path: string, form: Record<string, string> = {}): Promise<Response> {
      const page = await (await app.call('/dashboard/exports', { headers: admin })).text();
      const csrf = /name="csrf" value="([^"]+)"/.exec(page)![1]!;
      return fetch(`${app.baseUrl}${path}`, {
        method: 'POST',
        redirect: 'manual',
        headers: admin,
        body: new URLSearchParams({ csrf, ...form }),
      });
    }
    const tokenIn = (page: string) => /\/feeds\/(crf_[\w-]{43})\//.exec(page)![1]!;
    const idOf = async () =>
      (await app.db.query<{ id: string }>('SELECT id FROM feeds WHERE revoked_at IS NULL'))[0]!.id;
    let token: string;

    test('is made by an admin; its secret is shown once and kept as a hash', async () => {
      expect((await press('/dashboard/exports/feeds', { label: ' ' })).status).toBe(422);
      token = tokenIn(await (await press('/dashboard/exports/feeds', { label: '会議のシート' })).text());
      const [row] = await app.db.query<Record<string, unknown>>('SELECT * FROM feeds');
      expect(JSON.stringify(row)).not.toMatch(token);
      expect((row!.token_hash as Buffer).includes(Buffer.from(token))).toBe(false);
      const desk = await (await app.call('/dashboard/exports', { headers: viewer })).text();
      expect(desk).toMatch('会議のシート');
      expect(desk).not.toMatch(token);
    });

    test('gives counts as CSV and JSON without sign-in, says when they changed, and nobody’s data', async () => {
      for (const table of ['daily', 'jobs', 'stages', 'sources', 'registrations', 'standing']) {
        const csv = await app.call(`/feeds/${token}/${table}.csv`);
        expect([table, csv.status]).toEqual([table, 200]);
        expect(csv.headers.get('content-type')).toBe('text/csv; charset=utf-8');
        expect(csv.headers.get('cache-control')).toBe('private, max-age=300');
        expect(csv.headers.get('set-cookie')).toBeNull();
        const [heading = '', ...body] = (await csv.text()).trimEnd().split('\r\n');
        const json = (await (await app.call(`/feeds/${token}/${table}.json`)).json()) as object[];
        expect(json).toHaveLength(body.length);
        expect(Object.keys(json[0]!)).toEqual(heading.split(','));
        expect(JSON.stringify(json)).not.toMatch(/secret-|aaaaaaaa|their-job/);
        const again = await app.call(`/feeds/${token}/${table}.csv`, {
          // Without the second, fetch asks not to be answered so.
          headers: { 'if-none-match': csv.headers.get('etag')!, 'cache-control': 'max-age=0' },
        });
        expect(again.status).toBe(304);
      }
      const [standing] = (await (await app.call(`/feeds/${token}/standing.json`)).json()) as object[];
      expect(standing).toMatchObject({ threshold: 10, credits_available: 0 });
    });

    test('opens nothing else, and is only read', async () => {
      expect((await app.call(`/feeds/${token}/messages.csv`)).status).toBe(404);
      expect((await app.call(`/feeds/${token}/daily.xlsx`)).status).toBe(404);
      expect((await app.call(`/feeds/${token}/daily.csv`, { method: 'POST' })).status).toBe(404);
      expect((await app.call(`/v1/companies/${aoba}/stats`, { key: token })).status).toBe(401);
    });

    test('with another secret, the one before opens nothing; revoked, none does', async () => {
      const next = tokenIn(await (await press(`/dashboard/exports/feeds/${await idOf()}/rotate`)).text());
      expect((await app.call(`/feeds/${token}/daily.csv`)).status).toBe(404);
      expect((await app.call(`/feeds/${next}/daily.csv`)).status).toBe(200);
      expect((await press(`/dashboard/exports/feeds/${await idOf()}/revoke`)).status).toBe(303);
      expect((await app.call(`/feeds/${next}/daily.csv`)).status).toBe(404);
      const log = await app.db.query<{ action: string }>(
        `SELECT action FROM audit_log WHERE action LIKE 'feed.%' ORDER BY action`,
      );
      expect(log.map(({ action }) => action)).toEqual([
        'feed.created',
        'feed.created',
        'feed.revoked',
        'feed.revoked',
      ]);
    });

    test('is read at most sixty times a minute; who guesses is stopped', async () => {
      const fresh = tokenIn(await (await press('/dashboard/exports/feeds', { label: 'busy' })).text());
      const statuses: number[] = [];
      for (let at = 0; at < 61; at += 1)
        statuses.push((await app.call(`/feeds/${fresh}/standing.csv`)).status);
      expect(statuses.slice(0, 60).every((status) => status === 200)).toBe(true);
      const last = await app.call(`/feeds/${fresh}/standing.csv`);
      expect([statuses[60], last.status]).toEqual([429, 429]);
      expect(Number(last.headers.get('retry-after'))).toBeGreaterThan(0);
      const guesses = new Set<number>();
      for (let at = 0; at < 40; at += 1)
        guesses.add((await app.call(`/feeds/crf_guess${at}/daily.csv`)).status);
      expect([...guesses]).toEqual([404, 429]);
    });
  });

  test('the monthly report has the month’s figures, formulas and the ledger’s balance', async () => {
    const page = await (
      await app.call('/dashboard/report?month=2026-11&lang=en', { headers: viewer })
    ).text();
    expect(page).toMatch('株式会社青葉');
    expect(page).toMatch('Monthly report');
    expect(page).toMatch('counted referrals ÷ notices');
    expect(page).toMatch('So far'.toLowerCase());
    expect((await app.call('/dashboard/report?month=nonsense', { headers: viewer })).status).toBe(200);
  });
});
