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

type Stream = { chars: string[]; from: number[]; to: number[]; context: Found['context'][] };

/** What to look for: `pattern` is sticky-free and global; a match's own text is what gets replaced. */
export type Needle = Readonly<{ pattern: RegExp }>;

export function placeholderNeedle(): Needle {
  return { pattern: /\{\{\s*relay_url\s*\}\}/g };
}

/** A URL of ours, not followed by what would make it another one. */
export function urlNeedle(url: string): Needle {
  return { pattern: new RegExp(`${escapePattern(url.replace(/\/$/, ''))}/?(?![A-Za-z0-9_~%-])`, 'g') };
}

/** A link of ours: a base, a slash and a code. */
export function linkNeedle(base: string): Needle {
  return { pattern: new RegExp(`${escapePattern(base.replace(/\/$/, ''))}/[A-Za-z0-9]+`, 'g') };
}

function escapePattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&');
}

/**
 * Finds a needle in the decoded text of a part and maps it back to decoded bytes: over soft line breaks of
 * format=flowed; DelSp=yes (RFC 3676 §4.1), character references, tags within the text, and percent encoding
 * within attribute values.
 */
export function findNeedle(text: PartText, needle: Needle): Found[] {
  const streams = text.outline ? htmlStreams(text) : [plainStream(text)];
  return streams
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
  for (const match of stream.chars.join('').matchAll(needle.pattern)) {
    const ranges: { from: number; to: number }[] = [];
    for (let at = match.index; at < match.index + match[0].length; at += 1) {
      const last = ranges.at(-1);
      if (last && (last.to === stream.from[at] || stream.context[at] === 'text')) last.to = stream.to[at]!;
      else ranges.push({ from: stream.from[at]!, to: stream.to[at]! });
    }
    found.push({ ranges, context: stream.context[match.index]!, quoted: false });
  }
  return found;
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
  const joins =
    part.parameters.format?.toLowerCase() === 'flowed' && part.parameters.delsp?.toLowerCase() === 'yes';
  const stream: Stream = { chars: [], from: [], to: [], context: [] };
  for (let at = 0; at < latin.length; at += 1) {
    const soft = joins && latin[at] === ' ' ? /^ \r?\n/.exec(latin.slice(at, at + 3)) : null;
    if (soft) at += soft[0].length - 1;
    else put(stream, latin[at]!, at, at + 1, 'text');
  }
  return stream;
}

function put(stream: Stream, char: string, from: number, to: number, context: Found['context']): void {
  stream.chars.push(char);
  stream.from.push(from);
  stream.to.push(to);
  stream.context.push(context);
}

const INLINE = new Set(
  'a abbr b bdi bdo big code em font i mark o:p s small span strong sub sup tt u wbr'.split(' '),
);
const REFERENCE = /&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|([a-z]{2,12}));?/iy;
const NAMED: Readonly<Record<string, string>> = {
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
};

function htmlStreams({ latin, outline }: PartText): Stream[] {
  const body: Stream = { chars: [], from: [], to: [], context: [] };
  const streams = [body];
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
      streams.push(...attributeStreams(token, latin));
    }
  }
  return streams;
}

function putHtml(stream: Stream, latin: string, start: number, end: number): void {
  for (let at = start; at < end; ) {
    REFERENCE.lastIndex = at;
    const match = latin[at] === '&' ? REFERENCE.exec(latin) : null;
    const char = match ? referenced(match) : latin[at]!;
    const length = match && char !== undefined ? match[0].length : 1;
    put(stream, char ?? '&', at, at + length, 'html');
    at += length;
  }
}

function referenced([, decimal, hex, name]: RegExpExecArray): string | undefined {
  if (name) return NAMED[name.toLowerCase()];
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
    const written: Stream = { chars: [], from: [], to: [], context: [] };
    putHtml(written, latin, start + head, end);
    return [unpercent(written)];
  });
}

function unpercent(written: Stream): Stream {
  const stream: Stream = { chars: [], from: [], to: [], context: [] };
  const { chars, from, to } = written;
  for (let at = 0; at < chars.length; at += 1) {
    const hex = chars[at] === '%' ? `${chars[at + 1] ?? ''}${chars[at + 2] ?? ''}` : '';
    const code = /^[2-7][0-9a-f]$/i.test(hex) ? String.fromCharCode(Number.parseInt(hex, 16)) : undefined;
    put(stream, code ?? chars[at]!, from[at]!, to[code ? at + 2 : at]!, at === 0 ? 'html' : 'url-parameter');
    if (code) at += 2;
  }
  return stream;
}
