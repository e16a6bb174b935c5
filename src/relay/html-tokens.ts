/** An attribute with its place in the source; its value as it is written is `valueFrom` up to `valueEnd`. */
export type HtmlAttribute = Readonly<{
  name: string;
  start: number;
  end: number;
  valueFrom: number;
  valueEnd: number;
}>;

/** A token with its place in the source; references in `literal` text stay as they are. */
export type HtmlToken =
  | Readonly<{
      kind: 'start';
      name: string;
      attributes: readonly HtmlAttribute[];
      start: number;
      end: number;
    }>
  | Readonly<{ kind: 'end'; name: string; start: number; end: number }>
  | Readonly<{
      kind: 'text';
      start: number;
      end: number;
      literal: boolean;
      /** What the full parser read, where it had to. */
      text?: string;
    }>;

export type TextToken = Extract<HtmlToken, { kind: 'text' }>;

export type HtmlTokens = Readonly<{
  tokens: readonly HtmlToken[];
  /** Whether the source ends where text may follow; false inside an open comment, tag, style or script. */
  endsOpen: boolean;
  /** Whether it took the full parser. */
  parsed: boolean;
}>;

/** Beyond this number of attributes in a tag nobody writes mail; such a text gives no tokens. */
export const MOST_ATTRIBUTES = 500;

/** Tags, texts and attributes of one part: 25 times what a newsletter of 30 KB has. More of it would hold up other mails. */
export const MOST_WORK = 50_000;

/** How the content of an element is read, where it is no markup (HTML §13.2.6: what the parser tells the tokeniser). */
type Content = 'references' | 'literal' | 'script' | 'plaintext';

const CONTENT: ReadonlyMap<string, Content> = new Map([
  ['title', 'references'],
  ['textarea', 'references'],
  ['style', 'literal'],
  ['iframe', 'literal'],
  ['xmp', 'literal'],
  ['noembed', 'literal'],
  ['noframes', 'literal'],
  ['noscript', 'literal'],
  ['script', 'script'],
  ['plaintext', 'plaintext'],
]);
/** Written behind the text: when it does not come back as a tag, the text ends inside something. */
export const SENTINEL = 'cr-end-of-part';
const NO_ATTRIBUTES: readonly HtmlAttribute[] = [];
const COMMENT_END = /--!?>/g;
const SCRIPT_MARK = /<!--|-->|<\/?script[\t\n\f\r />]/gi;

const SOLIDUS = 0x2f;
const GREATER = 0x3e;
const EQUALS = 0x3d;
const QUOTE = 0x22;
const APOSTROPHE = 0x27;

type Reading = {
  html: string;
  tokens: HtmlToken[];
  /** Where the text begins that no token has yet; -1 where there is none. */
  textFrom: number;
  literal: boolean;
  attributes: readonly HtmlAttribute[];
  attributeCount: number;
  refusal: Refusal | undefined;
};

/**
 * Why a text gives no tokens: `strange` is for the full parser (drawings and formulas have their own grammar), `overloaded`
 * has a tag with more attributes than anybody writes, `too-large` is more markup than is read at once.
 */
export type Refusal = 'strange' | 'overloaded' | 'too-large';

/**
 * Reads HTML in one pass, by the tokenisation of the HTML standard (§13.2.5), with the offsets of everything.
 */
export function tokenise(html: string): HtmlTokens | Refusal {
  const reading: Reading = {
    html: `${html}<${SENTINEL}>`,
    tokens: [],
    textFrom: -1,
    literal: false,
    attributes: NO_ATTRIBUTES,
    attributeCount: 0,
    refusal: undefined,
  };
  readAll(reading);
  return reading.refusal ?? withoutSentinel(reading.tokens, html.length);
}

/** Only the last token can reach beyond the text. */
export function withoutSentinel(tokens: HtmlToken[], length: number): HtmlTokens {
  const last = tokens.at(-1);
  const endsOpen = last?.kind === 'start' && last.name === SENTINEL && last.start === length;
  if (last && last.end > length) tokens.pop();
  return { tokens, endsOpen, parsed: false };
}

