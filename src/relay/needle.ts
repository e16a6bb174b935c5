import type { HtmlToken } from './html.js';
import type { PartText } from './part-text.js';

/** The tag that senders write where the link shall stand. */
export const PLACEHOLDER = '{{relay_url}}';

/** A found needle: the ranges of decoded bytes that spell it, the first of which takes the replacement. */
export type Found = Readonly<{
  ranges: readonly Readonly<{ from: number; to: number }>[];
  /** How the replacement is to be written there. */
  context: 'text' | 'html' | 'url-parameter';
  /** Whether it stands in an earlier message that this one quotes. */
  quoted: boolean;
}>;

/** Characters that stand in a row in the source too, one byte each; or one character that several bytes spell. */
type Run = Readonly<{ at: number; from: number; to: number; context: Found['context'] }>;

/** Text as a reader has it, and where each of its characters comes from. */
type Stream = { text: string; runs: Run[] };

/** What to look for: each match of `pattern` holds `literal`; a match's own text is what gets replaced. */
export type Needle = Readonly<{ literal: string; pattern(): RegExp }>;

const PLACEHOLDER_NEEDLE: Needle = { literal: 'relay_url', pattern: () => /\{\{\s*relay_url\s*\}\}/g };

export function placeholderNeedle(): Needle {
  return PLACEHOLDER_NEEDLE;
}

/** A static link with the labels behind it, not followed by what would make it another one. */
export function urlNeedle(url: string): Needle {
  const literal = url.replace(/\/$/, '');
  const pattern = `${escapePattern(literal)}(?:\\/[A-Za-z0-9_~%-]+){0,2}\\/?(?![A-Za-z0-9_~%-])`;
  return { literal, pattern: () => new RegExp(pattern, 'g') };
}

/** A link of ours: a base, a slash and a code. */
export function linkNeedle(base: string): Needle {
  const literal = `${base.replace(/\/$/, '')}/`;
  return { literal, pattern: () => new RegExp(`${escapePattern(literal)}[A-Za-z0-9]+`, 'g') };
}

function escapePattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&');
}

/** What a part says to a search: its words for a first look, its streams only where a needle is in them. */
export type Searchable = { words: readonly string[] | undefined; streams: readonly Stream[] | undefined };

function wordsOf(text: PartText): readonly string[] {
  text.searchable.words ??= text.outline ? htmlWords(text) : [plainStream(text).text];
  return text.searchable.words;
}

/**
 * Finds a needle in the decoded text of a part and maps it back to decoded bytes: over soft line breaks of
 * format=flowed; DelSp=yes (RFC 3676 §4.1), character references, tags within the text, and percent encoding
 * within attribute values. Most parts hold none: then nothing is mapped.
 */
export function findNeedle(text: PartText, needle: Needle): Found[] {
  const { literal } = needle;
  if (!wordsOf(text).some((words) => words.includes(literal))) return [];
  const part = text.searchable;
  part.streams ??= text.outline ? htmlStreams(text) : [plainStream(text)];
  return part.streams
    .filter((stream) => stream.text.includes(literal))
    .flatMap((stream) => search(stream, needle))
    .sort((one, other) => one.ranges[0]!.from - other.ranges[0]!.from)
    .map((found) => ({ ...found, quoted: isQuoted(text, found.ranges[0]!.from) }));
}

function isQuoted(text: PartText, offset: number): boolean {
  const line = lineAt(text, offset);
  return line >= text.original || (text.lines[line]?.quoted ?? false);
}

function search(stream: Stream, needle: Needle): Found[] {
  const found: Found[] = [];
  for (const match of stream.text.matchAll(needle.pattern())) {
    const ranges: { from: number; to: number }[] = [];
    for (let at = match.index; at < match.index + match[0].length; at += 1) {
      const place = placeOf(stream, at);
      const last = ranges.at(-1);
      if (last && (last.to === place.from || place.context === 'text')) last.to = place.to;
      else ranges.push({ from: place.from, to: place.to });
    }
    found.push({ ranges, context: placeOf(stream, match.index).context, quoted: false });
  }
  return found;
}

/** Where a character comes from, how text is written there, and up to which one the next come from the next bytes. */
function placeOf(
  { text, runs }: Stream,
  index: number,
): Readonly<{ from: number; to: number; until: number } & Pick<Run, 'context'>> {
  let low = 0;
  let high = runs.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (runs[middle]!.at <= index) low = middle + 1;
    else high = middle;
  }
  const { at, from, to, context } = runs[low - 1]!;
  const until = runs[low]?.at ?? text.length;
  if (to - from !== until - at) return { from, to, until, context };
  return { from: from + index - at, to: from + index - at + 1, until, context };
}

function lineAt(text: PartText, offset: number): number {
  let low = 0;
  let high = text.lines.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (text.lines[middle]!.start <= offset) low = middle + 1;
    else high = middle;
  }
  return Math.max(0, low - 1);
}

function plainStream({ latin, part }: PartText): Stream {
  const stream: Stream = { text: '', runs: [] };
  const joins =
    part.parameters.format?.toLowerCase() === 'flowed' && part.parameters.delsp?.toLowerCase() === 'yes';
  let from = 0;
  if (joins) {
    for (const soft of latin.matchAll(/ \r?\n/g)) {
      put(stream, latin.slice(from, soft.index), from, soft.index, 'text');
      from = soft.index + soft[0].length;
    }
  }
  put(stream, latin.slice(from), from, latin.length, 'text');
  return stream;
}

/** Adds characters: as many as bytes, or a single one for all of them. */
function put(stream: Stream, text: string, from: number, to: number, context: Found['context']): void {
  if (text === '') return;
  stream.runs.push({ at: stream.text.length, from, to, context });
  stream.text += text;
}

