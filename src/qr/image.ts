import { crc32, deflateSync } from 'node:zlib';
import type { QrSymbol } from './symbol.js';

/** `margin`: light modules around the symbol; readers want 4 (ISO/IEC 18004 §6.3.8). `size`: pixels a side. */
export type ImageOptions = Readonly<{ size: number; margin: number }>;

/** An SVG that scales to any size; it brings its own white ground, since a code must be dark on light. */
export function svgOf(symbol: QrSymbol, { size, margin }: ImageOptions): string {
  const side = symbol.size + 2 * margin;
  let path = '';
  for (let y = 0; y < symbol.size; y += 1) {
    for (let x = 0; x < symbol.size; x += 1) {
      if (!symbol.dark(x, y)) continue;
      const start = x;
      while (x + 1 < symbol.size && symbol.dark(x + 1, y)) x += 1;
      path += `M${start + margin} ${y + margin}h${x - start + 1}v1h-${x - start + 1}z`;
    }
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${size}" height="${size}" viewBox="0 0 ${side} ${side}" shape-rendering="crispEdges"><path fill="#fff" d="M0 0h${side}v${side}H0z"/><path d="${path}"/></svg>`;
}

/** A PNG chunk: length, type, data, and the check sum of both (PNG 3rd edition §5.3). */
function chunk(type: string, data: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(named));
  return Buffer.concat([length, named, sum]);
}

/**
 * A PNG of one bit a pixel. Modules have a whole number of pixels, so that their edges are sharp; what is left over of
 * `size` is added to the margin.
 * @returns undefined when `size` is smaller than the symbol with its margin
 */
export function pngOf(symbol: QrSymbol, { size, margin }: ImageOptions): Buffer | undefined {
  const scale = Math.floor(size / (symbol.size + 2 * margin));
  if (scale < 1) return undefined;
  const before = Math.floor((size - symbol.size * scale) / 2);
  const lineBytes = 1 + Math.ceil(size / 8);
  const pixels = Buffer.alloc(lineBytes * size, 0xff);
  for (let y = 0; y < size; y += 1) {
    // Each line begins with its filter: none.
    pixels[y * lineBytes] = 0;
    const row = Math.floor((y - before) / scale);
    if (row < 0 || row >= symbol.size) continue;
    for (let x = before; x < before + symbol.size * scale; x += 1) {
      if (symbol.dark(Math.floor((x - before) / scale), row))
        pixels[y * lineBytes + 1 + (x >> 3)]! &= ~(0x80 >> (x & 7));
    }
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(size, 0);
  header.writeUInt32BE(size, 4);
  // One bit a sample, greyscale; compression, filter and interlace have but one usual value.
  header[8] = 1;
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(pixels)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}
