/** Characters of a record at most: beyond, a quote was opened and never closed. */
const LONGEST_RECORD = 65_536;

/** A quoted cell, or one that begins with no quote; and what ends it. RFC 4180, with LF as well as CRLF. */
const CELL = /(?:"([^"]*(?:""[^"]*)*)"|([^",\r\n][^,\r\n]*)?)(,|\r?\n|$)/y;

/** One record: its row as a spreadsheet counts (the heading is 1), and its cells; `undefined` where it is malformed. */
export type CsvRecord = Readonly<{ row: number; cells: readonly string[] | undefined }>;

type Found = Readonly<{ cells: string[]; end: number }>;

/** One record from `start` on. @returns undefined where the text ends within it, or a quote stands where none may */
function recordAt(text: string, start: number, isLast: boolean): Found | undefined {
  const cells: string[] = [];
  CELL.lastIndex = start;
  for (;;) {
    const found = CELL.exec(text);
    if (!found) return undefined;
    const [, quoted, plain = '', end] = found;
    cells.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    if (end === ',') continue;
    // The end of the text so far is the end of the record only when no more is to come.
    if (end === '' && !isLast) return undefined;
    return { cells, end: CELL.lastIndex };
  }
}

/**
 * Reads CSV as it comes, a few records at a time; memory is bounded by the longest record and the chunks.
 * Ends behind the first malformed record, since nobody can tell where the next one begins.
 * @param chunks decoded text without a byte order mark
 */
export async function* readCsv(chunks: AsyncIterable<string>): AsyncGenerator<CsvRecord[]> {
  let rest = '';
  let row = 0;
  let broken = false;
  function take(isLast: boolean): CsvRecord[] {
    const records: CsvRecord[] = [];
    let at = 0;
    while (at < rest.length) {
      const found = recordAt(rest, at, isLast);
      if (!found) {
        broken = isLast || rest.length - at > LONGEST_RECORD;
        if (broken) records.push({ row: ++row, cells: undefined });
        break;
      }
      records.push({ row: ++row, cells: found.cells });
      at = found.end;
    }
    rest = rest.slice(at);
    return records;
  }
  for await (const chunk of chunks) {
    rest += chunk;
    yield take(false);
    if (broken) return;
  }
  yield take(true);
}
