/** What is inserted: the candidate's link, and the agency that it leads to. */
export type RelayBlock = Readonly<{ url: string; agency: Readonly<{ name?: string; licence?: string }> }>;

export type BlockLanguage = 'ja' | 'en';

/** The language of the block follows the mail's own: Japanese where its text has kana, else English. */
export function languageOf(text: string): BlockLanguage {
  return /[\u3041-\u3096\u30a1-\u30fa]/.test(text) ? 'ja' : 'en';
}

type Words = Readonly<{ offer: string; note: string }>;

/** Characters of JIS X 0208 only, so that every Japanese charset can carry them. */
function words(language: BlockLanguage, agency: RelayBlock['agency']): Words {
  const { name, licence } = agency;
  if (language === 'ja') {
    const who = name ? `${name}${licence ? `（許可番号 ${licence}）` : ''}・` : '';
    return {
      offer: 'ご希望の方は、提携する職業紹介会社の無料相談をご利用いただけます。',
      note: `${who}登録は任意です`,
    };
  }
  const who = name ? `${name}${licence ? ` (license ${licence})` : ''}. ` : '';
  return {
    offer: 'If you wish, our partner recruitment agency offers a free consultation.',
    note: `${who}Signing up is optional.`,
  };
}

/** The block as lines of plain text, without line ends. */
export function textLines(block: RelayBlock, language: BlockLanguage): string[] {
  const { offer, note } = words(language, block.agency);
  return [offer, block.url, note];
}

/** The block for text that can carry ASCII only: English, without what ASCII has no letters for. */
export function asciiLines(block: RelayBlock): string[] {
  const ascii = (text: string | undefined) => (text && /^[\x20-\x7e]+$/.test(text) ? text : undefined);
  const name = ascii(block.agency.name);
  const licence = ascii(block.agency.licence);
  return textLines({ url: block.url, agency: { ...(name && { name }), ...(licence && { licence }) } }, 'en');
}

const MAX_LINE = 900;

/** What stands around the link in a fragment, made once for each agency of the configuration. */
const fragments = new WeakMap<RelayBlock['agency'], Map<string, readonly string[]>>();

/** Stands for the link while a fragment is made; no text of ours holds it. */
const LINK = '\0';

/**
 * The block as an HTML fragment: a table with inline styles, since Outlook's Word renderer ignores borders of
 * paragraphs; one link that shows its address and asks senders' click tracking to leave it alone. Lines break
 * inside tags only, so that nothing shows in preformatted text.
 * @param ascii write what is beyond ASCII as numeric character references, for any charset and encoding
 */
export function htmlFragment(
  block: RelayBlock,
  language: BlockLanguage,
  eol: string,
  ascii: boolean,
): string {
  let made = fragments.get(block.agency);
  if (!made) {
    made = new Map();
    fragments.set(block.agency, made);
  }
  const kind = `${language} ${ascii} ${eol}`;
  let around = made.get(kind);
  if (!around) {
    around = makeFragment({ url: LINK, agency: block.agency }, language, eol, ascii).split(LINK);
    made.set(kind, around);
  }
  return around.join(escapeHtml(block.url));
}

function makeFragment(block: RelayBlock, language: BlockLanguage, eol: string, ascii: boolean): string {
  const { offer, note } = words(language, block.agency);
  const write = (text: string) => (ascii ? toReferences(escapeHtml(text)) : escapeHtml(text));
  const shown = Buffer.byteLength(write(note)) > MAX_LINE ? words(language, {}).note : note;
  const url = escapeHtml(block.url);
  return [
    '',
    '<table role="presentation" width="100%" cellpadding="0" cellspacing="0"',
    ' style="margin:20px 0"><tr><td',
    ' style="border-left:3px solid #0b6e63;padding:4px 0 4px 16px;',
    `font-size:14px;line-height:1.75;color:#444444">${write(offer)}<br`,
    `><a href="${url}"`,
    ' clicktracking=off style="color:#0b6e63;font-weight:bold"',
    `>${url}</a><br`,
    '><span style="font-size:12px;color:#777777"',
    `>${write(shown)}</span></td></tr></table>`,
    '',
  ].join(eol);
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
