import { attributeValue, type HtmlToken, type HtmlTokens, readHtml, type TextToken, textOf } from './html.js';
import { createReferences, type References } from './html-references.js';
import type { ReadLine } from './newest.js';

/**
 * A visible line. `start` is the offset behind what broke the line before; `at` the offset at which a block can
 * stand above it, undefined where none can.
 */
export type HtmlLine = ReadLine & Readonly<{ start: number; at: number | undefined }>;

export type HtmlOutline = Readonly<{
  lines: readonly HtmlLine[];
  /**
   * Where a block can stand below everything: before the last `</body>`, else `</html>`, else the end; undefined where that
   * is within a quote that was never closed, since what stands in a quote does not count as inserted.
   */
  end: number | undefined;
  tokens: readonly HtmlToken[];
  /** Whether it took the full parser, whose tokens keep their own text. */
  parsed: boolean;
}>;

type Element = {
  name: string;
  start: number;
  filled: boolean;
  quoted: boolean;
  signature: boolean;
  hidden: boolean;
  /** Place in the stack of the outermost signature or quote that holds it. */
  region: number | undefined;
  inLink: boolean;
};

const VOID = new Set('area base br col embed hr img input link meta param source track wbr'.split(' '));
const HIDDEN = new Set(
  'head script style title template noscript textarea select object svg math'.split(' '),
);
const BLOCK = new Set(
  'address article aside blockquote body center dd details dir div dl dt fieldset figure footer form h1 h2 h3 h4 h5 h6 header hr html li main menu nav ol p pre section table tbody td tfoot th thead tr ul'.split(
    ' ',
  ),
);
/** Elements that hold a block themselves: it goes inside them, at their beginning, never in front of them. */
const HOLDERS = new Set(['html', 'body', 'td', 'th']);
/** Content model without flow content, or with no place for a table and a link (HTML §4). */
const CLOSED = new Set([
  'table',
  'tbody',
  'thead',
  'tfoot',
  'tr',
  'colgroup',
  'ul',
  'ol',
  'dl',
  'a',
  'button',
  'caption',
]);
/** What an opening tag closes without saying so (HTML §13.1.2.4), as far as mails rely on it. */
const IMPLIED_END: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries({
    li: ['li'],
    dt: ['dt', 'dd'],
    dd: ['dt', 'dd'],
    td: ['td', 'th'],
    th: ['td', 'th'],
    tr: ['td', 'th', 'tr'],
    tbody: ['td', 'th', 'tr', 'thead', 'tbody'],
  }),
);
const QUOTE_CLASS =
  /(^|[\t\n\f\r ])(gmail_quote|gmail_extra|yahoo_quoted|moz-cite-prefix|OutlookMessageHeader|protonmail_quote)([\t\n\f\r ]|$)/i;
const QUOTE_ID = /^(divRplyFwdMsg|appendonsend|reply-intro|mail-editor-reference-message-container)$/i;
const SIGNATURE_CLASS =
  /(^|[\t\n\f\r ])(gmail_signature|moz-signature|signature|email-signature|mail-signature)([\t\n\f\r ]|$)/i;

/** The characters that the bytes from one offset to another spell; the bytes themselves where it is ASCII. */
export type WordsOf = (from: number, to: number) => string;

type Walk = {
  html: string;
  wordsOf: WordsOf | undefined;
  references: References;
  stack: Element[];
  open: Map<string, number>;
  lines: HtmlLine[];
  text: string;
  start: number;
  at: number | undefined;
  /** Whether the line shows something: in its bytes, and in its words (a wide blank is none in words only). */
  placed: boolean;
  begun: boolean;
  belowHeader: boolean;
};

/**
 * What a person sees of an HTML text, line by line, with the places where a block can stand.
 * @param html one character for each byte, so that offsets are those of the bytes
 * @param wordsOf what the bytes spell, where that is not what they are; `undefined` where `html` is read as it is
 * @returns undefined where there is too much of it to be read at once
 */
export function outlineHtml(html: string, wordsOf?: WordsOf): HtmlOutline | undefined {
  const read = readHtml(html);
  if (!read) return undefined;
  const walk: Walk = {
    html,
    wordsOf,
    references: createReferences(),
    stack: [],
    open: new Map(),
    lines: [],
    text: '',
    start: 0,
    at: undefined,
    placed: false,
    begun: false,
    belowHeader: false,
  };
  const end = endPosition(read, html.length);
  let quotedEnd = false;
  for (const token of read.tokens) {
    if (token.start === end) quotedEnd = isQuoted(walk);
    step(walk, token);
  }
  if (end === html.length) quotedEnd = isQuoted(walk);
  breakLine(walk, html.length);
  const { tokens, parsed } = read;
  return { lines: walk.lines, end: quotedEnd ? undefined : end, tokens, parsed };
}

/** Whether what stands here is taken for a quote: in one, or in one that was never closed. */
function isQuoted({ stack, belowHeader }: Walk): boolean {
  return stack.at(-1)?.quoted ?? belowHeader;
}

function endPosition({ tokens, endsOpen }: HtmlTokens, length: number): number | undefined {
  const body = tokens.findLast((token) => token.kind === 'end' && token.name === 'body');
  const html = tokens.findLast((token) => token.kind === 'end' && token.name === 'html');
  return body?.start ?? html?.start ?? (endsOpen ? length : undefined);
}

