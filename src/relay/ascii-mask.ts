import { type CharsetKind, type JisState, readEscape } from './charset.js';

/** What a masked byte reads as: a letter that no needle, no HTML syntax and no line end contains. */
const MASK = 0xff;
const ESCAPE = 0x1b;

export type Masked = Readonly<{
  /** The text with each byte that is part of a multi-byte character (or an escape) replaced by 0xFF. */
  bytes: Buffer;
  /** Escape state before the byte at that offset; `ascii` throughout for stateless charsets. */
  stateAt(offset: number): JisState;
}>;

/**
 * Hides the bytes that look like ASCII without being it: second bytes of Shift_JIS, GB18030 and its like,
 * and everything outside the ASCII state of ISO-2022-JP. Offsets stay the same.
 */
export function maskNonAscii(kind: CharsetKind, bytes: Buffer): Masked {
  switch (kind) {
    case 'iso-2022-jp':
      return maskIso2022Jp(bytes);
    case 'shift_jis':
    case 'gb18030':
      return { bytes: maskTrailing(bytes, kind), stateAt: () => 'ascii' };
    case 'utf-8':
    case 'euc-jp':
    case 'ascii-superset':
    case 'unsafe':
      return { bytes, stateAt: () => 'ascii' };
  }
}

function maskTrailing(bytes: Buffer, kind: 'shift_jis' | 'gb18030'): Buffer {
  const masked = Buffer.from(bytes);
  for (let at = 0; at < bytes.length; at += 1) {
    const lead = bytes[at]!;
    if (lead < 0x80) continue;
    masked[at] = MASK;
    if (!isLead(lead, kind) || at + 1 >= bytes.length) continue;
    const trail = bytes[at + 1]!;
    const four = kind === 'gb18030' && trail >= 0x30 && trail <= 0x39;
    const length = four ? 4 : trail >= 0x40 && trail !== 0x7f ? 2 : 1;
    const end = Math.min(bytes.length, at + length);
    for (let covered = at + 1; covered < end; covered += 1) masked[covered] = MASK;
    at = end - 1;
  }
  return masked;
}

function isLead(byte: number, kind: 'shift_jis' | 'gb18030'): boolean {
  if (kind === 'gb18030') return byte >= 0x81 && byte <= 0xfe;
  return (byte >= 0x81 && byte <= 0x9f) || (byte >= 0xe0 && byte <= 0xfc);
}

function maskIso2022Jp(bytes: Buffer): Masked {
  const first = bytes.indexOf(ESCAPE);
  if (first < 0) return { bytes, stateAt: () => 'ascii' };
  const masked = Buffer.from(bytes);
  const changes: { at: number; state: JisState }[] = [];
  for (let at = first; at >= 0; ) {
    const { state, length } = readEscape(bytes, at)!;
    const from = Math.min(bytes.length, at + length);
    masked.fill(MASK, at, from);
    changes.push({ at: from, state });
    at = bytes.indexOf(ESCAPE, from);
    if (state !== 'ascii' && state !== 'roman') maskWords(masked, from, at < 0 ? bytes.length : at);
  }
  return { bytes: masked, stateAt: (offset) => stateIn(changes, offset) };
}

/** Line ends and blanks stay. */
function maskWords(masked: Buffer, from: number, to: number): void {
  for (let at = from; at < to; at += 1) if (masked[at]! > 0x20) masked[at] = MASK;
}

function stateIn(changes: readonly { at: number; state: JisState }[], offset: number): JisState {
  let low = 0;
  let high = changes.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (changes[middle]!.at <= offset) low = middle + 1;
    else high = middle;
  }
  return low === 0 ? 'ascii' : changes[low - 1]!.state;
}
