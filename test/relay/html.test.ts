import fc from 'fast-check';
import { RewritingStream } from 'parse5-html-rewriting-stream';
import { attributeValue, parseHtml, readHtml, textOf } from '../../src/relay/html.js';
import { outlineHtml } from '../../src/relay/html-outline.js';
import { createReferences } from '../../src/relay/html-references.js';
import { type HtmlTokens, MOST_ATTRIBUTES, MOST_WORK, tokenise } from '../../src/relay/html-tokens.js';

/** Pieces that lead the tokeniser from any of its states into any other. */
const PIECES = [
  ...['<', '>', '</', '<!--', '-->', '--!>', '<!', '<?', '!', '-', '--', '/', '=', '"', "'", ';', ']]>'],
  ...[
    ' ',
    '\n',
    '\r\n',
    '\r',
    '\t',
    '\f',
    'a',
    'p',
    'Div',
    '\u00e9',
    '\u3042',
    '\u00c0',
    '\u0000',
    '{{relay_url}}',
  ],
  ...['&', '&amp;', '&amp', '&nbsp;', '&copy', '&copy=', '&notin;', '&notit;', '&lbrace;', '&NewLine;'],
  ...['&#65;', '&#x41', '&#0;', '&#128;', '&#xd800;', '&#99999999999;', '&constructor;', '&#', '&#x'],
  ...[
    '<p>',
    '<pre>',
    '<b>',
    '<br/>',
    '<image ',
    '</p x=">">',
    '</>',
    '<listing>\n',
    '<p a=1 A=2 a>',
    '<plaintext>',
  ],
  ...['<textarea>', '</textarea>', '<title>', '</title>', '</titl', '<style>', '</style >', '<xmp>', '</xmp'],
  ...[
    '<script>',
    '</script>',
    '<script ',
    '<!-- <script> ',
    '<noscript>',
    '</noscript>',
    '<iframe>',
    '</iframe>',
  ],
  ...[
    'href=',
    'class="x"',
    "id='y'",
    '<a href="x&amp;y&copy=1&lt">',
    '<![CDATA[',
    '<!DOCTYPE html>',
    '<!doctype',
  ],
  ...['<!-->', '<!--->', '<constructor>', '</SCRIPT>', '<svg>', '</svg>', '<math>'],
];
const markup = fc.array(fc.constantFrom(...PIECES), { maxLength: 14 }).map((pieces) => pieces.join(''));

/** NUL is read as U+FFFD in some states: nobody sees the difference. */
function spelled(html: string, { tokens, endsOpen }: HtmlTokens) {
  const references = createReferences();
  const plain = (text: string) => text.replaceAll('\0', '\ufffd').replace(/\r\n?/g, '\n');
  const shown = tokens.map((token) => {
    const { start, end } = token;
    if (token.kind === 'end') return { kind: 'end', name: token.name, start, end };
    if (token.kind === 'text') {
      return { kind: 'text', text: plain(textOf(html.slice(start, end), token, references)), start, end };
    }
    const attributes = token.attributes.map((one) => ({
      name: one.name,
      value: plain(attributeValue(html, token.attributes, one.name, references)),
      start: one.start,
      end: one.end,
    }));
    return { kind: 'start', name: token.name, attributes, start, end };
  });
  return { shown, endsOpen };
}

const RUNS = Number(process.env.CR_LAW_RUNS ?? 10_000);

describe('one pass over HTML', () => {
  test('gives the tokens of parse5, with the same places', () => {
    let own = 0;
    fc.assert(
      fc.property(markup, (html) => {
        const tokens = tokenise(html);
        if (typeof tokens === 'string') return;
        own += 1;
        expect(spelled(html, tokens)).toEqual(spelled(html, parseHtml(html)));
      }),
      { numRuns: RUNS, seed: Number(process.env.CR_LAW_SEED ?? 1) },
    );
    // Control: it is ours that was compared.
    expect(own).toBeGreaterThan(RUNS * 0.7);
  }, 600_000);

  test('decodes references as parse5 does in values too', () => {
    const reference = fc.constantFrom(...PIECES.filter((piece) => piece.startsWith('&')), '=', 'x', ' ');
    fc.assert(
      fc.property(fc.array(reference, { maxLength: 5 }), (pieces) => {
        const html = `<p x="${pieces.join('')}">`;
        let seen: string | undefined;
        const tokens = parseHtml(html).tokens;
        for (const token of tokens) {
          if (token.kind === 'start') seen = attributeValue(html, token.attributes, 'x', createReferences());
        }
        expect(seen).toBe(parsedValue(html));
      }),
      { numRuns: 1_000, seed: 1 },
    );
  });

  test('drawings are left to the full parser, while they are short', () => {
    expect(tokenise('<svg><title>x</title></svg>')).toBe('strange');
    expect(readHtml('<svg><title><p>x</title></svg>')?.parsed).toBe(true);
    expect(readHtml(`<svg>${' '.repeat(200_000)}`)).toBeUndefined();
  });

  test('names that every object has are names', () => {
    const outline = outlineHtml('<constructor>a &constructor; b</constructor>');
    expect(outline?.lines.map((line) => line.text)).toEqual(['a &constructor; b']);
  });

  test('a tag with absurdly many attributes gives no tokens, repeated names count once', () => {
    const distinct = (count: number) => Array.from({ length: count }, (_none, at) => `a${at}`).join(' ');
    expect(readHtml(`<p ${distinct(MOST_ATTRIBUTES)}>x<b>`)?.tokens).toHaveLength(3);
    expect(readHtml(`<p ${distinct(MOST_ATTRIBUTES + 1)}>x<b>`)).toMatchObject({
      tokens: [],
      endsOpen: false,
    });
    expect(readHtml(`<p ${'a '.repeat(10_000)}>x<b>`)?.tokens).toHaveLength(3);
  });

  test('more markup than is read at once gives nothing', () => {
    // One is for the sentinel.
    expect(readHtml('<b>'.repeat(MOST_WORK - 1))?.tokens).toHaveLength(MOST_WORK - 1);
    expect(readHtml('<b>'.repeat(MOST_WORK))).toBeUndefined();
    expect(readHtml('<b a b c>'.repeat(MOST_WORK / 4 + 1))).toBeUndefined();
    expect(readHtml('<'.repeat(4 * MOST_WORK))?.tokens).toHaveLength(1);
  });
});

function parsedValue(html: string): string {
  let value = '';
  const stream = new RewritingStream();
  stream.on('startTag', ({ attrs }) => {
    value = attrs[0]?.value ?? '';
  });
  stream.write(html);
  return value;
}
