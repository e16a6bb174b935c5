import { createBytes, type GrowingBytes } from './mime-bytes.js';
import { describePart, emptyPart, type MimeDefect, type MimePart, type MimeStructure } from './mime-part.js';

export type { MimeDefect, MimePart, MimeStructure } from './mime-part.js';

/** Bounds of memory and work; sizes in bytes. */
export type ScanLimits = Readonly<{
  /** One header section; more makes the message `header-too-large`. */
  headerSection: number;
  /** All header sections together. */
  headerTotal: number;
  /** Raw bytes kept of one text part; more are dropped and the part is `tooLarge`. */
  textPart: number;
  /** Raw bytes kept of all text parts together. */
  textTotal: number;
  depth: number;
  parts: number;
}>;

const DEFAULT_LIMITS: ScanLimits = {
  headerSection: 262_144,
  headerTotal: 1_048_576,
  textPart: 1_048_576,
  textTotal: 4_194_304,
  depth: 20,
  parts: 500,
};

/** A boundary has ≤ 70 characters (RFC 2046 §5.1.1); senders go further, and transport may pad with blanks. */
const LONGEST_DELIMITER = 1_000;

const LF = 0x0a;
const CR = 0x0d;
const HYPHEN = 0x2d;

type OpenPart = {
  part: MimePart;
  parent: OpenPart | undefined;
  depth: number;
  boundary: string | undefined;
  defaultType: string;
  kept: GrowingBytes | undefined;
  /** Whether a delimiter line of its own has been seen; and whether the closing one has. */
  opened: boolean;
  closed: boolean;
};

type Scan = {
  limits: ScanLimits;
  offset: number;
  lineStart: number;
  /** The beginning of a line whose end is in a later chunk. */
  line: GrowingBytes;
  /** The last byte before `offset`, and whether the line before this one ends in CRLF (2), LF (1) or is none (0). */
  lastByte: number;
  previousEol: number;
  inHeader: boolean;
  header: GrowingBytes;
  headerStart: number;
  headerTotal: number;
  textTotal: number;
  partCount: number;
  current: OpenPart;
  root: OpenPart;
  eol: string | undefined;
  defects: Set<MimeDefect>;
};

export type MessageScanner = { push(chunk: Buffer): void; end(): MimeStructure };

/**
 * Scans a message as it arrives, in chunks of any size, and gives its part tree with byte offsets
 * (RFC 2045, RFC 2046). Memory is bounded by the limits whatever the message's size: header sections and the
 * raw bytes of text parts are kept, attachments never. Never throws; what is wrong stands in `defects`.
 */
export function createMessageScanner(limits: Partial<ScanLimits> = {}): MessageScanner {
  const scan = newScan({ ...DEFAULT_LIMITS, ...limits });
  return {
    push: (chunk) => pushChunk(scan, chunk),
    end: () => finish(scan),
  };
}

/** Scans a whole message at once. */
export function scanMessage(message: Buffer, limits: Partial<ScanLimits> = {}): MimeStructure {
  const scanner = createMessageScanner(limits);
  scanner.push(message);
  return scanner.end();
}

function newScan(limits: ScanLimits): Scan {
  const root = openPart(undefined, 0, 'text/plain', 0);
  return {
    limits,
    offset: 0,
    lineStart: 0,
    line: createBytes(LONGEST_DELIMITER),
    lastByte: -1,
    previousEol: 0,
    inHeader: true,
    header: createBytes(limits.headerSection),
    headerStart: 0,
    headerTotal: 0,
    textTotal: 0,
    partCount: 1,
    current: root,
    root,
    eol: undefined,
    defects: new Set(),
  };
}

function openPart(parent: OpenPart | undefined, at: number, defaultType: string, depth: number): OpenPart {
  return {
    part: emptyPart(at, defaultType),
    parent,
    depth,
    boundary: undefined,
    defaultType,
    kept: undefined,
    opened: false,
    closed: false,
  };
}

/**
 * Takes a chunk line by line, but looks only at lines that can mean something: all in a header section, and those that
 * begin with two hyphens in a body.
 */
