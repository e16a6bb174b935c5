import { BLOCK_HTML } from './block-html.js';

export type BlockLanguage = 'ja' | 'en';

/** What a block says above its link and, smaller, below it, behind the agency's name. Lines end with a line feed. */
export type BlockWords = Readonly<{ offer: string; note: string }>;

/** A company's own words; in a language that has none the built-in ones stand. */
export type BlockWording = Readonly<Partial<Record<BlockLanguage, BlockWords>>>;

/** What is inserted: the candidate's link, the agency that it leads to, and what the company says of it. */
export type RelayBlock = Readonly<{
  url: string;
  agency: Readonly<{ name?: string; licence?: string }>;
  wording?: BlockWording;
}>;

/** The language of the block follows the mail's own: Japanese where its text has kana, else English. */
export function languageOf(text: string): BlockLanguage {
  return /[\u3041-\u3096\u30a1-\u30fa]/.test(text) ? 'ja' : 'en';
}

/** Characters of JIS X 0208 only, so that every Japanese charset can carry them. */
export const DEFAULT_WORDS: Readonly<Record<BlockLanguage, BlockWords>> = {
  ja: { offer: 'ご希望の方は、提携する職業紹介会社の無料相談をご利用いただけます。', note: '登録は任意です' },
  en: {
    offer: 'If you wish, our partner recruitment agency offers a free consultation.',
    note: 'Signing up is optional.',
  },
};

/** Who the agency is, in front of the note: whatever a company writes, a candidate reads where the link leads. */
function agencyIn(language: BlockLanguage, { name, licence }: RelayBlock['agency']): string {
  if (!name) return '';
  if (language === 'ja') return `${name}${licence ? `（許可番号 ${licence}）` : ''}・`;
  return `${name}${licence ? ` (license ${licence})` : ''}. `;
}

function wordsOf(
  { agency, wording }: Omit<RelayBlock, 'url'>,
  language: BlockLanguage,
): Readonly<{ offer: string[]; note: string[] }> {
  const { offer, note } = wording?.[language] ?? DEFAULT_WORDS[language];
  return { offer: offer.split('\n'), note: `${agencyIn(language, agency)}${note}`.split('\n') };
}

/** The block as lines of plain text, without line ends. */
export function textLines(block: RelayBlock, language: BlockLanguage): string[] {
  const { offer, note } = wordsOf(block, language);
  return [...offer, block.url, ...note];
}

const ASCII = /^[\n\x20-\x7e]+$/;

/** The block for text that can carry ASCII only: English, without what ASCII has no letters for. */
export function asciiLines({ url, agency, wording }: RelayBlock): string[] {
  const ascii = (text: string | undefined) => (text && ASCII.test(text) ? text : undefined);
  const name = ascii(agency.name);
  const licence = ascii(agency.licence);
  const { en } = wording ?? {};
  const plain = en && ASCII.test(en.offer) && ASCII.test(en.note) ? { en } : {};
  return textLines(
    { url, agency: { ...(name && { name }), ...(licence && { licence }) }, wording: plain },
    'en',
  );
}

const MAX_LINE = 900;

type Fragments = Map<string, readonly string[]>;

/** What stands around the link in a fragment, made once for each agency and each company's wording. */
const fragments = new WeakMap<object, WeakMap<object, Fragments>>();
const BUILT_IN: BlockWording = {};

function fragmentsOf({ agency, wording = BUILT_IN }: RelayBlock): Fragments {
  let ofAgency = fragments.get(agency);
  if (!ofAgency) {
    ofAgency = new WeakMap();
    fragments.set(agency, ofAgency);
  }
  let made = ofAgency.get(wording);
  if (!made) {
    made = new Map();
    ofAgency.set(wording, made);
  }
  return made;
}

/**
 * The block as an HTML fragment: `templates/block.mjml`, filled in. One link that shows its address and asks senders' click
 * tracking to leave it alone. Lines break inside tags only, so that nothing shows in preformatted text.
 * @param ascii write what is beyond ASCII as numeric character references, for any charset and encoding
 */
export function htmlFragment(
  block: RelayBlock,
  language: BlockLanguage,
  eol: string,
  ascii: boolean,
): string {
  const made = fragmentsOf(block);
  const kind = `${language} ${ascii} ${eol}`;
  let around = made.get(kind);
  if (!around) {
    around = makeFragment(block, language, eol, ascii);
    made.set(kind, around);
  }
  return around.join(escapeHtml(block.url));
}

/** The pieces between which the link stands. */
function makeFragment(block: RelayBlock, language: BlockLanguage, eol: string, ascii: boolean): string[] {
  const { offer, note } = wordsOf(block, language);
  const write = (text: string) => (ascii ? toReferences(escapeHtml(text)) : escapeHtml(text));
  const lines = (texts: readonly string[]) => texts.map(write).join('<br\n>');
  const isLong = Buffer.byteLength(write(note[0]!)) > MAX_LINE;
  const shown = isLong ? wordsOf({ ...block, agency: {} }, language).note : note;
  return `\n${BLOCK_HTML}\n`.split('{{url}}').map((piece) =>
    piece
      .replace('{{offer}}', () => lines(offer))
      .replace('{{note}}', () => lines(shown))
      .replaceAll('\n', eol),
  );
}

/** Escapes text for HTML content and double-quoted attribute values. */
export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

function toReferences(text: string): string {
  return text.replace(/[^\x00-\x7f]/gu, (char) => `&#${char.codePointAt(0)};`);
}