function readAll(reading: Reading): void {
  const { html } = reading;
  let at = 0;
  while (at < html.length) {
    const less = html.indexOf('<', at);
    if (less !== at && reading.textFrom < 0) reading.textFrom = at;
    if (less < 0) return;
    const next = html.charCodeAt(less + 1);
    if (isLetter(next)) at = readStart(reading, less);
    else if (next === SOLIDUS) at = readEnd(reading, less);
    else if (next === 0x21 || next === 0x3f) at = readDeclaration(reading, less);
    else {
      if (reading.textFrom < 0) reading.textFrom = less;
      at = less + 1;
    }
    if (at < 0 || reading.refusal) return;
    if (reading.tokens.length + reading.attributeCount > MOST_WORK) reading.refusal = 'too-large';
  }
}

function readStart(reading: Reading, less: number): number {
  const { html } = reading;
  const nameEnd = endOfName(html, less + 1);
  const end = readAttributes(reading, nameEnd, true);
  if (end < 0) return -1;
  const name = tagName(html, less + 1, nameEnd);
  endText(reading, less);
  reading.tokens.push({
    kind: 'start',
    name: name === 'image' ? 'img' : name,
    attributes: reading.attributes,
    start: less,
    end,
  });
  if (name === 'svg' || name === 'math') reading.refusal = 'strange';
  const content = CONTENT.get(name);
  return content ? readContent(reading, name, content, end) : end;
}

/** Text up to the element's own end tag, and that tag. */
function readContent(reading: Reading, name: string, content: Content, from: number): number {
  if (content === 'plaintext') return -1;
  const less = content === 'script' ? endOfScript(reading.html, from) : findEndTag(reading.html, name, from);
  if (less < 0) return -1;
  if (less > from) reading.textFrom = from;
  reading.literal = content !== 'references';
  const end = readEnd(reading, less);
  reading.literal = false;
  return end;
}

function findEndTag(html: string, name: string, from: number): number {
  for (let at = html.indexOf('</', from); at >= 0; at = html.indexOf('</', at + 2)) {
    const end = at + 2 + name.length;
    if (endsName(html.charCodeAt(end)) && html.slice(at + 2, end).toLowerCase() === name) return at;
  }
  return -1;
}

/** A script may hold a commented script, whose end tag is not its own (HTML §13.2.5.18 to 31). */
function endOfScript(html: string, from: number): number {
  let state: 'data' | 'escaped' | 'double' = 'data';
  SCRIPT_MARK.lastIndex = from;
  for (let match = SCRIPT_MARK.exec(html); match; match = SCRIPT_MARK.exec(html)) {
    const mark = match[0];
    if (mark === '<!--') {
      if (state === 'data') state = 'escaped';
      // Its hyphens may be those of the end too: <!-->
      SCRIPT_MARK.lastIndex = match.index + 2;
    } else if (mark === '-->') state = 'data';
    else {
      SCRIPT_MARK.lastIndex = match.index + mark.length - 1;
      if (mark[1] !== '/') state = state === 'escaped' ? 'double' : state;
      else if (state === 'double') state = 'escaped';
      else return match.index;
    }
  }
  return -1;
}

function readEnd(reading: Reading, less: number): number {
  const { html } = reading;
  const next = html.charCodeAt(less + 2);
  if (!isLetter(next)) {
    if (next === GREATER) reading.refusal = 'strange';
    return readUntil(reading, less, html.indexOf('>', less + 2) + 1);
  }
  const nameEnd = endOfName(html, less + 2);
  const end = readAttributes(reading, nameEnd, false);
  if (end < 0) return -1;
  endText(reading, less);
  reading.tokens.push({ kind: 'end', name: tagName(html, less + 2, nameEnd), start: less, end });
  return end;
}

/** Comments, document types, and what reads as a comment. */
function readDeclaration(reading: Reading, less: number): number {
  const { html } = reading;
  if (!html.startsWith('<!--', less)) return readUntil(reading, less, html.indexOf('>', less + 2) + 1);
  if (html.startsWith('>', less + 4)) return readUntil(reading, less, less + 5);
  if (html.startsWith('->', less + 4)) return readUntil(reading, less, less + 6);
  COMMENT_END.lastIndex = less + 4;
  return readUntil(reading, less, COMMENT_END.exec(html) ? COMMENT_END.lastIndex : 0);
}

function readUntil(reading: Reading, less: number, end: number): number {
  if (end <= 0) return -1;
  endText(reading, less);
  return end;
}

