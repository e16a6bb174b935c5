import type { Edit, Splice } from './splice.js';

export type Base64Body = Readonly<{
  bytes: Buffer;
  /** Raw offset of each quantum's first character (RFC 4648 §4: four characters, three bytes). */
  quanta: Uint32Array;
  /** Raw offset behind the last character, padding included. */
  end: number;
}>;

/** @returns undefined where something else than base64, line ends and blanks stands in the body, or padding inside */
export function readBase64(raw: Buffer): Base64Body | undefined {
  const quanta = new Uint32Array((raw.length >> 2) + 1);
  let count = 0;
  let padding = 0;
  let end = 0;
  for (let at = 0; at < raw.length; at += 1) {
    const byte = raw[at]!;
    if (byte === 10 || byte === 13 || byte === 32 || byte === 9) continue;
    if (byte === 0x3d) padding += 1;
    else if (padding > 0 || !isAlphabet(byte)) return undefined;
    if (count % 4 === 0) quanta[count >> 2] = at;
    count += 1;
    end = at + 1;
  }
  if (count % 4 !== 0 || padding > 2) return undefined;
  const bytes = Buffer.from(raw.toString('latin1'), 'base64');
  return { bytes, quanta: quanta.subarray(0, count >> 2), end };
}

function isAlphabet(byte: number): boolean {
  const letter = byte | 32;
  return (letter >= 97 && letter <= 122) || (byte >= 48 && byte <= 57) || byte === 0x2b || byte === 0x2f;
}

/**
 * Encodes again from the first affected quantum on, in the body's own line width; what stands before stays as
 * it is, and so do the line ends behind.
 */
export function spliceBase64(raw: Buffer, body: Base64Body, edits: readonly Edit[], eol: string): Splice[] {
  if (edits.length === 0) return [];
  const quantum = Math.floor(edits[0]!.from / 3);
  const at = body.quanta[quantum] ?? body.end;
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
