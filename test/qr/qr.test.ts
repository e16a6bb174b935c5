import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pngOf, svgOf } from '../../src/qr/image.js';
import { correctionOf } from '../../src/qr/reed-solomon.js';
import { type QrSymbol, qrSymbol } from '../../src/qr/symbol.js';
import { describeWith, pathOf } from '../harness/programs.js';

/** Bytes that the largest symbol of each version holds at level M (ISO/IEC 18004, table 7). */
const CAPACITY = [
  14, 26, 42, 62, 84, 106, 122, 152, 180, 213, 251, 287, 331, 362, 412, 450, 504, 560, 624, 666,
];

function symbolOf(text: string): QrSymbol {
  return qrSymbol(text)!;
}

describe('a QR code', () => {
  test.each(CAPACITY.map((bytes, index) => [index + 1, bytes]))(
    'version %i holds %i bytes',
    (version, bytes) => {
      expect(symbolOf('a'.repeat(bytes)).size).toBe(17 + 4 * version);
      const longer = qrSymbol('a'.repeat(bytes + 1));
      if (version < CAPACITY.length) expect(longer?.size).toBe(21 + 4 * version);
      else expect(longer).toBeUndefined();
    },
  );

  test('codewords are corrected as in the example of the standard', () => {
    // ISO/IEC 18004, annex I.2: 01234567 in version 1-M.
    const data = [
      0x10, 0x20, 0x0c, 0x56, 0x61, 0x80, 0xec, 0x11, 0xec, 0x11, 0xec, 0x11, 0xec, 0x11, 0xec, 0x11,
    ];
    expect([...correctionOf(Uint8Array.from(data), 10)]).toEqual([
      0xa5, 0x24, 0xd4, 0xc1, 0xed, 0x36, 0xc7, 0x87, 0x2c, 0x55,
    ]);
  });

  test('a picture smaller than its symbol is refused', () => {
    const symbol = symbolOf('https://relay.example/c/aoba');
    expect(pngOf(symbol, { size: symbol.size + 7, margin: 4 })).toBeUndefined();
    expect(pngOf(symbol, { size: symbol.size + 8, margin: 4 })).toBeDefined();
  });

  test('the SVG has a light ground with its margin, and nothing but two shapes', () => {
    const svg = svgOf(symbolOf('x'), { size: 300, margin: 2 });
    expect(svg).toContain('viewBox="0 0 25 25"');
    expect(svg.match(/<path/g)).toHaveLength(2);
    expect(svg).toContain('M2 2h7v1h-7z');
  });
});

describeWith('zbarimg', 'a QR code read by another program', () => {
  const directory = mkdtempSync(join(tmpdir(), 'career-relay-qr-'));
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  /** What zbarimg reads in each picture, in one run of it; nothing where it reads nothing. */
  function read(pictures: readonly Buffer[]): (string | undefined)[] {
    const files = pictures.map((picture, index) => {
      const file = join(directory, `${index}.png`);
      writeFileSync(file, picture);
      return file;
    });
    const { stdout } = spawnSync(pathOf('zbarimg'), ['--quiet', '--xml', ...files], {
      maxBuffer: 16_000_000,
    });
    const found = new Map<string, string>();
    const source = /<source href='([^']*)'>([\s\S]*?)<\/source>/g;
    for (const [, href, inside] of stdout.toString().matchAll(source)) {
      const data = /<data[^>]*><!\[CDATA\[([\s\S]*?)\]\]><\/data>/.exec(inside!)?.[1];
      if (data !== undefined) found.set(href!, data);
    }
    return files.map((file) => found.get(file));
  }

  test('each version, and links of forty candidates', () => {
    const texts = [
      ...CAPACITY.map((bytes) => `https://relay.example/c/${'aoba-'.repeat(200)}`.slice(0, bytes)),
      ...Array.from({ length: 40 }, (_, index) => {
        return `https://relay.example/r/${(index * 7919).toString(36).padStart(10, 'x')}`;
      }),
    ];
    const pictures = texts.map((text, index) =>
      pngOf(symbolOf(text), { size: index < CAPACITY.length ? 800 : 300, margin: 4 }),
    );
    expect(read(pictures.map((picture) => picture!))).toEqual(texts);
  });

  test('a picture of something else is read as nothing', () => {
    const blank: QrSymbol = { size: 21, dark: (x, y) => (x + y) % 2 === 0 };
    expect(read([pngOf(blank, { size: 300, margin: 4 })!])).toEqual([undefined]);
  });
});
