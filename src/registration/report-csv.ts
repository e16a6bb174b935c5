import iconv from 'iconv-lite';
import type { FieldFault } from '../errors.js';
import { checkReport } from './batch.js';

export const MOST_ROWS = 5_000;

const COLUMNS = [
  'externalId',
  'code',
  'clickId',
  'status',
  'occurredAt',
  'email',
  'name',
  'consentVersion',
  'consentAt',
] as const;
type Column = (typeof COLUMNS)[number];

/** Row numbers as a spreadsheet shows them: the heading is row 1. */
export type RowFault = Readonly<{ row: number } & FieldFault>;

export type ReadTable = Readonly<{
  rows: number;
  /** What the sound rows report, in the form of the JSON call. */
  inputs: readonly Readonly<{ row: number; input: unknown }>[];
  faults: readonly RowFault[];
}>;

/** UTF-8 where the bytes are that, else what Excel writes in Japan (windows-31j); a byte order mark is no text. */
export function decodeTable(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return iconv.decode(bytes, 'cp932');
  }
}

/** Records of a CSV text (RFC 4180): quotes, quotes in quotes, line ends inside quotes; LF as well as CRLF. */
export function recordsOf(text: string): string[][] {
  const records: string[][] = [];
  const cell = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/gy;
  let record: string[] = [];
  while (cell.lastIndex < text.length) {
    const start = cell.lastIndex;
    const found = cell.exec(text);
    if (!found) return [...records, ...malformedFrom(text, start, record)];
    record.push(found[1]?.replaceAll('""', '"') ?? found[2] ?? '');
    if (found[3] !== ',') {
      records.push(record);
      record = [];
    } else if (cell.lastIndex === text.length) record.push('');
  }
  return record.length > 0 ? [...records, record] : records;
}

/** A quote that stands or ends where none may: what follows cannot be told apart, so it is one record, whole. */
function malformedFrom(text: string, at: number, record: readonly string[]): string[][] {
  return [[...record, text.slice(at)]];
}

function inputOf(cells: ReadonlyMap<Column, string>): unknown {
  const given = (column: Column) => cells.get(column)?.trim() || undefined;
  const [email, name] = [given('email'), given('name')];
  const [version, at] = [given('consentVersion'), given('consentAt')];
  const simple = ['externalId', 'code', 'clickId', 'status', 'occurredAt'] as const;
  return {
    ...Object.fromEntries(simple.flatMap((column) => (given(column) ? [[column, given(column)]] : []))),
    ...(email || name ? { candidate: { email, ...(name ? { name } : {}) } } : {}),
    ...(version || at ? { consent: { version, at } } : {}),
  };
}

function headingFaults(heading: readonly string[]): RowFault[] {
  const known = new Set<string>(COLUMNS);
  const faults = heading.flatMap((name) =>
    known.has(name)
      ? []
      : [{ row: 1, field: name, message: `is no column; there are ${COLUMNS.join(', ')}` }],
  );
  const missing = ['externalId', 'status'].filter((name) => !heading.includes(name));
  return [...faults, ...missing.map((field) => ({ row: 1, field, message: 'this column is missing' }))];
}

/** Reads a table of reports. Never throws: every fault is told with its row. */
export function readTable(bytes: Buffer): ReadTable {
  const [first = [], ...records] = recordsOf(decodeTable(bytes));
  const heading = first.map((name) => name.trim());
  const faults = headingFaults(heading);
  if (records.length > MOST_ROWS) faults.push({ row: MOST_ROWS + 2, field: '', message: 'too many rows' });
  if (faults.length > 0) return { rows: records.length, inputs: [], faults };
  const inputs: { row: number; input: unknown }[] = [];
  records.forEach((cells, index) => {
    const row = index + 2;
    if (cells.every((cell) => cell.trim() === '')) return;
    if (cells.length !== heading.length) {
      faults.push({ row, field: '', message: `has ${cells.length} cells, the heading ${heading.length}` });
      return;
    }
    const input = inputOf(new Map(heading.map((name, at) => [name as Column, cells[at]!])));
    const checked = checkReport(input);
    if ('errors' in checked) faults.push(...checked.errors.map((fault) => ({ row, ...fault })));
    else inputs.push({ row, input });
  });
  return { rows: records.length, inputs, faults };
}
