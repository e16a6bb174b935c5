import { decodeText } from './charset.js';

/** One header field. `start` to `end` are offsets in the message and include the field's last line end. */
export type HeaderField = Readonly<{
  /** Field name as written. */
  name: string;
  /** Field name in lower case. */
  key: string;
  /** Field body, unfolded (RFC 5322 §2.2.3), trimmed, bytes as Latin-1. */
  value: string;
  start: number;
  end: number;
}>;

export type HeaderSection = Readonly<{ fields: readonly HeaderField[]; garbage: boolean }>;

/** A structured field body: the token before the first `;`, in lower case, and its parameters (RFC 2045 §5.1). */
export type Parameterised = Readonly<{ token: string; parameters: Readonly<Record<string, string>> }>;

/**
 * Splits a header section into its fields.
 * @param bytes the section without the empty line that ends it
 * @param base offset of the section in the message
 * @returns the fields; `garbage` where a line is neither a field nor the continuation of one
 */
export function parseHeaderSection(bytes: Buffer, base: number): HeaderSection {
  const section = bytes.toString('latin1');
  const fields: HeaderField[] = [];
  let garbage = false;
  let at = 0;
  while (at < section.length) {
    const end = endOfField(section, at);
    const nameEnd = endOfFieldName(section, at);
    const colon = skipBlanks(section, nameEnd);
    if (nameEnd > at && section.charCodeAt(colon) === COLON) {
      const name = section.slice(at, nameEnd);
      const value = unfold(section.slice(colon + 1, end));
      fields.push({ name, key: name.toLowerCase(), value, start: base + at, end: base + end });
    } else if (!(base + at === 0 && /^>?From /.test(section.slice(at, at + 6)))) garbage = true;
    at = end;
  }
  return { fields, garbage };
}

const COLON = 0x3a;

/** A field's name is of printable characters but the colon (RFC 5322 §2.2). */
function endOfFieldName(section: string, from: number): number {
  let at = from;
  for (;;) {
    const code = section.charCodeAt(at);
    if (!(code >= 0x21 && code <= 0x7e) || code === COLON) return at;
    at += 1;
  }
}

function skipBlanks(section: string, from: number): number {
  let at = from;
  while (isBlank(section.charCodeAt(at))) at += 1;
  return at;
}

function isBlank(code: number): boolean {
  return code === 32 || code === 9;
}

function unfold(body: string): string {
  const inside = body.indexOf('\n');
  if (inside < 0 || inside === body.length - 1) return body.trim();
  return body.replace(/\r?\n(?=[ \t])/g, '').trim();
}

function endOfField(section: string, from: number): number {
  let at = from;
  for (;;) {
    const lineFeed = section.indexOf('\n', at);
    if (lineFeed < 0) return section.length;
    at = lineFeed + 1;
    if (!isBlank(section.charCodeAt(at))) return at;
  }
}

/** The first field of that name (lower case), if any. */
export function headerField(fields: readonly HeaderField[], key: string): HeaderField | undefined {
  return fields.find((field) => field.key === key);
}

/**
 * Parses `token; name=value; …` with quoted strings, comments, continuations and charsets
 * (RFC 2045 §5.1, RFC 2231 §3–§4). Parameter names come in lower case, values decoded to Unicode.
 */
