import { Zip, ZipDeflate } from 'fflate';
import {
  type Cell,
  type Column,
  frameOf,
  headingXml,
  rowXml,
  SHEET_FOOT,
  sheetHead,
  sheetPath,
} from './xml.js';

/** Rows of one worksheet; Excel opens 1,048,576 with the heading. What is more goes on in another sheet. */
const SHEET_ROWS = 1_000_000;
/** Fast: the rows are repetitive, and the reader waits. */
const LEVEL = 4;

/**
 * Writes an Excel workbook (ECMA-376, SpreadsheetML) while its rows come: at no time is more in memory than one batch.
 * @param name of the sheet, at most 25 characters, none of `\ / ? * [ ] :`
 * @param batches the rows, some at a time
 * @param sheetRows rows of one worksheet
 * @returns the bytes of the .xlsx file, in order
 */
export async function* workbookOf(
  name: string,
  columns: readonly Column[],
  batches: AsyncIterable<readonly (readonly Cell[])[]>,
  sheetRows = SHEET_ROWS,
): AsyncGenerator<Uint8Array> {
  const ready: Uint8Array[] = [];
  let failure: Error | undefined;
  const zip = new Zip((error, chunk) => {
    if (error) failure = error;
    else ready.push(chunk);
  });
  const taken = () => {
    if (failure) throw failure;
    return ready.splice(0);
  };
  const open = (path: string) => {
    const part = new ZipDeflate(path, { level: LEVEL });
    zip.add(part);
    return part;
  };
  const begin = (number: number) => {
    const part = open(sheetPath(number));
    part.push(Buffer.from(sheetHead(columns) + headingXml(columns)));
    return part;
  };
  let sheets = 1;
  let rows = 0;
  let sheet = begin(sheets);
  for await (const batch of batches) {
    for (let at = 0; at < batch.length; ) {
      if (rows === sheetRows) {
        sheet.push(Buffer.from(SHEET_FOOT), true);
        sheets += 1;
        rows = 0;
        sheet = begin(sheets);
      }
      const fitting = batch.slice(at, at + sheetRows - rows);
      sheet.push(Buffer.from(fitting.map((row) => rowXml(columns, row)).join('')));
      at += fitting.length;
      rows += fitting.length;
      yield* taken();
    }
  }
  sheet.push(Buffer.from(SHEET_FOOT), true);
  for (const [path, text] of Object.entries(frameOf(name, sheets))) open(path).push(Buffer.from(text), true);
  zip.end();
  yield* taken();
}
