import { decodeText } from '../../src/relay/charset.js';
import { createMessageScanner, type MimeDefect, scanMessage } from '../../src/relay/mime.js';
import { decodeWords, parseParameters } from '../../src/relay/mime-header.js';
import { allParts } from '../../src/relay/mime-part.js';
import { applySplices, insertedRanges, type Splice } from '../../src/relay/splice.js';

const mail = (...lines: string[]) => Buffer.from(lines.join('\r\n'), 'latin1');

describe('scanning', () => {
  const message = mail(
    'Subject: a',
    ' folded',
    'Content-Type: multipart/mixed; boundary=b',
    '',
    'preamble',
    '--b',
    '',
    'one',
    '--b',
    'Content-Type: application/pdf',
    '',
    'two',
    '--b--',
    'epilogue',
  );

  test('offsets name the bytes: the line end before a delimiter belongs to the delimiter', () => {
    const { root, size, eol } = scanMessage(message);
    const body = ({ bodyStart, bodyEnd }: { bodyStart: number; bodyEnd: number }) =>
      message.toString('latin1', bodyStart, bodyEnd);
    expect(root.children.map(body)).toEqual(['one', 'two']);
    expect(body(root)).toMatch(/^preamble[\s\S]*epilogue$/);
    expect(size).toBe(message.length);
    expect(eol).toBe('\r\n');
  });

  test('header fields are whole with their folded lines', () => {
    const [subject] = scanMessage(message).root.fields;
    expect(subject).toMatchObject({ name: 'Subject', value: 'a folded', start: 0 });
    expect(message.toString('latin1', subject!.start, subject!.end)).toBe('Subject: a\r\n folded\r\n');
  });

  test('raw bytes are kept of text that a person reads, never of attachments', () => {
    const [text, pdf] = scanMessage(message).root.children;
    expect(text!.raw?.toString()).toBe('one');
    expect(pdf!.raw).toBeUndefined();
  });

  test('a text past the limit is dropped and said to be too large', () => {
    const [text] = scanMessage(message, { textPart: 2 }).root.children;
    expect(text).toMatchObject({ raw: undefined, tooLarge: true });
  });

  test('texts share one bound: what is kept of all parts together stays below it', () => {
    const many = mail(
      'Content-Type: multipart/mixed; boundary=b',
      '',
      ...Array.from({ length: 50 }, () => `--b\r\n\r\n${'x'.repeat(100)}`),
      '--b--',
    );
    const kept = allParts(scanMessage(many, { textTotal: 1_000 }).root).reduce(
      (sum, part) => sum + (part.raw?.length ?? 0),
      0,
    );
    expect(kept).toBeGreaterThan(800);
    expect(kept).toBeLessThanOrEqual(1_000);
  });

  test('an inner boundary that begins like the outer one is told apart', () => {
    const { root, defects } = scanMessage(
      mail(
        'Content-Type: multipart/mixed; boundary=b',
        '',
        '--b',
        'Content-Type: multipart/alternative; boundary=b2',
        '',
        '--b2',
        '',
        'x',
        '--b2--',
        '--b--',
        '',
      ),
    );
    expect(defects).toEqual([]);
    expect(allParts(root).map((part) => part.type)).toEqual([
      'multipart/mixed',
      'multipart/alternative',
      'text/plain',
    ]);
  });

  test('attached messages are not entered', () => {
    const { root } = scanMessage(
      mail(
        'Content-Type: multipart/digest; boundary=b',
        '',
        '--b',
        '',
        'Content-Type: text/plain',
        '',
        'x',
        '--b--',
        '',
      ),
    );
    expect(root.children).toHaveLength(1);
    expect(root.children[0]).toMatchObject({ type: 'message/rfc822', children: [], raw: undefined });
  });
});

