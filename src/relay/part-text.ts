import { type Masked, maskNonAscii } from './ascii-mask.js';
import { type Charset, decodeText, examineCharset } from './charset.js';
import { type HtmlLine, type HtmlOutline, outlineHtml, type WordsOf } from './html-outline.js';
import type { MimePart, MimeStructure } from './mime.js';
import type { Searchable } from './needle.js';
import { isQuotedLine, newestEnd, originalStart } from './newest.js';
import { type DecodedBody, decodeBody } from './transfer.js';

/** A text part read in full: its bytes without transfer encoding, what is ASCII in them, and its lines. */
export type PartText = Readonly<{
  part: MimePart;
  body: DecodedBody;
  charset: Charset;
  masked: Masked;
  /** The masked bytes as Latin-1: one character for each byte. */
  latin: string;
  /** What the bytes spell. */
  unicode(): string;
  lines: readonly HtmlLine[];
  /** How many lines, from the top, are the newest text. */
  newest: number;
  /** From which line on everything belongs to an earlier message. */
  original: number;
  outline: HtmlOutline | undefined;
  /** What searches have made of it so far. */
  searchable: Searchable;
}>;

export type ReadFailure = 'too-large' | 'unknown-encoding' | 'malformed';

/** What was read of each part: the view and the plan both want it. */
const known = new WeakMap<MimePart, PartText | ReadFailure>();

/** Reads an editable part, once; a failure says why it cannot be read. */
export function readPart(part: MimePart, structure: MimeStructure): PartText | ReadFailure {
  let text = known.get(part);
  if (text === undefined) {
    text = readText(part, structure);
    known.set(part, text);
  }
  return text;
}

/** Lets go of what was read of a message: many times its size, and no longer wanted once its plan is made. */
export function forgetTexts({ root }: MimeStructure): void {
  for (const part of editableParts(root)) known.delete(part);
}

function readText(part: MimePart, structure: MimeStructure): PartText | ReadFailure {
  if (part.tooLarge) return 'too-large';
  if (!part.raw) return 'malformed';
  const body = decodeBody(part.encoding, part.raw, structure.eol);
  if (!body) return part.encoding === 'base64' ? 'malformed' : 'unknown-encoding';
  const charset = examineCharset(part.charset, body.bytes);
  const masked = maskNonAscii(charset.kind, body.bytes);
  const latin = masked.bytes.toString('latin1');
  let decoded: string | undefined;
  const unicode = () => {
    decoded ??= decodeText(charset.name, body.bytes);
    return decoded;
  };
  const searchable = { words: undefined, streams: undefined };
  const common = { part, body, charset, masked, latin, unicode, searchable };
  if (part.type !== 'text/html') {
    const lines = plainLines(latin, unicode());
    return { ...common, lines, newest: newestEnd(lines), original: originalStart(lines), outline: undefined };
  }
  const read = readHtmlLines(latin, charset, body.bytes, unicode);
  if (!read) return 'too-large';
  const { outline, lines } = read;
  return { ...common, lines, newest: newestEnd(lines), original: originalStart(lines), outline };
}

/** Offsets come from the bytes, words from the decoded text; both have the same line feeds, else bytes win. */
function plainLines(latin: string, unicode: string): HtmlLine[] {
  const places = unicode === latin ? undefined : latin.split('\n');
  const readable = unicode.split('\n');
  const lines = places && places.length !== readable.length ? places : readable;
  let at = 0;
  return lines.map((line, index) => {
    const text = line.endsWith('\r') ? line.slice(0, -1) : line;
    const placed = { text, quoted: isQuotedLine(line), signature: false, start: at, at };
    at += (places ? places[index]! : line).length + 1;
    return placed;
  });
}

type HtmlLines = Readonly<{ outline: HtmlOutline; lines: readonly HtmlLine[] }>;

function readHtmlLines(
  latin: string,
  charset: Charset,
  bytes: Buffer,
  unicode: () => string,
): HtmlLines | undefined {
  const wordsOf = wordsBetween(charset, bytes);
  const outline = outlineHtml(latin, wordsOf);
  if (!outline) return undefined;
  if (wordsOf && !outline.parsed) return { outline, lines: outline.lines };
  if (unicode() === latin) return { outline, lines: outline.lines };
  const readable = outlineHtml(unicode())?.lines;
  if (readable?.length !== outline.lines.length) return { outline, lines: outline.lines };
  const lines = readable.map((line, index) => {
    const { start, at } = outline.lines[index]!;
    return { ...line, start, at };
  });
  return { outline, lines };
}

/** Where text between tags can be decoded by itself: `<` and `>` are never part of a character, and leave no state. */
function wordsBetween({ kind, name }: Charset, bytes: Buffer): WordsOf | undefined {
  switch (kind) {
    case 'utf-8':
      return (from, to) => bytes.toString('utf8', from, to);
    case 'shift_jis':
      if (name !== 'cp932') return undefined;
      break;
    case 'gb18030':
    case 'unsafe':
      return undefined;
    case 'iso-2022-jp':
    case 'euc-jp':
    case 'ascii-superset':
      break;
  }
  return (from, to) => decodeText(name, bytes.subarray(from, to));
}

/** The editable parts of a tree, in order; never inside signed, encrypted or attached messages. */
export function editableParts(part: MimePart): MimePart[] {
  if (part.type === 'multipart/signed' || part.type === 'multipart/encrypted') return [];
  return part.editable && part.children.length === 0 ? [part] : part.children.flatMap(editableParts);
}