function step(walk: Walk, token: HtmlToken): void {
  switch (token.kind) {
    case 'text':
      takeText(walk, token);
      return;
    case 'start':
      if (token.name === 'br') breakLine(walk, token.end);
      else if (BLOCK.has(token.name)) breakLine(walk, token.start);
      if (VOID.has(token.name)) takeVoid(walk, token);
      else openElement(walk, token);
      return;
    case 'end':
      if (BLOCK.has(token.name)) breakLine(walk, token.end);
      closeElement(walk, token.name);
  }
}

function openElement(walk: Walk, token: Extract<HtmlToken, { kind: 'start' }>): void {
  for (const name of IMPLIED_END.get(token.name) ?? []) {
    if (walk.stack.at(-1)?.name === name) pop(walk);
  }
  if (BLOCK.has(token.name) && walk.stack.at(-1)?.name === 'p') pop(walk);
  const parent = walk.stack.at(-1);
  const value = (name: string) =>
    token.attributes.length === 0 ? '' : attributeValue(walk.html, token.attributes, name, walk.references);
  const kind = value('class');
  const header = QUOTE_ID.test(value('id').replace(/^x_/, ''));
  const quoted = token.name === 'blockquote' || header || QUOTE_CLASS.test(kind);
  const hidden = HIDDEN.has(token.name) || /display[\t\n\f\r ]*:[\t\n\f\r ]*none/i.test(value('style'));
  walk.belowHeader ||= header;
  const signature = SIGNATURE_CLASS.test(kind);
  walk.stack.push({
    name: token.name,
    region: parent?.region ?? (quoted || signature ? walk.stack.length : undefined),
    start: token.start,
    filled: false,
    quoted: quoted || (parent?.quoted ?? false) || walk.belowHeader,
    signature: signature || (parent?.signature ?? false),
    hidden: hidden || (parent?.hidden ?? false),
    inLink: token.name === 'a' || (parent?.inLink ?? false),
  });
  walk.open.set(token.name, (walk.open.get(token.name) ?? 0) + 1);
}

function closeElement(walk: Walk, name: string): void {
  if ((walk.open.get(name) ?? 0) === 0) return;
  let closed: Element | undefined;
  do closed = pop(walk);
  while (closed && closed.name !== name);
}

function pop(walk: Walk): Element | undefined {
  const element = walk.stack.pop();
  if (element) walk.open.set(element.name, walk.open.get(element.name)! - 1);
  return element;
}

function takeVoid(walk: Walk, token: Extract<HtmlToken, { kind: 'start' }>): void {
  if (token.name !== 'img' || walk.stack.at(-1)?.hidden) return;
  place(walk, token.start);
  walk.begun = true;
  fill(walk);
}

function takeText(walk: Walk, token: TextToken): void {
  if (walk.stack.at(-1)?.hidden) return;
  const source = walk.html.slice(token.start, token.end);
  const text = textOf(source, token, walk.references);
  const isAscii = !walk.wordsOf || !/[^\x00-\x7f]/.test(source);
  const words = isAscii ? text : textOf(walk.wordsOf!(token.start, token.end), token, walk.references);
  if ((walk.open.get('pre') ?? 0) === 0 || !takeLines(walk, token, source, text, words)) {
    addText(walk, text, words.replace(/[ \t\r\n]+/g, ' '), token.start);
  }
}

/** Preformatted text; false where a line end is not written as one. */
function takeLines(walk: Walk, token: TextToken, source: string, text: string, words: string): boolean {
  const raw = source.split('\n');
  const shown = text.split('\n');
  const lines = words.split('\n');
  if (raw.length !== shown.length || raw.length !== lines.length) return false;
  let at = token.start;
  for (const [index, line] of lines.entries()) {
    if (index > 0) breakLine(walk, at);
    addText(walk, shown[index]!, line, at);
    at += raw[index]!.length + 1;
  }
  return true;
}

function addText(walk: Walk, text: string, words: string, start: number): void {
  const readable = words.trim() !== '';
  if (words === text ? readable : text.trim() !== '') {
    place(walk, start);
    fill(walk);
  }
  if (!walk.begun && !readable) return;
  walk.begun = true;
  walk.text += words;
}

function place(walk: Walk, start: number): void {
  if (walk.placed) return;
  walk.placed = true;
  walk.at = safePosition(walk.stack, start);
}

function fill(walk: Walk): void {
  for (let at = walk.stack.length - 1; at >= 0 && !walk.stack[at]!.filled; at -= 1)
    walk.stack[at]!.filled = true;
}

/**
 * In front of every element that the line begins, and in any case in front of a signature or quote; inside a
 * cell or the body, behind its opening tag.
 */
function safePosition(stack: readonly Element[], start: number): number | undefined {
  const region = stack.at(-1)?.region;
  const enters = region !== undefined && !stack[region]!.filled;
  let position = enters ? stack[region]!.start : start;
  let at = enters ? region - 1 : stack.length - 1;
  while (at >= 0 && !stack[at]!.filled && !HOLDERS.has(stack[at]!.name)) {
    position = stack[at]!.start;
    at -= 1;
  }
  const holder = stack[at];
  return holder?.inLink || CLOSED.has(holder?.name ?? '') ? undefined : position;
}

function breakLine(walk: Walk, next: number): void {
  const top = walk.stack.at(-1);
  const quoted = isQuoted(walk) || /^\s*[>＞]/.test(walk.text);
  const { text, start, at } = walk;
  walk.lines.push({ text, quoted, signature: top?.signature ?? false, start, at });
  walk.start = next;
  walk.text = '';
  walk.at = undefined;
  walk.placed = false;
  walk.begun = false;
}
