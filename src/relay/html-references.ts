import { RewritingStream } from 'parse5-html-rewriting-stream';

/** What mails write, ended by a semicolon as it ought to be; the rest of the standard's list is asked of parse5. */
const COMMON: ReadonlyMap<string, string> = new Map(
  Object.entries({
    amp: '&',
    apos: "'",
    bull: '•',
    copy: '©',
    gt: '>',
    hellip: '…',
    laquo: '«',
    ldquo: '“',
    lsquo: '‘',
    lt: '<',
    mdash: '—',
    middot: '·',
    nbsp: '\u00a0',
    ndash: '–',
    quot: '"',
    raquo: '»',
    rarr: '→',
    rdquo: '”',
    reg: '®',
    rsquo: '’',
    times: '×',
    trade: '™',
    yen: '¥',
    zwnj: '\u200c',
  }),
);

/** HTML §13.2.5.80: what the C1 range means, since it is written by those who think in windows-1252. */
const C1 = '€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ';

/** Distinct rare references that are looked up for one part; what comes after them is read as it is written. */
const MOST_RARE = 500;
const LONGEST_NAME = 64;

const REFERENCE = /&(?:#[xX]([0-9a-fA-F]+)|#([0-9]+)|[a-zA-Z][a-zA-Z0-9]*);?/g;

/** Where text stands decides what a name without its semicolon means (HTML §13.2.5.73). */
export type ReferencePlace = 'text' | 'attribute';

export type References = Readonly<{ decode(text: string, place: ReferencePlace): string }>;

/** Decodes character references as the HTML standard does (§13.2.5.72 to 80); one for each part that is read. */
export function createReferences(): References {
  const rare = new Map<string, string>();

  function lookUp(written: string, place: ReferencePlace): string {
    if (written.length > LONGEST_NAME) return written;
    const key = place === 'text' ? written : `"${written}`;
    let known = rare.get(key);
    if (known === undefined) {
      if (rare.size >= MOST_RARE) return written;
      known = place === 'text' ? textOf(written) : attributeValue(written);
      rare.set(key, known);
    }
    return known;
  }
  function decodeOne(text: string, place: ReferencePlace, match: RegExpExecArray): string {
    const [written, hex, decimal] = match;
    if (hex !== undefined) return fromCode(Number.parseInt(hex, 16));
    if (decimal !== undefined) return fromCode(Number.parseInt(decimal, 10));
    if (written.endsWith(';')) return COMMON.get(written.slice(1, -1)) ?? lookUp(written, place);
    const assigned = place === 'attribute' && text[match.index + written.length] === '=';
    return assigned ? lookUp(`${written}=`, place).slice(0, -1) : lookUp(written, place);
  }

  return {
    decode(text, place) {
      let and = text.indexOf('&');
      if (and < 0) return text;
      let out = '';
      let from = 0;
      REFERENCE.lastIndex = and;
      for (let match = REFERENCE.exec(text); match; match = REFERENCE.exec(text)) {
        const end = REFERENCE.lastIndex;
        out += text.slice(from, match.index) + decodeOne(text, place, match);
        from = end;
        and = text.indexOf('&', end);
        if (and < 0) break;
        REFERENCE.lastIndex = and;
      }
      return out + text.slice(from);
    },
  };
}

function fromCode(code: number): string {
  if (code === 0 || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return '\ufffd';
  return code >= 0x80 && code <= 0x9f ? C1[code - 0x80]! : String.fromCodePoint(code);
}

function textOf(written: string): string {
  let read = '';
  const stream = new RewritingStream();
  stream.on('text', ({ text }) => {
    read += text;
  });
  stream.write(`${written}<p>`);
  return read;
}

function attributeValue(written: string): string {
  let read = '';
  const stream = new RewritingStream();
  stream.on('startTag', ({ attrs }) => {
    read = attrs[0]!.value;
  });
  stream.write(`<p x="${written}">`);
  return read;
}
