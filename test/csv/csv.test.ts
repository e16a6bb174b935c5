import fc from 'fast-check';
import iconv from 'iconv-lite';
import { createEncodingProbe, decodeTable, encodeTable } from '../../src/csv/encoding.js';
import { type CsvRecord, readCsv } from '../../src/csv/read.js';
import { csvCell, keptCell, withoutGuard } from '../../src/csv/write.js';

/** Cut into pieces of one length. */
async function* piecesOf(text: string, length: number): AsyncGenerator<string> {
  for (let at = 0; at < text.length; at += length) yield text.slice(at, at + length);
}

async function read(text: string, length = 7): Promise<CsvRecord[]> {
  const records: CsvRecord[] = [];
  for await (const batch of readCsv(piecesOf(text, length))) records.push(...batch);
  return records;
}

async function cellsOf(text: string, length?: number) {
  return (await read(text, length)).map(({ cells }) => cells);
}

describe('reading CSV', () => {
  test.each<[string, string, (string[] | undefined)[]]>([
    [
      'CRLF',
      'a,b\r\n1,2\r\n',
      [
        ['a', 'b'],
        ['1', '2'],
      ],
    ],
    [
      'LF, and no line end at the end',
      'a,b\n1,2',
      [
        ['a', 'b'],
        ['1', '2'],
      ],
    ],
    [
      'empty cells',
      'a,,\n,\n',
      [
        ['a', '', ''],
        ['', ''],
      ],
    ],
    ['a comma, a quote and a line end in quotes', '"a,""b""\r\nc",d\n', [['a,"b"\r\nc', 'd']]],
    ['a quote within a plain cell', 'a"b,c\n', [['a"b', 'c']]],
    ['an empty line', 'a\n\nb\n', [['a'], [''], ['b']]],
    ['nothing', '', []],
    ['a quote that never closes', 'a,b\n"c,d\n', [['a', 'b'], undefined]],
    ['text behind a closing quote', 'a\n"b"c\nd\n', [['a'], undefined]],
  ])('%s', async (_, text, cells) => {
    for (const length of [1, 2, 5, 1_000]) expect(await cellsOf(text, length)).toEqual(cells);
  });

  test('rows are counted as a spreadsheet counts them', async () => {
    expect((await read('a\n"b\nc"\n\nd')).map(({ row }) => row)).toEqual([1, 2, 3, 4]);
  });

  test('a quote that never closes ends the reading, not the memory', async () => {
    let pulled = 0;
    async function* endless(): AsyncGenerator<string> {
      yield 'a\n"';
      for (;;) {
        pulled += 1;
        yield 'x'.repeat(10_000);
      }
    }
    const records: CsvRecord[] = [];
    for await (const batch of readCsv(endless())) records.push(...batch);
    expect(records.at(-1)).toEqual({ row: 2, cells: undefined });
    expect(pulled).toBeLessThan(10);
  });

  test('whatever is written is read back, however it is cut', async () => {
    // What a spreadsheet would run is another matter, below.
    const cell = fc
      .string({ unit: fc.constantFrom('a', 'あ', '"', ',', '\n', '\r\n', ' ', '=', '-', '1', "'") })
      .filter((text) => !/^[=\-\r]/.test(text));
    const table = fc.array(fc.array(cell, { minLength: 2, maxLength: 4 }), { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(table, fc.integer({ min: 1, max: 30 }), async (rows, length) => {
        const text = rows.map((cells) => `${cells.map(keptCell).join(',')}\r\n`).join('');
        expect(await cellsOf(text, length)).toEqual(rows);
      }),
    );
  });
});

describe('cells that a spreadsheet would run', () => {
  test.each([
    ['=HYPERLINK("x")', `"'=HYPERLINK(""x"")"`],
    ['@SUM(A1)', "'@SUM(A1)"],
    ['+cmd|x', "'+cmd|x"],
    ['-A1', "'-A1"],
    ['\t=1', "'\t=1"],
    ['+81-90-1234-5678', '+81-90-1234-5678'],
    ['-5', '-5'],
    ['a=b', 'a=b'],
  ])('%j is written as %s', (text, written) => {
    expect(keptCell(text)).toBe(written);
  });

  test('our own cells are guarded without exception, numbers are numbers', () => {
    expect([csvCell('+81'), csvCell(-1), csvCell(null)]).toEqual(["'+81", '-1', '']);
  });

  test('an apostrophe that a spreadsheet put in front is no part of a value', () => {
    expect(["'=1", "'", "'+81", "O'Hara", "'quoted'"].map(withoutGuard)).toEqual([
      '=1',
      '',
      '+81',
      "O'Hara",
      "'quoted'",
    ]);
  });
});

describe('the encoding of a table', () => {
  const TEXT = '名前,メール\r\n髙橋,a@example.jp\r\n';

  function kindOf(bytes: Buffer, isWhole = true) {
    const probe = createEncodingProbe();
    for (let at = 0; at < bytes.length; at += 3) probe.push(bytes.subarray(at, at + 3));
    return probe.result(isWhole);
  }
  async function decoded(bytes: Buffer, encoding: 'utf-8' | 'shift_jis') {
    let text = '';
    const pieces = Array.from({ length: Math.ceil(bytes.length / 3) }, (_, at) =>
      bytes.subarray(at * 3, at * 3 + 3),
    );
    for await (const chunk of decodeTable(pieces, encoding)) text += chunk;
    return text;
  }

  test.each([
    ['UTF-8', Buffer.from(TEXT), 'utf-8'],
    ['UTF-8 with a byte order mark', Buffer.from(`\uFEFF${TEXT}`), 'utf-8'],
    ['Shift_JIS', iconv.encode(TEXT, 'cp932'), 'shift_jis'],
  ] as const)('%s, cut anywhere', async (_, bytes, encoding) => {
    expect(kindOf(bytes)).toBe(encoding);
    expect(await decoded(bytes, encoding)).toBe(TEXT);
  });

  test('a beginning may end within a character, a whole file may not', () => {
    const cut = Buffer.from('名前').subarray(0, 4);
    expect([kindOf(cut, false), kindOf(cut)]).toEqual(['utf-8', 'shift_jis']);
  });

  test('a workbook and UTF-16 are known as what they are', () => {
    expect(kindOf(Buffer.from('PK\x03\x04rest'))).toBe('workbook');
    expect(kindOf(Buffer.from(`\uFEFF${TEXT}`, 'utf16le'))).toBe('utf-16');
  });

  test('it goes out as it came, UTF-8 with one byte order mark', async () => {
    expect(encodeTable(TEXT, 'shift_jis', true)).toEqual(iconv.encode(TEXT, 'cp932'));
    const bytes = Buffer.concat([encodeTable(TEXT, 'utf-8', true), encodeTable(TEXT, 'utf-8', false)]);
    expect(bytes.toString()).toBe(`\uFEFF${TEXT}${TEXT}`);
  });
});
