/** A text as phrases are searched in it. */
export type NormalText = Readonly<{
  /** NFKC without white space, since a Japanese phrase may be broken anywhere; empty where nothing Japanese is in it. */
  dense: string;
  /** NFKC with white space folded to single blanks. */
  spaced: string;
  /** `spaced` in lower case; empty where no Latin letter is in it. */
  lower: string;
}>;

const BLANK = 0x20;
const ASCII = /^[\x00-\x7f]*$/;

/** NFKC and the handling of white space in one pass for what Japanese mails are made of; the rest by the runtime. */
export function normaliseText(content: string): NormalText {
  if (ASCII.test(content)) return fromNormal(content);
  // An ellipsis becomes three full stops.
  const room = content.length * 3;
  const dense = new CodeUnits(room);
  const spaced = new CodeUnits(room);
  let letters = false;
  let blank = false;
  for (let at = 0; at < content.length; at += 1) {
    const unit = normalUnit(content.charCodeAt(at));
    if (unit === UNKNOWN) return fromNormal(content.normalize('NFKC'));
    if (unit === BLANK) {
      if (!blank) spaced.put(BLANK);
      blank = true;
      continue;
    }
    blank = false;
    for (let times = unit === ELLIPSIS ? 3 : 1; times > 0; times -= 1) {
      const single = unit === ELLIPSIS ? FULL_STOP : unit;
      dense.put(single);
      spaced.put(single);
    }
    letters ||= isLetter(unit);
  }
  const text = spaced.text();
  return { dense: dense.text(), spaced: text, lower: letters ? text.toLowerCase() : '' };
}

function fromNormal(normal: string): NormalText {
  const spaced = normal.replace(/\s+/g, ' ');
  const lower = /[A-Za-z]/.test(spaced) ? spaced.toLowerCase() : '';
  return { dense: ASCII.test(normal) ? '' : normal.replace(/[\s\u200b\ufeff]+/g, ''), spaced, lower };
}

const UNKNOWN = -1;
const ELLIPSIS = 0x2026;
const FULL_STOP = 0x2e;

/** What NFKC and the folding of blanks make of a code unit on its own; UNKNOWN where its neighbours may matter. */
function normalUnit(unit: number): number {
  if (unit < 0x80) return unit === BLANK || (unit >= 9 && unit <= 13) ? BLANK : unit;
  if (unit >= 0x4e00 && unit <= 0x9fff) return unit;
  if (unit >= 0x3041 && unit <= 0x3096) return unit;
  if (unit >= 0x30a1 && unit <= 0x30fe) return unit;
  if (unit >= 0x3001 && unit <= 0x3029) return unit;
  if (unit >= 0xff01 && unit <= 0xff5e) return unit - 0xfee0;
  if (unit === 0x3000 || unit === 0xa0) return BLANK;
  if (unit === 0x2014 || unit === 0x2015 || unit === ELLIPSIS) return unit;
  return unit >= 0x25a0 && unit <= 0x25ff ? unit : UNKNOWN;
}

function isLetter(unit: number): boolean {
  const letter = unit | 32;
  return letter >= 97 && letter <= 122;
}

/** UTF-16 written unit by unit. */
class CodeUnits {
  private readonly bytes: Buffer;
  private length = 0;

  constructor(room: number) {
    this.bytes = Buffer.allocUnsafe(room * 2);
  }
  put(unit: number): void {
    this.bytes[this.length] = unit & 0xff;
    this.bytes[this.length + 1] = unit >> 8;
    this.length += 2;
  }
  text(): string {
    return this.bytes.toString('utf16le', 0, this.length);
  }
}
