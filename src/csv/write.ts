/** A spreadsheet takes a text that begins so for a formula (OWASP, CSV injection). */
const FORMULA = /^[=+\-@\t\r]/;
/** Digits and what stands between them: at worst a sum, never a call. Telephone numbers begin with a plus. */
const NUMBER = /^[+-]?[\d(][\d\s().-]*$/;

function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** A cell of ours: what a spreadsheet would take for a formula gets an apostrophe in front; numbers stay numbers. */
export function csvCell(value: string | number | null): string {
  if (typeof value === 'number') return String(value);
  const text = value ?? '';
  return quoted(FORMULA.test(text) ? `'${text}` : text);
}

/** A cell that somebody gave us: as it was, but for what a spreadsheet would run. */
export function keptCell(text: string): string {
  return quoted(FORMULA.test(text) && !NUMBER.test(text) ? `'${text}` : text);
}

/** What a cell meant before a spreadsheet, or `csvCell`, put an apostrophe in front. */
export function withoutGuard(text: string): string {
  return text === "'" || /^'[=+\-@]/.test(text) ? text.slice(1) : text;
}
