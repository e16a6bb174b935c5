import type { Locale } from '../company/store.js';
import type { Field } from '../merge/columns.js';
import { sentencesEn, sentencesJa } from '../merge/sentences.js';

const ja = {
  title: 'CSVでリンクを発行',
  lead: '不採用になった方の一覧をCSVで渡すと、お一人ずつのリンクを relay_url という列に加えてお返しします。差し込みメールにそのままお使いください。',
  file: '応募者の一覧（CSV、UTF-8かShift_JIS）',
  again: '列の対応がよければ、同じファイルをもう一度選んで発行してください。',
  check: '内容を確認する',
  issue: 'リンクを発行する',
  columns: '列の対応',
  columnsHint: '見出しから推測しました。違うところは選び直してください。',
  fields: {
    recipient: 'メールアドレス',
    externalId: '応募者ID',
    job: '職種',
    stage: '選考段階',
    source: '応募経路',
  } satisfies Record<Field, string>,
  none: '（使わない）',
  sample: 'はじめの行',
  rows: (count: string) => `${count}行あります。`,
  encoding: { 'utf-8': 'UTF-8', shift_jis: 'Shift_JIS' },
  faulty: (count: string) => `${count}か所に誤りがあるため、リンクは1件も発行していません。`,
  faultyPreview: (count: string) => `${count}か所に誤りがあります。直してから発行してください。`,
  more: (count: string) => `ほか${count}か所`,
  row: '行',
  column: '列',
  wrong: '誤り',
  noFile: 'ファイルを選んでください。',
  busy: 'ほかの一覧を処理しています。1分ほどしてからもう一度お試しください。',
  tooLarge: 'ファイルが大きすぎます。',
  failed:
    '通信が途切れました。リンクは渡されていません。もう一度お試しください。同じ行には同じリンクが発行されます。',
  sending: '送信しています',
  checking: '行を確認しています',
  minting: 'リンクを発行しています',
  cancel: '中止する',
  cancelled: '中止しました。',
  done: '発行が終わりました。',
  download: 'リンク付きのCSVをダウンロード',
  notes: '取り扱い',
  noteList: [
    '同じ応募者（IDがあればID、なければアドレス）で職種と選考段階も同じ行には、何度でも同じリンクを発行します。途中でやめても、やり直せます。',
    '誤りが1か所でもあれば、1件も発行しません。',
    '元の列はそのまま残します。ただし、表計算ソフトが数式として実行してしまう内容（= や @ で始まるものなど）には、先頭に ’ を付けます。',
    'お預かりしたファイルは、お返しした時点で消えます。アドレスは、送信記録と同じ期間だけリンクとともに保管します。',
  ],
  sentences: sentencesJa,
};

export type MergeWords = typeof ja;

const en: MergeWords = {
  title: 'Links by CSV',
  lead: 'Give us a table of rejected candidates as CSV and get it back with a link for each of them, in the column relay_url. Use it for your mail merge as it is.',
  file: 'Table of candidates (CSV, UTF-8 or Shift_JIS)',
  again: 'If the columns are right, choose the same file again and issue the links.',
  check: 'Check the table',
  issue: 'Issue links',
  columns: 'Columns',
  columnsHint: 'Guessed from the heading. Choose another where that is wrong.',
  fields: {
    recipient: 'Mail address',
    externalId: 'Candidate id',
    job: 'Job',
    stage: 'Stage',
    source: 'Source',
  },
  none: '(not used)',
  sample: 'First rows',
  rows: (count) => `${count} rows.`,
  encoding: { 'utf-8': 'UTF-8', shift_jis: 'Shift_JIS' },
  faulty: (count) => `No link was issued: there are ${count} faults.`,
  faultyPreview: (count) => `There are ${count} faults. Please mend them first.`,
  more: (count) => `and ${count} more`,
  row: 'Row',
  column: 'Column',
  wrong: 'Fault',
  noFile: 'Please choose a file.',
  busy: 'Other tables are being worked on. Please try again in a minute.',
  tooLarge: 'The file is too large.',
  failed:
    'The connection broke; no link was handed over. Please try again: the same rows get the same links.',
  sending: 'Sending',
  checking: 'Checking rows',
  minting: 'Issuing links',
  cancel: 'Cancel',
  cancelled: 'Cancelled.',
  done: 'All links are issued.',
  download: 'Download the CSV with links',
  notes: 'How it works',
  noteList: [
    'Rows of the same candidate (by id, else by address) with the same job and stage get the same link, however often you send them. You can stop and begin again.',
    'If there is a single fault, no link is issued.',
    'Your columns stay as they are, but for what a spreadsheet would run as a formula (beginning with = or @, say): that gets a ’ in front.',
    'Your file is gone once you have it back. Addresses are kept with the links for as long as the record of mails.',
  ],
  sentences: sentencesEn,
};

const words: Readonly<Record<Locale, MergeWords>> = { ja, en };

export function mergeWordsOf(locale: Locale): MergeWords {
  return words[locale];
}
