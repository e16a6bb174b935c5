import { RewritingStream } from 'parse5-html-rewriting-stream';
import type { References } from './html-references.js';
import {
  type HtmlAttribute,
  type HtmlToken,
  type HtmlTokens,
  MOST_ATTRIBUTES,
  SENTINEL,
  type TextToken,
  tokenise,
  withoutSentinel,
} from './html-tokens.js';

export type { HtmlToken, HtmlTokens, TextToken } from './html-tokens.js';

/** The full parser takes 0.3 µs a character: a text that needs it and is longer gives no tokens. */
const LONGEST_FOREIGN = 131_072;
const CHUNK = 16_384;
const NOTHING: HtmlTokens = { tokens: [], endsOpen: false, parsed: false };

/**
 * Tokens of an HTML text as the HTML standard has them (§13.2.5), with offsets. Nothing is serialised. One pass of ours
 * reads what mailers write; drawings, formulas and a few oddities are left to parse5, whose every token ours equals.
 * @returns undefined where there is too much of it to be read at once
 */
export function readHtml(html: string): HtmlTokens | undefined {
  const read = tokenise(html);
  if (typeof read !== 'string') return read;
  switch (read) {
    case 'overloaded':
      return NOTHING;
    case 'too-large':
      return undefined;
    case 'strange':
      return html.length > LONGEST_FOREIGN ? undefined : parseHtml(html);
  }
}

/** What a text token shows: line ends as line feeds, references decoded. `source` may be decoded from the same bytes. */
export function textOf(source: string, token: TextToken, references: References): string {
  if (token.text !== undefined) return token.text;
  const text = source.includes('\r') ? source.replace(/\r\n?/g, '\n') : source;
  return token.literal ? text.replaceAll('\0', '\ufffd') : references.decode(text, 'text');
}

/** The value of an attribute of the tag; empty where it has none. */
export function attributeValue(
  html: string,
  attributes: readonly HtmlAttribute[],
  name: string,
  references: References,
): string {
  const found = attributes.find((one) => one.name === name);
  return found ? references.decode(html.slice(found.valueFrom, found.valueEnd), 'attribute') : '';
}

class BoundedStream extends RewritingStream {
  tagIsTooLarge(): boolean {
    // biome-ignore lint/complexity/useLiteralKeys: protected, and the only place that knows
    const token = this.tokenizer['currentToken'];
    return token !== null && 'attrs' in token && token.attrs.length > MOST_ATTRIBUTES;
  }
}

/** The same by parse5; it hands out text once a tag follows, such as the sentinel. */
export function parseHtml(html: string): HtmlTokens {
  const tokens: HtmlToken[] = [];
  const stream = new BoundedStream();
  stream.on('startTag', ({ tagName, attrs, sourceCodeLocation: at }) => {
    const spans = (at as { attrs?: Record<string, { startOffset: number; endOffset: number }> }).attrs;
    const attributes = attrs.flatMap(({ name }) => {
      const span = spans?.[name];
      return span ? [toAttribute(html, name, span.startOffset, span.endOffset)] : [];
    });
    tokens.push({ kind: 'start', name: tagName, attributes, start: at!.startOffset, end: at!.endOffset });
  });
  stream.on('endTag', ({ tagName, sourceCodeLocation: at }) => {
    tokens.push({ kind: 'end', name: tagName, start: at!.startOffset, end: at!.endOffset });
  });
  stream.on('text', ({ text, sourceCodeLocation: at }) => {
    const { startOffset: start, endOffset: end } = at!;
    tokens.push({ kind: 'text', text, start, end, literal: false });
  });
  stream.on('comment', () => undefined);
  stream.on('doctype', () => undefined);
  const whole = `${html}<${SENTINEL}>`;
  for (let at = 0; at < whole.length; at += CHUNK) {
    stream.write(whole.slice(at, at + CHUNK));
    if (stream.tagIsTooLarge()) return NOTHING;
  }
  return { ...withoutSentinel(tokens, html.length), parsed: true };
}

function toAttribute(html: string, name: string, start: number, end: number): HtmlAttribute {
  const head = /^.[^=]*=[\t\n\f\r ]*["']?/s.exec(html.slice(start, end))?.[0];
  if (head === undefined) return { name, start, end, valueFrom: end, valueEnd: end };
  const quoted = /["']$/.test(head);
  return { name, start, end, valueFrom: start + head.length, valueEnd: quoted ? end - 1 : end };
}
