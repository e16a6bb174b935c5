import { isAscii, isUtf8 } from 'node:buffer';
import encodingJapanese from 'encoding-japanese';
import iconv from 'iconv-lite';

/** How the bytes of a charset relate to ASCII; decides where searching and inserting is safe. */
export type CharsetKind =
  | 'ascii-superset'
  | 'utf-8'
  | 'iso-2022-jp'
  | 'shift_jis'
  | 'euc-jp'
  | 'gb18030'
  | 'unsafe';

/** `name` is what iconv-lite (or ours, for ISO-2022-JP) decodes; `truthful` is false where the bytes belie the label. */
export type Charset = Readonly<{ name: string; kind: CharsetKind; truthful: boolean }>;

const ALIASES: readonly (readonly [RegExp, string, CharsetKind])[] = [
  [/^(utf-?8|unicode-1-1-utf-8|cp65001)$/, 'utf-8', 'utf-8'],
  [/^(us-?ascii|ascii|ansi_x3\.4-19(68|86)|iso646-us|646|cp367|7bit)$/, 'us-ascii', 'ascii-superset'],
  [
    /^(iso-?2022-?jp(-[1-3]|-ms|-ext|-2004)?|csiso2022jp|cp5022[0-2]|x-windows-iso2022jp)$/,
    'iso-2022-jp',
    'iso-2022-jp',
  ],
  [
    /^(shift[-_]?jis|x-sjis|sjis|ms_kanji|csshiftjis|windows-31j|cswindows31j|cp932|ms932|x-ms-cp932)$/,
    'cp932',
    'shift_jis',
  ],
  [/^(euc-?jp|x-euc-?jp|cseucpkdfmtjapanese|eucjp-?(ms|win)|cp51932|ujis)$/, 'euc-jp', 'euc-jp'],
  [/^(gb18030|gbk|gb2312|gb_2312-80|cp936|ms936|windows-936|x-gbk|euc-cn)$/, 'gb18030', 'gb18030'],
  [/^(big5(-hkscs)?|cn-big5|x-x-big5|csbig5)$/, 'big5', 'gb18030'],
  [/^(euc-?kr|ks_c_5601-1987|ksc5601|cp949|uhc|windows-949)$/, 'cp949', 'gb18030'],
  [/^(iso-?8859-?1|latin-?1|l1|cp819|windows-1252|cp1252|x-ansi)$/, 'windows-1252', 'ascii-superset'],
  [
    /^(iso-?8859-?\d{1,2}(-[ie])?|latin-?\d{1,2}|windows-125\d|cp125\d|koi8-[ru]|tis-620|windows-874|macintosh)$/,
    '',
    'ascii-superset',
  ],
];

type NamedCharset = Omit<Charset, 'truthful'>;

/** Mails use a handful of labels; what is absurd is not kept. */
const known = new Map<string, NamedCharset>();
const MOST_KNOWN = 200;
const LONGEST_KNOWN = 40;

/** The charset of a label (RFC 2978 names and the aliases seen in mail); no label means US-ASCII (RFC 2045 §5.2). */
export function charsetOf(label = 'us-ascii'): NamedCharset {
  let charset = known.get(label);
  if (charset) return charset;
  charset = findCharset(label);
  if (known.size < MOST_KNOWN && label.length <= LONGEST_KNOWN) known.set(label, charset);
  return charset;
}

function findCharset(label: string): NamedCharset {
  const wanted = label.trim().toLowerCase();
  for (const [pattern, name, kind] of ALIASES) {
    if (pattern.test(wanted)) return { name: name || wanted, kind };
  }
  return { name: wanted, kind: 'unsafe' };
}

/**
 * Compares a label with the bytes that stand under it. Mailers label UTF-8 as ISO-2022-JP and leave labels out;
 * reading then follows the bytes, and insertion keeps to ASCII.
 */
export function examineCharset(label: string | undefined, bytes: Buffer): Charset {
  const labelled = charsetOf(label);
  const high = !isAscii(bytes);
  const escapes = holdsEscape(bytes);
  switch (labelled.kind) {
    case 'iso-2022-jp':
      if (!high) return { ...labelled, truthful: true };
      if (escapes || !isUtf8(bytes)) return { name: guessName(bytes), kind: 'unsafe', truthful: false };
      return { name: 'utf-8', kind: 'utf-8', truthful: false };
    case 'utf-8':
      if (escapes) return escaped(high);
      if (isUtf8(bytes)) return { ...labelled, truthful: true };
      return { name: guessName(bytes), kind: 'shift_jis', truthful: false };
    case 'ascii-superset':
      if (escapes) return escaped(high);
      if (labelled.name !== 'us-ascii' || !high) return { ...labelled, truthful: true };
      if (isUtf8(bytes)) return { name: 'utf-8', kind: 'utf-8', truthful: false };
      return { name: guessName(bytes), kind: 'shift_jis', truthful: false };
    default:
      return { ...labelled, truthful: !(high && isUtf8(bytes)) };
  }
}