describe('defects', () => {
  const nested = Array.from({ length: 30 }, (_, depth) => [
    `Content-Type: multipart/mixed; boundary=b${depth}x`,
    '',
    `--b${depth}x`,
  ]).flat();
  const cases: [MimeDefect, Buffer][] = [
    [
      'ambiguous-boundary',
      mail('Content-Type: multipart/mixed; boundary=b', '', '--b', '', '--bx', '--b--', ''),
    ],
    ['bad-content-type', mail('Content-Type: text', '', 'x')],
    ['boundary-never-seen', mail('Content-Type: multipart/mixed; boundary=b', '', 'x')],
    ['duplicate-mime-header', mail('Content-Type: text/plain', 'Content-Type: text/html', '', 'x')],
    ['header-garbage', mail('Subject: a', 'no field', '', 'x')],
    ['header-too-large', mail(`Subject: ${'a'.repeat(300_000)}`, '', 'x')],
    ['header-unterminated', mail('Subject: a')],
    ['no-boundary', mail('Content-Type: multipart/mixed', '', 'x')],
    ['too-deep', mail(...nested, '')],
    [
      'too-many-parts',
      mail(
        'Content-Type: multipart/mixed; boundary=b',
        '',
        ...Array.from({ length: 600 }, () => '--b\r\n'),
        '--b--',
      ),
    ],
    ['unclosed-multipart', mail('Content-Type: multipart/mixed; boundary=b', '', '--b', '', 'x')],
  ];
  test.each(cases)('%s', (defect, message) => {
    expect(scanMessage(message).defects).toContain(defect);
  });

  test('a sound message has none', () => {
    expect(scanMessage(mail('Subject: a', '', 'x')).defects).toEqual([]);
  });
});

test('an attachment of any size costs no memory', () => {
  const scanner = createMessageScanner();
  scanner.push(mail('Content-Type: application/pdf', '', ''));
  const chunk = Buffer.alloc(1_048_576, 65);
  const before = process.memoryUsage().arrayBuffers;
  for (let count = 0; count < 200; count += 1) scanner.push(chunk);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(4_194_304);
  expect(scanner.end().size).toBeGreaterThan(200 * 1_048_576);
});

describe('header values', () => {
  test.each([
    ['text/plain; charset="utf-8" (comment; x=y)', { token: 'text/plain', parameters: { charset: 'utf-8' } }],
    ["a/b; name*=UTF-8''%E5%B1%B1.pdf", { token: 'a/b', parameters: { name: '山.pdf' } }],
    [
      'a/b; name*0*=UTF-8\'\'%E5%B1; name*1*=%B1; name*2=".pdf"',
      { token: 'a/b', parameters: { name: '山.pdf' } },
    ],
    ['a/b; boundary="x;\\"y"; boundary=z', { token: 'a/b', parameters: { boundary: 'x;"y' } }],
  ])('%s', (value, expected) => {
    expect(parseParameters(value)).toEqual(expected);
  });

  test.each([
    ['=?UTF-8?B?5bGx?= =?UTF-8?Q?=E7=94=B0_x?= y', '山田 x y'],
    ['=?UTF-8?B?5b?= =?UTF-8?B?Gx?=', expect.any(String)],
    ['=?ISO-2022-JP?B?GyRCOzNFRBsoQg==?=', '山田'],
    ['=?x-unknown?Q?a?=', 'a'],
  ])('%s', (value, expected) => {
    expect(decodeWords(value)).toEqual(expected);
  });

  test('NEC characters and half-width kana of ISO-2022-JP are read', () => {
    expect(decodeText('iso-2022-jp', Buffer.from('\x1b$B-!-j|b\x1b(B \x1b(I1\x1b(B', 'latin1'))).toBe(
      '①㈱髙 ｱ',
    );
  });
});

describe('splices', () => {
  const apply = async (chunks: string[], splices: Splice[]) => {
    const out: Buffer[] = [];
    for await (const chunk of applySplices(
      chunks.map((chunk) => Buffer.from(chunk)),
      splices,
    ))
      out.push(chunk);
    return Buffer.concat(out).toString();
  };
  const splices = [
    { at: 0, remove: 0, insert: Buffer.from('<') },
    { at: 2, remove: 3, insert: Buffer.from('xy') },
    { at: 6, remove: 0, insert: Buffer.from('>') },
  ];

  test.each([[['abcdef']], [['a', 'b', 'c', 'd', 'e', 'f']], [['abc', '', 'def']]])(
    'in any chunks: %j',
    async (chunks) => {
      expect(await apply(chunks, splices)).toBe('<abxyf>');
    },
  );

  test('ranges are those of the output', () => {
    expect(insertedRanges(splices)).toEqual([
      { at: 0, length: 1, removed: 0 },
      { at: 3, length: 2, removed: 3 },
      { at: 6, length: 1, removed: 0 },
    ]);
  });

  test('past the end, or overlapping, is a fault', async () => {
    await expect(apply(['ab'], [{ at: 1, remove: 2, insert: Buffer.alloc(0) }])).rejects.toThrow(RangeError);
    await expect(
      apply(['abcdef'], [splices[1]!, { at: 4, remove: 0, insert: Buffer.from('x') }]),
    ).rejects.toThrow(RangeError);
  });
});
