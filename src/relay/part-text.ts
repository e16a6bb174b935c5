import { type Masked, maskNonAscii } from './ascii-mask.js';
import { type Charset, decodeText, examineCharset } from './charset.js';
import { type HtmlLine, type HtmlOutline, outlineHtml } from './html-outline.js';
import type { MimePart, MimeStructure } from './mime.js';
import { newestEnd, originalStart, plainLines } from './newest.js';
import { type DecodedBody, decodeBody } from './transfer.js';

/** A text part read in full: its bytes without transfer encoding, what is ASCII in them, and its lines. */
export type PartText = Readonly<{
  part: MimePart;
  body: DecodedBody;
  charset: Charset;
  masked: Masked;
  /** The masked bytes as Latin-1: one character for each byte. */
  latin: string;
  unicode: string;
  lines: readonly HtmlLine[];
  /** How many lines, from the top, are the newest text. */
  newest: number;
  /** From which line on everything belongs to an earlier message. */
  original: number;
  outline: HtmlOutline | undefined;
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
  const unicode = decodeText(charset.name, body.bytes);
  const common = { part, body, charset, masked, latin, unicode };
  const outline = part.type === 'text/html' ? outlineHtml(latin) : undefined;
  const lines = outline ? readableLines(outline, latin, unicode) : textLinesWithOffsets(latin, unicode);
  return { ...common, lines, newest: newestEnd(lines), original: originalStart(lines), outline };
}

/** Offsets come from the bytes, words from the decoded text; both have the same line feeds, else bytes win. */
function textLinesWithOffsets(latin: string, unicode: string): HtmlLine[] {
  const places = plainLines(latin);
  const readable = plainLines(unicode);
  const lines = readable.length === places.length ? readable : places;
  let at = 0;
  return latin.split('\n').map((line, index) => {
    const placed = { ...lines[index]!, start: at, at };
    at += line.length + 1;
    return placed;
  });
}

function readableLines(outline: HtmlOutline, latin: string, unicode: string): readonly HtmlLine[] {
  if (unicode === latin) return outline.lines;
  const readable = outlineHtml(unicode).lines;
  if (readable.length !== outline.lines.length) return [...outline.lines];
  return readable.map((line, index) => ({
    ...line,
    start: outline.lines[index]!.start,
    at: outline.lines[index]!.at,
  }));
}

/** The editable parts of a tree, in order; never inside signed, encrypted or attached messages. */
export function editableParts(part: MimePart): MimePart[] {
  if (part.type === 'multipart/signed' || part.type === 'multipart/encrypted') return [];
  return part.editable && part.children.length === 0 ? [part] : part.children.flatMap(editableParts);
}
