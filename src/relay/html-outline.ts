import { type HtmlToken, type HtmlTokens, readHtml } from './html.js';
import type { ReadLine } from './newest.js';

/**
 * A visible line. `start` is the offset behind what broke the line before; `at` the offset at which a block can
 * stand above it, undefined where none can.
 */
export type HtmlLine = ReadLine & Readonly<{ start: number; at: number | undefined }>;

export type HtmlOutline = Readonly<{
  lines: readonly HtmlLine[];
  /** Where a block can stand below everything: before the last `</body>`, else `</html>`, else the end. */
  end: number | undefined;
  tokens: readonly HtmlToken[];
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
const IMPLIED_END: Readonly<Record<string, readonly string[]>> = {
  li: ['li'],
  dt: ['dt', 'dd'],
  dd: ['dt', 'dd'],
  td: ['td', 'th'],
  th: ['td', 'th'],
  tr: ['td', 'th', 'tr'],
  tbody: ['td', 'th', 'tr', 'thead', 'tbody'],
};
const QUOTE_CLASS =
  /(^|\s)(gmail_quote|gmail_extra|yahoo_quoted|moz-cite-prefix|OutlookMessageHeader|protonmail_quote)(\s|$)/i;
const QUOTE_ID = /^(divRplyFwdMsg|appendonsend|reply-intro|mail-editor-reference-message-container)$/i;
const SIGNATURE_CLASS =
  /(^|\s)(gmail_signature|moz-signature|signature|email-signature|mail-signature)(\s|$)/i;

type Walk = {
  stack: Element[];
  open: Map<string, number>;
  lines: HtmlLine[];
  text: string;
  start: number;
  at: number | undefined;
  begun: boolean;
  belowHeader: boolean;
};

/** What a person sees of an HTML text, line by line, with the places where a block can stand. */
export function outlineHtml(html: string): HtmlOutline {
  const read = readHtml(html);
  const walk: Walk = {
    stack: [],
    open: new Map(),
    lines: [],
    text: '',
    start: 0,
    at: undefined,
    begun: false,
    belowHeader: false,
  };
  for (const token of read.tokens) step(walk, token, html);
  breakLine(walk, html.length);
  return { lines: walk.lines, end: endPosition(read, html.length), tokens: read.tokens };
}

function endPosition({ tokens, endsOpen }: HtmlTokens, length: number): number | undefined {
  const body = tokens.findLast((token) => token.kind === 'end' && token.name === 'body');
  const html = tokens.findLast((token) => token.kind === 'end' && token.name === 'html');
  return body?.start ?? html?.start ?? (endsOpen ? length : undefined);
}

function step(walk: Walk, token: HtmlToken, html: string): void {
  switch (token.kind) {
    case 'text':
      takeText(walk, token, html);
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
  for (const name of IMPLIED_END[token.name] ?? []) {
    if (walk.stack.at(-1)?.name === name) pop(walk);
  }
  if (BLOCK.has(token.name) && walk.stack.at(-1)?.name === 'p') pop(walk);
  const parent = walk.stack.at(-1);
  const value = (name: string) => token.attributes.find((one) => one.name === name)?.value ?? '';
  const quoted =
    token.name === 'blockquote' ||
    QUOTE_CLASS.test(value('class')) ||
    QUOTE_ID.test(value('id').replace(/^x_/, ''));
  const hidden = HIDDEN.has(token.name) || /display\s*:\s*none/i.test(value('style'));
  walk.belowHeader ||= QUOTE_ID.test(value('id').replace(/^x_/, ''));
  const signature = SIGNATURE_CLASS.test(value('class'));
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
  begin(walk, token.start);
  fill(walk);
}

function takeText(walk: Walk, token: Extract<HtmlToken, { kind: 'text' }>, html: string): void {
  if (walk.stack.at(-1)?.hidden) return;
  const raw = html.slice(token.start, token.end).split('\n');
  const lines = token.text.split('\n');
  if ((walk.open.get('pre') ?? 0) === 0 || raw.length !== lines.length) {
    addText(walk, token.text.replace(/[ \t\r\n]+/g, ' '), token.start);
    return;
  }
  let at = token.start;
  for (const [index, line] of lines.entries()) {
    if (index > 0) breakLine(walk, at);
    addText(walk, line, at);
    at += raw[index]!.length + 1;
  }
}

function addText(walk: Walk, text: string, start: number): void {
  if (!walk.begun && text.trim() === '') return;
  begin(walk, start);
  walk.text += text;
  if (text.trim() !== '') fill(walk);
}

function begin(walk: Walk, start: number): void {
  if (walk.begun) return;
  walk.begun = true;
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
  const quoted = (top?.quoted ?? walk.belowHeader) || /^\s*[>＞]/.test(walk.text);
  const { text, start, at } = walk;
  walk.lines.push({ text, quoted, signature: top?.signature ?? false, start, at });
  walk.start = next;
  walk.text = '';
  walk.at = undefined;
  walk.begun = false;
}
