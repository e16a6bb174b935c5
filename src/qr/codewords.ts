import { correctionOf } from './reed-solomon.js';

/** The largest symbol that we draw: 666 bytes, longer than any address of ours; more would be hard to photograph. */
const LARGEST = 20;

/** Error correction codewords a block, and blocks, of versions 1 to 20 at level M (ISO/IEC 18004, table 9). */
const CORRECTION = [10, 16, 26, 18, 24, 16, 18, 22, 22, 26, 30, 22, 22, 24, 24, 28, 28, 26, 26, 26];
const BLOCKS = [1, 1, 1, 2, 2, 4, 4, 4, 5, 5, 5, 8, 9, 9, 10, 10, 11, 13, 14, 16];
const BYTE_MODE = 0b0100;
/** Fill what is left, in turn (§7.4.10). */
const PADS = [0xec, 0x11];

/** Codewords that a symbol holds: its modules without function patterns and format bits, in whole bytes. */
function capacityOf(version: number): number {
  let modules = (16 * version + 128) * version + 64;
  if (version >= 2) {
    const aligned = Math.floor(version / 7) + 2;
    modules -= (25 * aligned - 10) * aligned - 55;
  }
  if (version >= 7) modules -= 36;
  return modules >> 3;
}

function dataCapacityOf(version: number): number {
  return capacityOf(version) - CORRECTION[version - 1]! * BLOCKS[version - 1]!;
}

/** Mode, length, bytes, terminator and padding (§7.4). */
function dataOf(bytes: Uint8Array, version: number): Uint8Array {
  const data = new Uint8Array(dataCapacityOf(version));
  let bit = 0;
  const put = (value: number, width: number) => {
    for (let left = width - 1; left >= 0; left -= 1, bit += 1) {
      data[bit >> 3]! |= ((value >> left) & 1) << (7 - (bit & 7));
    }
  };
  put(BYTE_MODE, 4);
  put(bytes.length, version < 10 ? 8 : 16);
  for (const byte of bytes) put(byte, 8);
  // The terminator, and what is left of its byte, are zeros that stand there already.
  const used = Math.min(data.length, Math.ceil((bit + 4) / 8));
  for (let at = used; at < data.length; at += 1) data[at] = PADS[(at - used) % 2]!;
  return data;
}

/** Cuts data into blocks, gives each its correction, and interleaves both (§7.6). */
function interleaved(data: Uint8Array, version: number): Uint8Array {
  const blocks = BLOCKS[version - 1]!;
  const correction = CORRECTION[version - 1]!;
  const short = Math.floor(data.length / blocks);
  const shortBlocks = blocks - (data.length % blocks);
  const parts = Array.from({ length: blocks }, (_, index) => {
    const start = index * short + Math.max(0, index - shortBlocks);
    return data.subarray(start, start + short + (index < shortBlocks ? 0 : 1));
  });
  const corrections = parts.map((part) => correctionOf(part, correction));
  const result: number[] = [];
  for (let at = 0; at <= short; at += 1)
    for (const part of parts) if (at < part.length) result.push(part[at]!);
  for (let at = 0; at < correction; at += 1) for (const part of corrections) result.push(part[at]!);
  return Uint8Array.from(result);
}

/**
 * The codewords of a text at error correction level M, in the smallest version that holds them.
 * @returns undefined for a text of more than 666 bytes
 */
export function codewordsOf(text: string): { version: number; codewords: Uint8Array } | undefined {
  const bytes = new TextEncoder().encode(text);
  for (let version = 1; version <= LARGEST; version += 1) {
    const header = version < 10 ? 2 : 3;
    if (bytes.length + header > dataCapacityOf(version)) continue;
    return { version, codewords: interleaved(dataOf(bytes, version), version) };
  }
  return undefined;
}