function pushChunk(scan: Scan, chunk: Buffer): void {
  const taken: Taken = { chunk, base: scan.offset, from: 0 };
  let at = 0;
  if (scan.offset > scan.lineStart) at = finishLine(scan, taken);
  while (at < chunk.length) {
    if (!scan.inHeader) {
      const next = nextCandidate(chunk, at);
      if (next > at) passLines(scan, taken, next);
      at = next;
      if (at >= chunk.length) break;
    }
    const lineFeed = chunk.indexOf(LF, at);
    if (lineFeed < 0) break;
    endLine(scan, taken, lineFeed, chunk.subarray(at, Math.min(lineFeed + 1, at + LONGEST_DELIMITER)));
    at = lineFeed + 1;
  }
  if (at < chunk.length) scan.line.add(chunk.subarray(at));
  keep(scan, taken, chunk.length);
  scan.offset = taken.base + chunk.length;
  if (chunk.length > 0) scan.lastByte = chunk[chunk.length - 1]!;
}

/** A chunk, its offset in the message, and from where on its bytes are not kept yet. */
type Taken = { readonly chunk: Buffer; readonly base: number; from: number };

/** The line that began in an earlier chunk. @returns the offset behind it, or the chunk's end */
function finishLine(scan: Scan, taken: Taken): number {
  const lineFeed = taken.chunk.indexOf(LF);
  const end = lineFeed < 0 ? taken.chunk.length : lineFeed + 1;
  scan.line.add(taken.chunk.subarray(0, end));
  if (lineFeed < 0) {
    keep(scan, taken, end);
    scan.offset = taken.base + end;
    if (end > 0) scan.lastByte = taken.chunk[end - 1]!;
    return end;
  }
  endLine(scan, taken, lineFeed, scan.line.bytes());
  scan.line.clear();
  return end;
}

/** In a body: the next line that begins with two hyphens, or that the chunk does not hold whole. */
function nextCandidate(chunk: Buffer, from: number): number {
  if (chunk[from] === HYPHEN && (from + 1 >= chunk.length || chunk[from + 1] === HYPHEN)) return from;
  const found = chunk.indexOf('\n--', from, 'latin1');
  if (found >= 0) return found + 1;
  return Math.max(from, chunk.lastIndexOf(LF) + 1);
}

/** Lines that mean nothing, up to `to`, the beginning of a line. */
function passLines(scan: Scan, { chunk, base }: Taken, to: number): void {
  scan.previousEol = eolBefore(scan, chunk, to - 1);
  scan.eol ??= firstEol(scan, chunk);
  scan.lineStart = base + to;
}

function firstEol(scan: Scan, chunk: Buffer): string {
  return eolBefore(scan, chunk, chunk.indexOf(LF)) === 2 ? '\r\n' : '\n';
}

/** The length of the line end whose LF stands at that place of the chunk. */
function eolBefore(scan: Scan, chunk: Buffer, lineFeed: number): 1 | 2 {
  return (lineFeed > 0 ? chunk[lineFeed - 1] : scan.lastByte) === CR ? 2 : 1;
}

/** Keeps the bytes up to `to` where those of the current header section or text part are wanted. */
function keep(scan: Scan, taken: Taken, to: number): void {
  const kept = scan.inHeader ? scan.header : scan.current.kept;
  if (kept && to > taken.from) kept.add(taken.chunk.subarray(taken.from, to));
  taken.from = to;
}

/** Called with each complete line that may mean something; `text` is its beginning. */
function endLine(scan: Scan, taken: Taken, lineFeed: number, text: Buffer): void {
  keep(scan, taken, lineFeed + 1);
  scan.offset = taken.base + lineFeed + 1;
  takeLine(scan, text, eolBefore(scan, taken.chunk, lineFeed));
}

/** `eol` is the length of the line's end, 0 for a last line without one. */
function takeLine(scan: Scan, text: Buffer, eol: number): void {
  if (eol > 0) scan.eol ??= eol === 2 ? '\r\n' : '\n';
  const delimiter = text[0] === HYPHEN && text[1] === HYPHEN && matchDelimiter(scan, text);
  if (delimiter) crossDelimiter(scan, delimiter, eol);
  else if (scan.inHeader && scan.offset - scan.lineStart === eol)
    endHeader(scan, scan.lineStart, scan.offset);
  scan.previousEol = eol;
  scan.lineStart = scan.offset;
}

type Delimiter = { owner: OpenPart; closing: boolean };

/**
 * RFC 2046 §5.1.1: the whole line is `--boundary`, perhaps `--`, perhaps blanks; inner boundaries come first.
 * A line that begins like a delimiter without being one, or is one of two parts, is read differently by readers.
 */
