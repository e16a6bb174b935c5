import { FIELDS } from './columns.js';
import type { RowReason } from './row.js';
import { LARGEST_TABLE, MOST_ROWS, type Unusable } from './table.js';

type Sentences = Readonly<{
  row: Readonly<Record<RowReason, string>>;
  table: Readonly<Record<Unusable['reason'], string>>;
  column: Readonly<{ 'unknown-column': string; 'no-column': string }>;
}>;

/** What is wrong with a table, for programs and for English readers. */
export const sentencesEn: Sentences = {
  row: {
    malformed:
      'a quotation mark is opened and never closed, or stands where none may; nothing behind it was read',
    'cell-count': 'has more or fewer cells than the heading',
    unreadable: 'holds bytes that are neither UTF-8 nor Shift_JIS',
    'no-address': 'is no mail address',
    'no-one': 'names nobody: neither a mail address nor an id',
    'too-long': 'has more than 200 characters',
    'control-character': 'holds a line end or another control character',
  },
  table: {
    workbook: 'this is a workbook: save it as CSV',
    'utf-16': 'this is UTF-16: save it as CSV in UTF-8 or Shift_JIS',
    empty: 'there are no rows below the heading',
    'too-many-rows': `a table has at most ${MOST_ROWS} rows and ${LARGEST_TABLE >> 20} MB`,
    columns: 'the columns do not fit',
  },
  column: {
    'unknown-column': 'there is no column of this name',
    'no-column': `no column was recognised as the mail address or the id of the candidate: name one of ${FIELDS.slice(0, 2).join(', ')}`,
  },
};

export const sentencesJa: Sentences = {
  row: {
    malformed: '引用符（"）の位置に誤りがあり、ここから先を読めません',
    'cell-count': '列の数が見出しと合いません',
    unreadable: 'UTF-8でもShift_JISでもない文字が含まれています',
    'no-address': 'メールアドレスの形ではありません',
    'no-one': 'メールアドレスもIDも入っていません',
    'too-long': '200文字を超えています',
    'control-character': '改行などの制御文字が含まれています',
  },
  table: {
    workbook: 'Excelのファイルです。CSV形式で保存し直してください。',
    'utf-16': 'UTF-16で保存されています。UTF-8かShift_JISのCSVで保存し直してください。',
    empty: '見出しの下に行がありません。',
    'too-many-rows': `一度に扱えるのは${MOST_ROWS.toLocaleString('ja-JP')}行、${LARGEST_TABLE >> 20}MBまでです。`,
    columns: '列の対応を確認してください。',
  },
  column: {
    'unknown-column': 'この名前の列はありません',
    'no-column': 'メールアドレスか応募者IDの列を選んでください',
  },
};