/** Sets `attributes` of the reading where they are wanted. @returns the offset behind the tag, -1 where it never ends */
function readAttributes(reading: Reading, from: number, wanted: boolean): number {
  const { html } = reading;
  reading.attributes = NO_ATTRIBUTES;
  if (html.charCodeAt(from) === GREATER) return from + 1;
  const attributes: HtmlAttribute[] = [];
  const known = new Set<string>();
  let at = from;
  for (;;) {
    while (isSpace(html.charCodeAt(at)) || html.charCodeAt(at) === SOLIDUS) at += 1;
    if (at >= html.length) return -1;
    if (html.charCodeAt(at) === GREATER) break;
    const nameEnd = endOfAttributeName(html, at);
    const value = readValue(html, nameEnd);
    if (!value) return -1;
    if (wanted) addAttribute(attributes, known, tagName(html, at, nameEnd), at, value);
    if (attributes.length > MOST_ATTRIBUTES) {
      reading.refusal = 'overloaded';
      return -1;
    }
    at = value.next;
  }
  if (attributes.length > 0) reading.attributes = attributes;
  reading.attributeCount += attributes.length;
  return at + 1;
}

type Value = Readonly<{ valueFrom: number; valueEnd: number; end: number; next: number }>;

/** The second of two attributes with one name is none (HTML §13.2.5.33). */
function addAttribute(
  attributes: HtmlAttribute[],
  known: Set<string>,
  name: string,
  start: number,
  value: Value,
): void {
  if (known.has(name)) return;
  known.add(name);
  const { end, valueFrom, valueEnd } = value;
  attributes.push({ name, start, end, valueFrom, valueEnd });
}

/** What stands behind an attribute's name; undefined where it never ends. */
function readValue(html: string, nameEnd: number): Value | undefined {
  let at = skipSpace(html, nameEnd);
  const none = { valueFrom: nameEnd, valueEnd: nameEnd, end: nameEnd };
  if (html.charCodeAt(at) !== EQUALS) return { ...none, next: at };
  at = skipSpace(html, at + 1);
  const mark = html.charCodeAt(at);
  if (mark === GREATER) return { ...none, next: at };
  if (mark === QUOTE || mark === APOSTROPHE) {
    const valueEnd = html.indexOf(mark === QUOTE ? '"' : "'", at + 1);
    if (valueEnd < 0) return undefined;
    return { valueFrom: at + 1, valueEnd, end: valueEnd + 1, next: valueEnd + 1 };
  }
  const valueFrom = at;
  while (at < html.length && !isSpace(html.charCodeAt(at)) && html.charCodeAt(at) !== GREATER) at += 1;
  return { valueFrom, valueEnd: at, end: at, next: at };
}

function skipSpace(html: string, from: number): number {
  let at = from;
  while (isSpace(html.charCodeAt(at))) at += 1;
  return at;
}

/** A `=` in the first place belongs to the name (HTML §13.2.5.32). */
function endOfAttributeName(html: string, from: number): number {
  let at = from + 1;
  while (at < html.length) {
    const code = html.charCodeAt(at);
    if (code === EQUALS || code === GREATER || code === SOLIDUS || isSpace(code)) return at;
    at += 1;
  }
  return at;
}

function endOfName(html: string, from: number): number {
  let at = from;
  while (at < html.length && !endsName(html.charCodeAt(at))) at += 1;
  return at;
}

function tagName(html: string, from: number, to: number): string {
  const name = html.slice(from, to);
  for (let at = 0; at < name.length; at += 1) {
    const code = name.charCodeAt(at);
    if (code === 0 || code > 0x7f) return name.replaceAll('\0', '\ufffd').replace(/[A-Z]+/g, lower);
  }
  return name.toLowerCase();
}

function lower(letters: string): string {
  return letters.toLowerCase();
}

/** Makes a token of the text that stands before `end`. */
function endText(reading: Reading, end: number): void {
  const { textFrom: start, literal } = reading;
  reading.textFrom = -1;
  if (start >= 0 && start < end) reading.tokens.push({ kind: 'text', start, end, literal });
}

function isSpace(code: number): boolean {
  return code === 32 || code === 10 || code === 13 || code === 9 || code === 12;
}

function isLetter(code: number): boolean {
  const letter = code | 32;
  return letter >= 97 && letter <= 122;
}

function endsName(code: number): boolean {
  return isSpace(code) || code === SOLIDUS || code === GREATER;
}
