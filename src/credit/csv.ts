import { csvCell } from '../csv/write.js';

/**
 * A table as CSV (RFC 4180) in UTF-8 with a byte order mark, by which Excel knows the encoding. Texts that a
 * spreadsheet would take for a formula get an apostrophe in front; numbers stay numbers.
 */
export function csvOf(rows: readonly (readonly (string | number | null)[])[]): string {
  return `\uFEFF${rows.map((row) => `${row.map(csvCell).join(',')}\r\n`).join('')}`;
}

/**
 * Reads CSV (RFC 4180; also line ends of LF alone, and a byte order mark). Empty lines are left out.
 * @returns the cells of each row; undefined when a quoted cell does not end
 */
export function parseCsv(text: string): string[][] | undefined {
  const rows: string[][] = [];
  let row: string[] = [];
  const source = text.replace(/^\uFEFF/, '');
  const CELL = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/y;
  for (;;) {
    const found = CELL.exec(source);
    if (!found) return undefined;
    const [, quoted, plain = '', end] = found;
    row.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    if (end === ',') continue;
    if (row.some((value) => value !== '')) rows.push(row);
    if (CELL.lastIndex >= source.length) return rows;
    row = [];
  }
}