function matchDelimiter(scan: Scan, line: Buffer): Delimiter | undefined {
  const first = scan.inHeader ? scan.current.parent : scan.current;
  if (!mayBeDelimiter(first, line)) return undefined;
  const text = withoutTrailingBlanks(line.toString('latin1'));
  let near = false;
  let found: Delimiter | undefined;
  for (let owner: OpenPart | undefined = first; owner; owner = owner.parent) {
    if (owner.boundary === undefined || owner.closed) continue;
    const mark = `--${owner.boundary}`;
    if (!text.startsWith(mark)) continue;
    const closing = text === `${mark}--`;
    if (!closing && text !== mark) near = true;
    else if (found) scan.defects.add('ambiguous-boundary');
    else found = { owner, closing };
  }
  if (near && !found) scan.defects.add('ambiguous-boundary');
  return found;
}

/** Most lines of hyphens differ in the first character already. */
function mayBeDelimiter(first: OpenPart | undefined, line: Buffer): boolean {
  for (let owner = first; owner; owner = owner.parent) {
    if (!owner.closed && owner.boundary?.charCodeAt(0) === line[2]) return true;
  }
  return false;
}

function withoutTrailingBlanks(text: string): string {
  let end = text.length;
  while (end > 0 && ' \t\r\n'.includes(text[end - 1]!)) end -= 1;
  return text.slice(0, end);
}

function crossDelimiter(scan: Scan, { owner, closing }: Delimiter, eol: number): void {
  const end = Math.max(scan.lineStart - scan.previousEol, 0);
  if (scan.inHeader) {
    endHeader(scan, scan.lineStart, scan.lineStart);
  }
  for (let part = scan.current; part !== owner; part = part.parent!) closePart(scan, part, end);
  owner.opened = true;
  owner.closed = closing;
  scan.current = owner;
  if (closing || scan.partCount >= scan.limits.parts) {
    if (!closing) scan.defects.add('too-many-parts');
    return;
  }
  scan.partCount += 1;
  const kind = owner.part.type === 'multipart/digest' ? 'message/rfc822' : 'text/plain';
  const child = openPart(owner, scan.offset, kind, owner.depth + 1);
  scan.current = child;
  scan.inHeader = true;
  scan.headerStart = scan.offset;
  scan.header.clear();
  if (eol === 0) endHeader(scan, scan.offset, scan.offset);
}

function endHeader(scan: Scan, headerEnd: number, bodyStart: number): void {
  const open = scan.current;
  const bytes = scan.header.bytes().subarray(0, headerEnd - scan.headerStart);
  scan.headerTotal += bytes.length;
  if (headerEnd === bodyStart) scan.defects.add('header-unterminated');
  if (scan.header.overflowed() || scan.headerTotal > scan.limits.headerTotal)
    scan.defects.add('header-too-large');
  open.part = describePart(bytes, scan.headerStart, bodyStart, open.defaultType);
  for (const defect of open.part.defects) scan.defects.add(defect);
  scan.inHeader = false;
  if (open.parent) (open.parent.part.children as MimePart[]).push(open.part);
  if (open.part.type.startsWith('multipart/')) openMultipart(scan, open);
  else if (open.part.editable) open.kept = createBytes(roomForText(scan));
  scan.header.clear();
}

function openMultipart(scan: Scan, open: OpenPart): void {
  const boundary = open.part.parameters.boundary?.trimEnd();
  if (!boundary) scan.defects.add('no-boundary');
  else if (open.depth >= scan.limits.depth) scan.defects.add('too-deep');
  else open.boundary = Buffer.from(boundary, 'utf8').toString('latin1');
}

function roomForText(scan: Scan): number {
  return Math.max(0, Math.min(scan.limits.textPart, scan.limits.textTotal - scan.textTotal));
}

function closePart(scan: Scan, open: OpenPart, end: number): void {
  const { part } = open;
  part.bodyEnd = Math.max(end, part.bodyStart);
  if (open.kept) {
    const length = part.bodyEnd - part.bodyStart;
    part.tooLarge = open.kept.length() < length;
    if (!part.tooLarge) part.raw = open.kept.bytes().subarray(0, length);
    scan.textTotal += part.tooLarge ? 0 : length;
    open.kept = undefined;
  }
  if (open.boundary === undefined) return;
  if (!open.opened) scan.defects.add('boundary-never-seen');
  else if (!open.closed) scan.defects.add('unclosed-multipart');
}

function finish(scan: Scan): MimeStructure {
  if (scan.offset > scan.lineStart) takeLine(scan, scan.line.bytes(), 0);
  if (scan.inHeader) endHeader(scan, scan.offset, scan.offset);
  for (let open: OpenPart | undefined = scan.current; open; open = open.parent) {
    closePart(scan, open, scan.offset);
  }
  return { root: scan.root.part, size: scan.offset, eol: scan.eol ?? '\r\n', defects: [...scan.defects] };
}
