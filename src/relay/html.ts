import { RewritingStream } from 'parse5-html-rewriting-stream';

export type HtmlAttribute = Readonly<{ name: string; value: string; start: number; end: number }>;

/** A token with its place in the source; `text` is decoded. */
export type HtmlToken =
  | Readonly<{
      kind: 'start';
      name: string;
      attributes: readonly HtmlAttribute[];
      start: number;
      end: number;
    }>
  | Readonly<{ kind: 'end'; name: string; start: number; end: number }>
  | Readonly<{ kind: 'text'; text: string; start: number; end: number }>;

export type HtmlTokens = Readonly<{
  tokens: readonly HtmlToken[];
  /** Whether the source ends where text may follow; false inside an open comment, tag, style or script. */
  endsOpen: boolean;
}>;

const SENTINEL = 'cr-end-of-part';

/** The tokeniser compares each attribute of a tag with all before it; beyond this number nobody writes mail. */
const MOST_ATTRIBUTES = 500;
const CHUNK = 16_384;

class BoundedStream extends RewritingStream {
  tagIsTooLarge(): boolean {
    // biome-ignore lint/complexity/useLiteralKeys: protected, and the only place that knows
    const token = this.tokenizer['currentToken'];
    return token !== null && 'attrs' in token && token.attrs.length > MOST_ATTRIBUTES;
  }
}

/**
 * Tokens of an HTML text, by the tokeniser of the HTML standard (§13.2.5), with offsets. Nothing is serialised.
 * The tokeniser hands out what stands before a tag, so a sentinel tag is written behind the text: when it does
 * not come back as a tag, the text ends inside something. A tag with absurdly many attributes gives no tokens.
 */
export function readHtml(html: string): HtmlTokens {
  const tokens: HtmlToken[] = [];
  const stream = new BoundedStream();
  stream.on('startTag', ({ tagName, attrs, sourceCodeLocation: at }) => {
    const spans = (at as { attrs?: Record<string, { startOffset: number; endOffset: number }> }).attrs;
    const attributes = attrs.map(({ name, value }) => {
      const span = spans?.[name];
      return { name, value, start: span?.startOffset ?? -1, end: span?.endOffset ?? -1 };
    });
    tokens.push({ kind: 'start', name: tagName, attributes, start: at!.startOffset, end: at!.endOffset });
  });
  stream.on('endTag', ({ tagName, sourceCodeLocation: at }) => {
    tokens.push({ kind: 'end', name: tagName, start: at!.startOffset, end: at!.endOffset });
  });
  stream.on('text', ({ text, sourceCodeLocation: at }) => {
    tokens.push({ kind: 'text', text, start: at!.startOffset, end: at!.endOffset });
  });
  stream.on('comment', () => undefined);
  stream.on('doctype', () => undefined);
  const whole = `${html}<${SENTINEL}>`;
  for (let at = 0; at < whole.length; at += CHUNK) {
    stream.write(whole.slice(at, at + CHUNK));
    if (stream.tagIsTooLarge()) return { tokens: [], endsOpen: false };
  }
  const last = tokens.at(-1);
  const endsOpen = last?.kind === 'start' && last.name === SENTINEL && last.start === html.length;
  return { tokens: tokens.filter((token) => token.end <= html.length), endsOpen };
}