export function parseParameters(value: string): Parameterised {
  if (!/[;("]/.test(value)) return { token: value.trim().toLowerCase(), parameters: {} };
  const [head = '', ...rest] = splitUnquoted(stripComments(value));
  const plain = new Map<string, string>();
  const pieces = new Map<string, { index: number; text: string; encoded: boolean }[]>();
  for (const item of rest) {
    const equals = item.indexOf('=');
    if (equals < 0) continue;
    const name = item.slice(0, equals).trim().toLowerCase();
    const text = unquote(item.slice(equals + 1).trim());
    const match = name.includes('*') ? /^([^*]+)\*(\d{1,3})?(\*)?$/.exec(name) : null;
    if (!match) {
      if (!plain.has(name)) plain.set(name, text);
      continue;
    }
    const encoded = match[2] === undefined || match[3] === '*';
    const list = pieces.get(match[1]!) ?? [];
    list.push({ index: Number(match[2] ?? 0), text, encoded });
    pieces.set(match[1]!, list);
  }
  for (const [name, list] of pieces) plain.set(name, joinPieces(list));
  return { token: head.trim().toLowerCase(), parameters: Object.fromEntries(plain) };
}

function joinPieces(list: { index: number; text: string; encoded: boolean }[]): string {
  const sorted = [...list].sort((one, other) => one.index - other.index);
  const first = sorted[0]!;
  const mark = first.encoded ? /^([^']*)'[^']*'/.exec(first.text) : null;
  const bytes = sorted.map((piece, index) => {
    const text = index === 0 && mark ? piece.text.slice(mark[0].length) : piece.text;
    return piece.encoded ? unpercent(text) : Buffer.from(text, 'latin1');
  });
  return mark
    ? decodeText(mark[1] || 'utf-8', Buffer.concat(bytes))
    : Buffer.concat(bytes).toString('latin1');
}

function unpercent(text: string): Buffer {
  const latin = text.replace(/%([0-9a-f]{2})/gi, (_all, hex: string) =>
    String.fromCharCode(parseInt(hex, 16)),
  );
  return Buffer.from(latin, 'latin1');
}

function splitUnquoted(text: string): string[] {
  const parts: string[] = [];
  let quoted = false;
  let from = 0;
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at];
    if (quoted && char === '\\') at += 1;
    else if (char === '"') quoted = !quoted;
    else if (char === ';' && !quoted) {
      parts.push(text.slice(from, at));
      from = at + 1;
    }
  }
  parts.push(text.slice(from));
  return parts;
}

function stripComments(text: string): string {
  if (!text.includes('(')) return text;
  let out = '';
  let depth = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at]!;
    if (char === '\\' && (quoted || depth > 0)) {
      if (depth === 0) out += text.slice(at, at + 2);
      at += 1;
      continue;
    }
    if (char === '"' && depth === 0) quoted = !quoted;
    if (!quoted && char === '(') depth += 1;
    else if (!quoted && char === ')' && depth > 0) depth -= 1;
    else if (depth === 0) out += char;
  }
  return out;
}

function unquote(text: string): string {
  if (!text.startsWith('"')) return text;
  const end = text.length > 1 && text.endsWith('"') ? -1 : undefined;
  return text.slice(1, end).replace(/\\(.)/g, '$1');
}

const ENCODED_WORD = /=\?([^?*\s]+)(?:\*[^?]*)?\?([bq])\?([^?]*)\?=/gi;

/**
 * Decodes encoded words (RFC 2047); adjacent words of one charset are joined before decoding, since senders
 * split inside characters. What is no encoded word is read as UTF-8 where it is valid, else as Latin-1.
 */
export function decodeWords(value: string): string {
  if (!value.includes('=?')) return rawText(value);
  const joined = value.replace(/\?=[ \t]+=\?/g, '?==?');
  let out = '';
  let last = 0;
  let pending: { charset: string; bytes: Buffer[] } | undefined;
  const flush = () => {
    if (pending) out += decodeText(pending.charset, Buffer.concat(pending.bytes));
    pending = undefined;
  };
  for (const match of joined.matchAll(ENCODED_WORD)) {
    if (match.index > last) {
      flush();
      out += rawText(joined.slice(last, match.index));
    }
    const charset = match[1]!.toLowerCase();
    if (pending && pending.charset !== charset) flush();
    pending ??= { charset, bytes: [] };
    pending.bytes.push(wordBytes(match[2]!, match[3]!));
    last = match.index + match[0].length;
  }
  flush();
  return out + rawText(joined.slice(last));
}

function wordBytes(encoding: string, text: string): Buffer {
  if (encoding.toLowerCase() === 'b') return Buffer.from(text, 'base64');
  const latin = text
    .replaceAll('_', ' ')
    .replace(/=([0-9a-f]{2})/gi, (_all, hex: string) => String.fromCharCode(parseInt(hex, 16)));
  return Buffer.from(latin, 'latin1');
}

function rawText(latin: string): string {
  return /[\x80-\xff\x1b]/.test(latin) ? decodeText(undefined, Buffer.from(latin, 'latin1')) : latin;
}
