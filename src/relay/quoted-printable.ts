/** RFC 2045 §6.7 (5): encoded lines are no longer than 76 octets. */
const LINE = 76;

export type QuotedPrintable = Readonly<{
  bytes: Buffer;
  /** Raw offset of each decoded byte's first octet, and of the end as the last entry. */
  starts: Uint32Array;
  endOf(index: number): number;
}>;

/** Decodes leniently, as mail readers do: a `=` that begins no code stays, blanks after a soft break vanish. */
export function readQuotedPrintable(raw: Buffer): QuotedPrintable {
  const bytes = Buffer.allocUnsafe(raw.length);
  const starts = new Uint32Array(raw.length + 1);
  let length = 0;
  let at = 0;
  while (at < raw.length) {
    if (raw[at] === 0x3d) {
      const soft = softBreakEnd(raw, at + 1);
      if (soft !== undefined) {
        at = soft;
        continue;
      }
    }
    starts[length] = at;
    const code = raw[at] === 0x3d ? hexCode(raw, at + 1) : undefined;
    bytes[length] = code ?? raw[at]!;
    length += 1;
    at += code === undefined ? 1 : 3;
  }
  starts[length] = raw.length;
  const endOf = (index: number) =>
    starts[index]! + (raw[starts[index]!] === 0x3d && isCode(raw, starts[index]!) ? 3 : 1);
  return { bytes: bytes.subarray(0, length), starts: starts.subarray(0, length + 1), endOf };
}

function isCode(raw: Buffer, at: number): boolean {
  return hexCode(raw, at + 1) !== undefined;
}

function softBreakEnd(raw: Buffer, from: number): number | undefined {
  let at = from;
  while (raw[at] === 32 || raw[at] === 9) at += 1;
  if (at >= raw.length || raw[at] === 10) return Math.min(at + 1, raw.length);
  return raw[at] === 13 && raw[at + 1] === 10 ? at + 2 : undefined;
}

function hexCode(raw: Buffer, at: number): number | undefined {
  const high = hexDigit(raw[at]);
  const low = hexDigit(raw[at + 1]);
  return high === undefined || low === undefined ? undefined : high * 16 + low;
}

function hexDigit(byte: number | undefined): number | undefined {
  if (byte === undefined) return undefined;
  if (byte >= 48 && byte <= 57) return byte - 48;
  const letter = byte | 32;
  return letter >= 97 && letter <= 102 ? letter - 87 : undefined;
}

/** Encodes text of ours; its line feeds (with or without CR) become hard line breaks, long lines get soft ones. */
export function encodeQuotedPrintable(bytes: Buffer, eol: string): string {
  const lines = bytes.toString('latin1').split(/\r?\n/);
  return lines.map((line) => encodeLine(line, eol)).join(eol);
}

function encodeLine(line: string, eol: string): string {
  let out = '';
  let column = 0;
  for (let at = 0; at < line.length; at += 1) {
    const byte = line.charCodeAt(at);
    const blank = (byte === 32 || byte === 9) && at < line.length - 1;
    const plain = blank || (byte >= 33 && byte <= 126 && byte !== 0x3d);
    const code = plain ? line[at]! : `=${byte.toString(16).toUpperCase().padStart(2, '0')}`;
    if (column + code.length > LINE - 1) {
      out += `=${eol}`;
      column = 0;
    }
    out += code;
    column += code.length;
  }
  return out;
}

/** Sets soft breaks around an insertion where the line it lands in would else pass 76 octets. */
export function fitIntoLine(raw: Buffer, at: number, end: number, encoded: string, eol: string): Buffer {
  const head = raw.subarray(Math.max(0, at - LINE), at);
  const column = head.length - 1 - head.lastIndexOf(10);
  const rest = /^[^\r\n]*/.exec(raw.toString('latin1', end, end + LINE))![0].length;
  const first = encoded.indexOf(eol) < 0 ? encoded.length : encoded.indexOf(eol);
  const single = first === encoded.length;
  const last = encoded.length - (single ? 0 : encoded.lastIndexOf(eol) + eol.length);
  const tooLong = column + first + (single ? rest : 0) > LINE;
  const before = tooLong && column > 0 && first > 0 ? `=${eol}` : '';
  const after =
    rest > 0 && last > 0 && (before ? last : single ? column + last : last) + rest > LINE ? `=${eol}` : '';
  return Buffer.from(before + encoded + after, 'latin1');
}
