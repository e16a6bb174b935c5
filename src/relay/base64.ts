import type { Edit, Splice } from './splice.js';

export type Base64Body = Readonly<{
  bytes: Buffer;
  /** How many quanta there are (RFC 4648 §4: four characters, three bytes). */
  quanta: number;
  /** Raw offset behind the last character, padding included. */
  end: number;
}>;

const BLANK = 1;
const PADDING = 2;
const DIGIT = 3;
const KINDS = Uint8Array.from({ length: 256 }, (_none, byte) => {
  if (byte === 10 || byte === 13 || byte === 32 || byte === 9) return BLANK;
  if (byte === 0x3d) return PADDING;
  return /[A-Za-z0-9+/]/.test(String.fromCharCode(byte)) ? DIGIT : 0;
});

/** @returns undefined where something else than base64, line ends and blanks stands in the body, or padding inside */
export function readBase64(raw: Buffer): Base64Body | undefined {
  let count = 0;
  let padding = 0;
  let end = 0;
  for (let at = 0; at < raw.length; at += 1) {
    const kind = KINDS[raw[at]!]!;
    if (kind === BLANK) continue;
    if (kind === PADDING) padding += 1;
    else if (padding > 0 || kind !== DIGIT) return undefined;
    count += 1;
    end = at + 1;
  }
  if (count % 4 !== 0 || padding > 2) return undefined;
  const bytes = Buffer.from(raw.toString('latin1'), 'base64');
  return { bytes, quanta: count >> 2, end };
}

/** Raw offset of a quantum's first character. */
function placeOf(raw: Buffer, body: Base64Body, quantum: number): number {
  if (quantum >= body.quanta) return body.end;
  let left = quantum * 4;
  for (let at = 0; ; at += 1) {
    if (KINDS[raw[at]!] === BLANK) continue;
    if (left === 0) return at;
    left -= 1;
  }
}

/**
 * Encodes again from the first affected quantum on, in the body's own line width; what stands before stays as
 * it is, and so do the line ends behind.
 */
export function spliceBase64(raw: Buffer, body: Base64Body, edits: readonly Edit[], eol: string): Splice[] {
  if (edits.length === 0) return [];
  const quantum = Math.floor(edits[0]!.from / 3);
  const at = placeOf(raw, body, quantum);
  const pieces: Buffer[] = [];
  let from = quantum * 3;
  for (const edit of edits) {
    pieces.push(body.bytes.subarray(from, edit.from), edit.insert);
    from = edit.to;
  }
  pieces.push(body.bytes.subarray(from));
  const column = at - (at === 0 ? 0 : raw.lastIndexOf(10, at - 1) + 1);
  const text = Buffer.concat(pieces).toString('base64');
  return [
    { at, remove: body.end - at, insert: Buffer.from(wrap(text, lineWidth(raw), column, eol), 'latin1') },
  ];
}

/** The first line's width where there are several lines; 76 (RFC 2045 §6.8) where there is no width to keep. */
function lineWidth(raw: Buffer): number {
  const lineFeed = raw.indexOf(10);
  if (lineFeed < 0 || raw.indexOf(10, lineFeed + 1) < 0) return 76;
  const width = lineFeed - (raw[lineFeed - 1] === 13 ? 1 : 0);
  return width >= 4 && width <= 996 ? width : 76;
}

function wrap(text: string, width: number, column: number, eol: string): string {
  const lines = [text.slice(0, Math.max(0, width - column))];
  for (let at = lines[0]!.length; at < text.length; at += width) lines.push(text.slice(at, at + width));
  return lines.join(eol);
}
