import { withoutGuard } from '../csv/write.js';
import type { Keys } from '../keys.js';
import { isAddress, isPrintable, LONGEST_ADDRESS, LONGEST_LABEL } from '../link/label.js';
import type { LinkRequest } from '../link/mint.js';
import { type Columns, FIELDS, type Field } from './columns.js';

/** Why a row, or a whole table, was not taken. Each has its sentence in the dictionaries. */
export type RowReason =
  | 'malformed'
  | 'cell-count'
  | 'unreadable'
  | 'no-address'
  | 'no-one'
  | 'too-long'
  | 'control-character';

/** `row` as a spreadsheet counts it; `column` by its name, `''` for the whole row. */
export type RowFault = Readonly<{ row: number; column: string; reason: RowReason }>;

type Given = Partial<Record<Field, string>>;

function givenOf(cells: readonly string[], columns: Columns): Given {
  const given: Given = {};
  for (const field of FIELDS) {
    const at = columns[field];
    const text = at === undefined ? '' : withoutGuard(cells[at]!.trim());
    if (text !== '') given[field] = text;
  }
  return given;
}

function reasonOf(field: Field, text: string): RowReason | undefined {
  if (field === 'recipient') {
    return isAddress(text) && text.length <= LONGEST_ADDRESS ? undefined : 'no-address';
  }
  if (text.length > LONGEST_LABEL) return 'too-long';
  return isPrintable(text) ? undefined : 'control-character';
}

/** What is wrong with a row; empty when it can have its link. */
export function faultsOfRow(
  row: number,
  cells: readonly string[],
  heading: readonly string[],
  columns: Columns,
): RowFault[] {
  if (cells.length !== heading.length) return [{ row, column: '', reason: 'cell-count' }];
  const unreadable = cells.findIndex((cell) => cell.includes('\uFFFD'));
  if (unreadable !== -1) return [{ row, column: heading[unreadable]!, reason: 'unreadable' }];
  const given = givenOf(cells, columns);
  if (!given.recipient && !given.externalId) return [{ row, column: '', reason: 'no-one' }];
  return FIELDS.flatMap((field) => {
    const reason = given[field] && reasonOf(field, given[field]);
    return reason ? [{ row, column: heading[columns[field]!]!, reason }] : [];
  });
}

/**
 * What a row asks for. The same row asks for the same link whenever it comes: a row is the same by the company's own
 * id of the candidate, else by the address, and by job and stage, for which somebody may be rejected more than once.
 */
export function requestOf(
  keys: Keys,
  companyId: string,
  cells: readonly string[],
  columns: Columns,
): LinkRequest {
  const { recipient, ...labels } = givenOf(cells, columns);
  const who = labels.externalId ? ['id', labels.externalId] : ['address', recipient!.toLowerCase()];
  const parts = ['table', companyId, ...who, labels.job ?? '', labels.stage ?? ''];
  return { recipient, labels, mintKey: keys.hash('mint', ...parts) };
}