const INLINE = new Set(
  'a abbr b bdi bdo big code em font i mark o:p s small span strong sub sup tt u wbr'.split(' '),
);
const REFERENCE = /&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|([a-z]{2,12}));?/iy;
const REFERENCES = new RegExp(REFERENCE.source, 'gi');
const NAMED: ReadonlyMap<string, string> = new Map(
  Object.entries({
    amp: '&',
    colon: ':',
    equals: '=',
    gt: '>',
    lbrace: '{',
    lcub: '{',
    lowbar: '_',
    lt: '<',
    nbsp: ' ',
    num: '#',
    period: '.',
    quest: '?',
    quot: '"',
    rbrace: '}',
    rcub: '}',
    sol: '/',
  }),
);

/**
 * The texts of all streams of a part, and more, as strings only: the whole source stands for every attribute value that is
 * written without escapes.
 */
function htmlWords({ latin, outline }: PartText): string[] {
  const body: string[] = [];
  const values: string[] = [];
  const mark = /[%&]/g;
  let next = -1;
  let raw = '';
  for (const token of outline!.tokens) {
    if (token.kind === 'text') {
      if (raw === '') body.push(dereferenced(latin.slice(token.start, token.end)));
      continue;
    }
    if (!INLINE.has(token.name)) body.push('\n');
    if (token.kind === 'end') {
      if (token.name === raw) raw = '';
      continue;
    }
    if (token.name === 'style' || token.name === 'script') raw = token.name;
    for (const { start, end } of token.attributes) {
      if (next < start) {
        mark.lastIndex = start;
        next = mark.exec(latin)?.index ?? latin.length;
      }
      if (next < end) values.push(unescaped(latin.slice(start, end)));
    }
  }
  return [latin, body.join(''), values.join('\n')];
}

function dereferenced(source: string): string {
  if (!source.includes('&')) return source;
  return source.replace(
    REFERENCES,
    (...match) => referenced(match as unknown as RegExpExecArray) ?? match[0],
  );
}

function unescaped(source: string): string {
  return dereferenced(source).replace(/%[2-7][0-9a-f]/gi, (code) =>
    String.fromCharCode(Number.parseInt(code.slice(1), 16)),
  );
}

function htmlStreams({ latin, outline }: PartText): Stream[] {
  const body: Stream = { text: '', runs: [] };
  const all = [body];
  let raw = '';
  for (const token of outline!.tokens) {
    if (token.kind === 'text') {
      if (raw === '') putHtml(body, latin, token.start, token.end);
    } else if (token.kind === 'end') {
      if (token.name === raw) raw = '';
      if (!INLINE.has(token.name)) put(body, '\n', token.start, token.start, 'html');
    } else {
      if (token.name === 'style' || token.name === 'script') raw = token.name;
      if (!INLINE.has(token.name)) put(body, '\n', token.start, token.start, 'html');
      all.push(...attributeStreams(token, latin));
    }
  }
  return all;
}

function putHtml(stream: Stream, latin: string, start: number, end: number): void {
  const source = latin.slice(start, end);
  let at = 0;
  for (let and = source.indexOf('&'); and >= 0; and = source.indexOf('&', and + 1)) {
    REFERENCE.lastIndex = start + and;
    const match = REFERENCE.exec(latin);
    const char = match ? referenced(match) : undefined;
    if (!match || char === undefined) continue;
    const length = match[0].length;
    put(stream, source.slice(at, and), start + at, start + and, 'html');
    put(stream, char, start + and, start + and + length, 'html');
    at = and + length;
  }
  put(stream, source.slice(at), start + at, Math.max(end, start + at), 'html');
}

function referenced([, decimal, hex, name]: RegExpExecArray): string | undefined {
  if (name) return NAMED.get(name.toLowerCase());
  const code = decimal ? Number(decimal) : Number.parseInt(hex!, 16);
  return code > 0 && code < 0x80 ? String.fromCharCode(code) : '\u00ff';
}

/** The value of each attribute that can hold an address; percent encoding is undone, as whoever follows it does. */
function attributeStreams(token: Extract<HtmlToken, { kind: 'start' }>, latin: string): Stream[] {
  return token.attributes.flatMap(({ start, end }) => {
    if (start < 0) return [];
    const source = latin.slice(start, end);
    const head = /^[^=]*=\s*["']?\s*/.exec(source)?.[0].length ?? source.length;
    if (!/relay_url|:(\/|%2f|&)|%3a|&#/i.test(source)) return [];
    const written: Stream = { text: '', runs: [] };
    putHtml(written, latin, start + head, end);
    return [unpercent(written)];
  });
}

function unpercent(written: Stream): Stream {
  const stream: Stream = { text: '', runs: [] };
  let from = 0;
  for (const code of written.text.matchAll(/%[2-7][0-9a-f]/gi)) {
    copyRuns(stream, written, from, code.index);
    const char = String.fromCharCode(Number.parseInt(code[0].slice(1), 16));
    const begin = placeOf(written, code.index).from;
    const context = code.index === 0 ? 'html' : 'url-parameter';
    put(stream, char, begin, placeOf(written, code.index + 2).to, context);
    from = code.index + code[0].length;
  }
  copyRuns(stream, written, from, written.text.length);
  return stream;
}

/** The characters from one place to another with where they come from; the first of all begins the value. */
function copyRuns(stream: Stream, written: Stream, start: number, end: number): void {
  for (let at = start; at < end; ) {
    const place = placeOf(written, at);
    const until = at === 0 ? 1 : Math.min(end, place.until);
    const context = at === 0 ? 'html' : 'url-parameter';
    put(stream, written.text.slice(at, until), place.from, place.to + until - at - 1, context);
    at = until;
  }
}
