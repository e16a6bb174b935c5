import type { Company } from '../company/store.js';
import { csvCell } from '../csv/write.js';
import type { Db } from '../db/db.js';
import { workbookOf } from '../workbook/workbook.js';
import type { Cell, Column, ColumnKind } from '../workbook/xml.js';
import {
  type ExportedClick,
  type ExportedMessage,
  exportedClicks,
  exportedMessages,
  exportedRegistrations,
} from './export-queries.js';
import type { Range } from './queries.js';
import { figuresBy, type KeyedFigures } from './stats.js';

export const EXPORTS = ['messages', 'clicks', 'registrations', 'daily'] as const;
export type ExportName = (typeof EXPORTS)[number];
export const FORMATS = ['csv', 'xlsx'] as const;
export type ExportFormat = (typeof FORMATS)[number];

/** A table that is written while it is read. Column names are English in every language: programs read them. */
export type Table = Readonly<{
  columns: readonly Column[];
  batches(): AsyncIterable<readonly (readonly Cell[])[]>;
}>;

/** Rows read at once. */
const BATCH = 2_000;

function columnsOf(kinds: Readonly<Record<string, ColumnKind>>): Column[] {
  return Object.entries(kinds).map(([name, kind]) => ({ name, kind }));
}

const LABELS = { job: 'text', stage: 'text', source: 'text' } as const;

async function* pages<Row extends { at: Date; id: string }>(
  read: (after: Row | undefined) => Promise<Row[]>,
  shown: (row: Row) => Cell[],
): AsyncGenerator<Cell[][]> {
  let last: Row | undefined;
  for (;;) {
    const rows: Row[] = await read(last);
    if (rows.length > 0) yield rows.map(shown);
    last = rows.at(-1);
    if (rows.length < BATCH) return;
  }
}

async function* once<Row>(read: Promise<Row[]>, shown: (row: Row) => Cell[]): AsyncGenerator<Cell[][]> {
  yield (await read).map(shown);
}

/** What told the verdict, in the words of the mail. */
function cueText(cues: unknown): string {
  const list: readonly unknown[] = Array.isArray(cues) ? cues : [];
  return list.map((cue) => String((cue as { phrase?: unknown }).phrase ?? cue)).join('; ');
}

function messagesTable(db: Db, companyId: string, range: Range): Table {
  const kinds = {
    received_at: 'moment',
    verdict: 'text',
    cues: 'text',
    action: 'text',
    reason: 'text',
  } as const;
  return {
    columns: columnsOf({ ...kinds, outcome: 'text', ...LABELS, external_id: 'text', id: 'text' }),
    batches: () =>
      pages<ExportedMessage>(
        (after) => exportedMessages(db, companyId, range, after, BATCH),
        (row) => [
          ...[row.local, row.verdict, cueText(row.cues), row.action, row.reason, row.outcome],
          ...[row.job, row.stage, row.source, row.externalId, row.id],
        ],
      ),
  };
}

function clicksTable(db: Db, companyId: string, range: Range): Table {
  const kinds = { at: 'moment', visitor_class: 'text', cues: 'text', ...LABELS } as const;
  return {
    columns: columnsOf({ ...kinds, device: 'text', os: 'text', browser: 'text' }),
    batches: () =>
      pages<ExportedClick>(
        (after) => exportedClicks(db, companyId, range, after, BATCH),
        (row) => [
          ...[row.local, row.class, row.cues.join('; '), row.job, row.stage, row.source],
          ...[row.device, row.os, row.browser],
        ],
      ),
  };
}

function registrationsTable(db: Db, companyId: string, range: Range): Table {
  const counts = { received: 'number', counted: 'number', reversed: 'number' } as const;
  return {
    columns: columnsOf({ day: 'day', ...LABELS, ...counts }),
    batches: () =>
      once(exportedRegistrations(db, companyId, range), (row) => [
        ...[row.day, row.job, row.stage, row.source, row.received, row.counted, row.reversed],
      ]),
  };
}

/** The figures in the order of a row. */
const FIGURES = [
  'notices',
  'notices_with_link',
  'mails_relayed',
  'mails_rejections',
  'mails_inserted',
  'mails_unsure',
  'clicks_human',
  'clicks_suspected',
  'clicks_scanner',
  'clicks_bot',
  'clicks_prefetch',
  'candidates_clicked',
  'registrations_received',
  'registrations_pending',
  'registrations_counted',
  'registrations_reversed',
] as const;

function figuresRow(row: KeyedFigures): Cell[] {
  const { mails, clicks, registrations } = row;
  return [
    ...[row.key, row.notices, row.withLink, mails.relayed, mails.rejections, mails.inserted, mails.unsure],
    ...[clicks.human, clicks.suspected, clicks.scanner, clicks.bot, clicks.prefetch, row.candidatesClicked],
    ...[registrations.received, registrations.pending, registrations.counted, registrations.reversed],
  ];
}

/** The figures of a company in counts, one row a day or a label; those without a label last, with an empty name. */
export function figuresTable(
  db: Db,
  companyId: string,
  range: Range,
  by: 'day' | 'job' | 'stage' | 'source',
): Table {
  const counts = Object.fromEntries(FIGURES.map((name) => [name, 'number'] as const));
  return {
    columns: columnsOf({ [by]: by === 'day' ? 'day' : 'text', ...counts }),
    batches: () => once(figuresBy(db, companyId, range, by), figuresRow),
  };
}

/** The table of a name. @param days both inclusive, in the company's time zone; none: everything */
export function exportTable(
  db: Db,
  company: Pick<Company, 'id' | 'timeZone'>,
  name: ExportName,
  days: Readonly<{ from?: string; to?: string }>,
): Table {
  const range = {
    from: days.from ?? '-infinity',
    to: days.to ?? 'infinity',
    timeZone: company.timeZone,
  };
  switch (name) {
    case 'messages':
      return messagesTable(db, company.id, range);
    case 'clicks':
      return clicksTable(db, company.id, range);
    case 'registrations':
      return registrationsTable(db, company.id, range);
    case 'daily':
      return figuresTable(db, company.id, range, 'day');
  }
}

/** The table as text, batch by batch. What a spreadsheet would take for a formula is told to be a text (`csvCell`). */
export async function* csvOf({ columns, batches }: Table): AsyncGenerator<string> {
  const lines = (rows: readonly (readonly Cell[])[]) =>
    rows.map((row) => `${row.map(csvCell).join(',')}\r\n`).join('');
  yield lines([columns.map(({ name }) => name)]);
  for await (const batch of batches()) yield lines(batch);
}

/** What `format` writes of a table, as it comes; CSV with the byte order mark that Excel asks for. */
export async function* fileOf(
  table: Table,
  format: ExportFormat,
  name: string,
): AsyncGenerator<string | Uint8Array> {
  if (format === 'xlsx') {
    yield* workbookOf(name, table.columns, table.batches());
    return;
  }
  yield '\uFEFF';
  yield* csvOf(table);
}