function escaped(high: boolean): Charset {
  return { name: 'iso-2022-jp', kind: high ? 'unsafe' : 'iso-2022-jp', truthful: false };
}

function guessName(bytes: Buffer): string {
  const guess = encodingJapanese.detect(bytes.subarray(0, 65_536));
  if (guess === 'SJIS') return 'cp932';
  if (guess === 'EUCJP') return 'euc-jp';
  return guess === 'JIS' ? 'iso-2022-jp' : guess === 'UTF8' ? 'utf-8' : 'windows-1252';
}

function holdsEscape(bytes: Buffer): boolean {
  return bytes.includes(0x1b) && (bytes.includes('\x1b$') || bytes.includes('\x1b('));
}

/** Decodes for reading; never fails. Unknown or missing labels: UTF-8 where valid, else what the bytes look like. */
export function decodeText(label: string | undefined, bytes: Buffer): string {
  const { name } = label === undefined ? examineCharset(undefined, bytes) : charsetOf(label);
  if (name === 'iso-2022-jp') return decodeIso2022Jp(bytes);
  if (name === 'us-ascii') return bytes.toString('latin1');
  if (name === 'utf-8' && isUtf8(bytes)) return bytes.toString('utf8');
  if (iconv.encodingExists(name)) return iconv.decode(bytes, name, { stripBOM: false });
  return isUtf8(bytes) ? bytes.toString('utf8') : bytes.toString('latin1');
}

/** Escape states of ISO-2022-JP (RFC 1468, RFC 2237, and CP50220's half-width kana). */
export type JisState = 'ascii' | 'roman' | 'kana' | 'double' | 'supplement' | 'unknown';

/** The state that an escape sequence at `at` leads to, and its length; undefined where there is none. */
export function readEscape(bytes: Buffer, at: number): { state: JisState; length: number } | undefined {
  if (bytes[at] !== 0x1b) return undefined;
  const first = bytes[at + 1];
  const second = bytes[at + 2];
  if (first === 0x28) {
    if (second === 0x42) return ESCAPES.ascii;
    if (second === 0x4a || second === 0x48) return ESCAPES.roman;
    if (second === 0x49) return ESCAPES.kana;
  } else if (first === 0x24) {
    if (second === 0x40 || second === 0x42) return ESCAPES.double;
    if (second === 0x28) return bytes[at + 3] === 0x44 ? ESCAPES.supplement : ESCAPES.foreign;
  } else if (first === 0x26 && second === 0x40) return ESCAPES.double;
  return ESCAPES.unknown;
}

const ESCAPES = {
  ascii: { state: 'ascii', length: 3 },
  roman: { state: 'roman', length: 3 },
  kana: { state: 'kana', length: 3 },
  double: { state: 'double', length: 3 },
  supplement: { state: 'supplement', length: 4 },
  foreign: { state: 'unknown', length: 4 },
  unknown: { state: 'unknown', length: 1 },
} as const;

/** Code units of the 94 by 94 pairs of ISO-2022-JP; 0 where iconv-lite makes something else of a pair. */
let pairs: Uint16Array | undefined;

function jisPairs(): Uint16Array {
  if (pairs) return pairs;
  const shift = Buffer.alloc(94 * 94 * 3, '\n');
  for (let pair = 0; pair < 94 * 94; pair += 1) {
    putShiftJisPair(shift, pair * 3, 0x21 + Math.floor(pair / 94), 0x21 + (pair % 94));
  }
  const units = iconv.decode(shift, 'cp932').split('\n');
  pairs = Uint16Array.from({ length: 94 * 94 }, (_none, pair) => {
    const unit = units[pair]!;
    return unit.length === 1 && unit !== '\ufffd' ? unit.charCodeAt(0) : 0;
  });
  return pairs;
}

