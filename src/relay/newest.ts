/** A line as a reader sees it; `quoted` where it belongs to an earlier message, `signature` where markup says so. */
export type ReadLine = Readonly<{ text: string; quoted: boolean; signature: boolean }>;

/** RFC 3676 §4.3: exactly two hyphens and a space; many mailers lose the space. */
const SIGNATURE = /^--[ \u00a0]?\r?$/;

const ORIGINAL_MARKERS: readonly RegExp[] = [
  /^\s*[-_=]{2,}\s*(original message|forwarded message|original appointment)\s*[-_=]{2,}/i,
  /^\s*[-_=－―ー]{2,}\s*(元のメッセージ|転送メッセージ|転送されたメッセージ|転送元のメッセージ|Original Message)\s*[-_=－―ー]*/i,
  /^\s*begin forwarded message:/i,
];
/** What a signature mark, a marker of an original or a rule begins with; most lines do not. */
const MARK = /^\s*[-_=－―ーb]/i;
/** `--元のメッセージ` */
const SHORTEST_MARKER = 9;
const OUTLOOK_RULE = /^\s*_{20,}\s*$/;
const HEADER_LINE = /^\s*\*?(from|差出人|送信者|von|de)\*?\s*[:：]/i;
const ATTRIBUTION_END =
  /(wrote|writes|書きました|のメール|のメッセージ|wrote)\s*[:：]\s*$|[>＞)]\s*[:：]\s*$/i;
const ATTRIBUTION = /^\s*on\b.*|\d{4}\s*[年/-]\s*\d{1,2}\s*[月/-]\s*\d{1,2}/i;

/**
 * How many lines, from the top, are the newest text: what stands below is a signature, a quoted or forwarded
 * original, or the line that introduces one. Quotes between answers belong to the newest text's extent.
 */
export function newestEnd(lines: readonly ReadLine[]): number {
  const found = lines.findIndex((line, at) => !line.quoted && endsNewest(lines, at));
  const limit = found < 0 ? lines.length : found;
  let at = limit;
  let quotes = false;
  while (at > 0 && (lines[at - 1]!.quoted || isBlank(lines[at - 1]!))) {
    quotes ||= lines[at - 1]!.quoted;
    at -= 1;
  }
  return quotes ? at - attributionLength(lines, at) : limit;
}

/** The line from which on everything is an original, quoted whole; the number of lines where there is none. */
export function originalStart(lines: readonly ReadLine[]): number {
  const found = lines.findIndex((line, at) => !line.quoted && beginsOriginal(lines, at));
  return found < 0 ? lines.length : found;
}

function endsNewest(lines: readonly ReadLine[], at: number): boolean {
  const { text, signature } = lines[at]!;
  return signature || (MARK.test(text) && (SIGNATURE.test(text) || beginsOriginal(lines, at)));
}

function beginsOriginal(lines: readonly ReadLine[], at: number): boolean {
  const { text } = lines[at]!;
  if (text.length < SHORTEST_MARKER || !MARK.test(text)) return false;
  if (ORIGINAL_MARKERS.some((marker) => marker.test(text))) return true;
  if (!OUTLOOK_RULE.test(text)) return false;
  const next = lines.slice(at + 1, at + 4).find((line) => !isBlank(line));
  return next !== undefined && HEADER_LINE.test(next.text);
}

function attributionLength(lines: readonly ReadLine[], at: number): number {
  const last = lines[at - 1]?.text ?? '';
  if (!ATTRIBUTION_END.test(last)) return ATTRIBUTION.test(last) && /[:：]\s*$/.test(last) ? 1 : 0;
  if (ATTRIBUTION.test(last)) return 1;
  return ATTRIBUTION.test(lines[at - 2]?.text ?? '') ? 2 : 1;
}

export function isBlank(line: { text: string }): boolean {
  return line.text.trim() === '';
}

/** A line of plain text that begins with `>` is quoted (RFC 3676 §4.5). */
export function isQuotedLine(line: string): boolean {
  return /^ ?[>＞]/.test(line);
}
