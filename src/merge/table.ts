import { createEncodingProbe, decodeTable, type FileKind } from '../csv/encoding.js';
import { readCsv } from '../csv/read.js';
import { AppError } from '../errors.js';
import { createSpill, type Spill } from '../relay/spill.js';
import { type ChosenColumns, type ColumnFault, type Columns, columnsOf } from './columns.js';
import { faultsOfRow, type RowFault } from './row.js';

/** Bytes of a table at most. */
export const LARGEST_TABLE = 64 * 1024 * 1024;
/** Rows of a table at most; with their codes in memory, 2 MB. */
export const MOST_ROWS = 200_000;
/** Faults that are told; their number is told in full. */
const MOST_FAULTS = 100;
const SAMPLE = 5;

/** A table that was received: on the disk where it is large, in a file without a name. */
export type Held = Readonly<{ kind: FileKind; spill: Spill; isWhole: boolean }>;

/**
 * Takes a table in, to be read more than once. `dispose` its spill when done.
 * @param isWhole false where only the beginning was sent
 * @throws AppError `too_large`; whatever `chunks` throws
 */
export async function holdTable(
  newId: () => string,
  chunks: AsyncIterable<Buffer>,
  isWhole: boolean,
): Promise<Held> {
  const spill = createSpill(newId);
  const probe = createEncodingProbe();
  try {
    for await (const chunk of chunks) {
      if (spill.size() + chunk.length > LARGEST_TABLE) {
        throw new AppError('too_large', `a table has at most ${LARGEST_TABLE >> 20} MB`);
      }
      probe.push(chunk);
      await spill.write(chunk);
    }
    return { kind: probe.result(isWhole), spill, isWhole };
  } catch (error) {
    await spill.dispose();
    throw error;
  }
}

/** Rows with something in them, in their order, the heading among them; a few hundred at a time. */
export async function* recordsOf({ kind, spill, isWhole }: Held) {
  const encoding = kind === 'shift_jis' ? 'shift_jis' : 'utf-8';
  let before: { row: number; cells: readonly string[] | undefined }[] = [];
  for await (const batch of readCsv(decodeTable(spill.content(), encoding))) {
    const records = batch.filter(({ cells }) => !cells || cells.some((cell) => cell.trim() !== ''));
    if (records.length === 0) continue;
    yield before;
    before = records;
  }
  // The last record of a beginning may be cut short.
  yield isWhole ? before : before.slice(0, -1);
}

/** What a table turned out to be, before anything is done with it. */
export type Checked = Readonly<{
  heading: readonly string[];
  columns: Columns;
  rows: number;
  /** The first rows, for people to look at. */
  sample: readonly (readonly string[])[];
  /** The first of them; `faultCount` says how many there are. */
  faults: readonly RowFault[];
  faultCount: number;
}>;

export type Unusable = Readonly<{
  reason: 'workbook' | 'utf-16' | 'empty' | 'too-many-rows' | 'columns';
  heading: readonly string[];
  faults: readonly ColumnFault[];
}>;

function unusable(reason: Unusable['reason'], heading: readonly string[] = []): { unusable: Unusable } {
  return { unusable: { reason, heading, faults: [] } };
}

/**
 * Reads a table from one end to the other and changes nothing.
 * @param progress called with the rows read so far
 * @param signal ends it by its reason
 */
export async function checkTable(
  held: Held,
  chosen: ChosenColumns,
  progress: (rows: number) => void,
  signal: AbortSignal,
): Promise<Readonly<{ checked: Checked } | { unusable: Unusable }>> {
  if (held.kind === 'workbook' || held.kind === 'utf-16') return unusable(held.kind);
  let heading: readonly string[] | undefined;
  let columns: Columns = {};
  let [rows, faultCount] = [0, 0];
  const sample: (readonly string[])[] = [];
  const faults: RowFault[] = [];
  const blame = (found: readonly RowFault[]) => {
    faultCount += found.length;
    faults.push(...found.slice(0, MOST_FAULTS - faults.length));
  };
  for await (const records of recordsOf(held)) {
    signal.throwIfAborted();
    for (const { row, cells } of records) {
      if (!heading) {
        heading = cells ?? [];
        const found = columnsOf(heading, chosen);
        if ('faults' in found) return { unusable: { reason: 'columns', heading, faults: found.faults } };
        columns = found.columns;
        continue;
      }
      rows += 1;
      if (rows > MOST_ROWS) return unusable('too-many-rows', heading);
      if (!cells) {
        blame([{ row, column: '', reason: 'malformed' }]);
        continue;
      }
      if (sample.length < SAMPLE) sample.push(cells);
      blame(faultsOfRow(row, cells, heading, columns));
    }
    progress(rows);
  }
  if (!heading || rows === 0) return unusable('empty', heading);
  return { checked: { heading, columns, rows, sample, faults, faultCount } };
}