/** By table; what is no sound pair or no half-width kana is left to the slower way, which resumes as CP932 does. */
function decodeIso2022Jp(bytes: Buffer): string {
  const table = jisPairs();
  const units = Buffer.allocUnsafe(bytes.length * 2);
  let length = 0;
  let state: JisState = 'ascii';
  const put = (unit: number) => {
    units[length] = unit & 0xff;
    units[length + 1] = unit >> 8;
    length += 2;
  };
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at]!;
    if (byte === 0x1b) {
      const code = readEscape(bytes, at)!;
      state = code.state;
      at += code.length - 1;
    } else if (byte <= 0x20 || byte >= 0x80) put(byte < 0x80 ? byte : 0x3f);
    else if (state === 'ascii' || state === 'roman') put(byte);
    else if (state === 'double') {
      at += 1;
      const row = byte - 0x21;
      const cell = bytes[at]! - 0x21;
      const unit = row < 94 && cell >= 0 && cell < 94 ? table[row * 94 + cell]! : 0;
      if (unit === 0) return decodeAsShiftJis(bytes);
      put(unit);
    } else if (state === 'kana' && byte < 0x60) put(0xff40 + byte);
    else return decodeAsShiftJis(bytes);
  }
  return units.toString('utf16le', 0, length);
}

function decodeAsShiftJis(bytes: Buffer): string {
  const shift = Buffer.allocUnsafe(bytes.length);
  let length = 0;
  let state: JisState = 'ascii';
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at]!;
    const code = byte === 0x1b ? readEscape(bytes, at) : undefined;
    if (code) {
      state = code.state;
      at += code.length - 1;
    } else if (byte <= 0x20 || byte >= 0x80) shift[length++] = byte < 0x80 ? byte : 0x3f;
    else if (state === 'kana') shift[length++] = byte + 0x80;
    else if (state === 'double' && at + 1 < bytes.length) {
      at += 1;
      length = putShiftJisPair(shift, length, byte, bytes[at]!);
    } else if (state === 'supplement' && at + 1 < bytes.length) {
      shift[length++] = 0x81;
      shift[length++] = 0xac;
      at += 1;
    } else shift[length++] = byte;
  }
  return iconv.decode(shift.subarray(0, length), 'cp932');
}

/**
 * JIS X 0208 row and cell (as 7-bit bytes) to Shift_JIS; CP932's rows 13 and 89–92 and 115–119 follow the same sum.
 * @returns the offset behind the pair
 */
function putShiftJisPair(target: Buffer, at: number, first: number, second: number): number {
  const row = (first - 0x21) >> 1;
  target[at] = row + (row < 0x1f ? 0x81 : 0xc1);
  target[at + 1] = second + (first & 1 ? (second < 0x60 ? 0x1f : 0x20) : 0x7e);
  return at + 2;
}

/** Our own lines in the charsets of mail: a handful, since they hold nothing of a message. */
const encoded = new Map<string, Buffer | undefined>();

/**
 * Encodes a line of OURS, the same for every message, for a part's charset; it is remembered.
 * @returns as `encodeText`
 */
export function encodeLine(charset: Charset, line: string): Buffer | undefined {
  const key = `${charset.name} ${charset.kind} ${charset.truthful} ${line}`;
  if (encoded.has(key)) return encoded.get(key);
  const bytes = encodeText(charset, line);
  if (encoded.size >= MOST_KNOWN) encoded.clear();
  encoded.set(key, bytes);
  return bytes;
}

/**
 * Encodes text of OURS for a part's charset.
 * @returns the bytes, beginning and ending in ASCII state; undefined where a character has no place in it
 */
export function encodeText(charset: Charset, text: string): Buffer | undefined {
  if (/^[\x09\x0a\x0d\x20-\x7e]*$/.test(text)) return Buffer.from(text, 'latin1');
  if (!charset.truthful) return undefined;
  switch (charset.kind) {
    case 'utf-8':
      return Buffer.from(text, 'utf8');
    case 'iso-2022-jp':
      return encodeIso2022Jp(text);
    case 'shift_jis':
    case 'euc-jp':
    case 'gb18030':
    case 'ascii-superset':
      return encodeSingly(charset.name, text);
    case 'unsafe':
      return undefined;
  }
}

function encodeIso2022Jp(text: string): Buffer | undefined {
  try {
    const jis = encodingJapanese.convert(encodingJapanese.stringToCode(text), {
      from: 'UNICODE',
      to: 'JIS',
      fallback: 'error',
    });
    const bytes = Buffer.from(jis);
    return decodeIso2022Jp(bytes) === text ? bytes : undefined;
  } catch {
    return undefined;
  }
}

function encodeSingly(name: string, text: string): Buffer | undefined {
  if (name === 'us-ascii' || !iconv.encodingExists(name)) return undefined;
  const bytes = iconv.encode(text, name);
  return iconv.decode(bytes, name) === text ? bytes : undefined;
}
