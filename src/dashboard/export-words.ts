import type { Locale } from '../company/store.js';
import type { ExportName } from './export-tables.js';
import type { FeedTable } from './feed.js';

const ja = {
  title: 'データの書き出し',
  lead: 'CSVはUTF-8（BOMつき）で、Excelでそのまま開けます。日時は会社のタイムゾーンです。',
  from: '開始日',
  to: '終了日',
  period: '期間を絞る',
  all: '空欄のままにすると、すべての期間を書き出します。',
  files: 'ファイル',
  tables: {
    messages: { name: 'メール', what: '1通ごとの判定、理由、処理の結果。アドレスは含みません。' },
    clicks: { name: 'クリック', what: '1回ごとの日時、訪問者の種類、端末。だれのリンクかは含みません。' },
    registrations: { name: '登録', what: '日・求人・段階・媒体ごとの登録数。個人の情報は含みません。' },
    daily: { name: '日ごとの数値', what: '通知、クリック、登録などの日ごとの合計。' },
  } satisfies Record<ExportName, { name: string; what: string }>,
  report: '月次レポート',
  reportLead: '印刷やPDFでの保存に適した1か月分のまとめです。',
  openReport: '今月のレポートを開く',
  feeds: 'スプレッドシート連携',
  feedsLead:
    'Googleスプレッドシート（IMPORTDATA）、Looker Studio、Excelから読み込める専用のアドレスです。人数や件数だけを含み、個人の情報は含みません。アドレスを知っている人はだれでも読めますので、取り扱いにご注意ください。',
  noFeeds: 'まだありません。',
  label: '名前',
  labelHint: '例: 採用会議のシート',
  create: 'アドレスを発行する',
  rotate: 'アドレスを変える',
  revoke: '無効にする',
  hint: (end: string) => `末尾 ${end}`,
  created: (at: string) => `${at} に発行`,
  rotated: (at: string) => `${at} に変更`,
  lastRead: (at: string) => `最後の読み込み ${at}`,
  neverRead: '読み込みはまだありません',
  adminsOnly: '発行や無効化は管理者の方ができます。',
  revoked: 'アドレスを無効にしました。',
  newTitle: '発行したアドレス',
  newLead: 'このアドレスが表示されるのは今だけです。コピーして保管してください。',
  sheets: 'Googleスプレッドシートでは、セルに次の式を入れます。',
  feedTables: {
    daily: '日ごと',
    jobs: '求人ごと',
    stages: '段階ごと',
    sources: '媒体ごと',
    registrations: '登録',
    standing: '紹介枠',
  } satisfies Record<FeedTable, string>,
  back: '戻る',
  faulty: '名前を100文字までで入力してください。',
};
export type ExportWords = typeof ja;

const en: ExportWords = {
  title: 'Export',
  lead: 'CSV comes in UTF-8 with a byte order mark, as Excel wants it. Times are in your company’s time zone.',
  from: 'From',
  to: 'To',
  period: 'Choose days',
  all: 'Leave both empty for everything.',
  files: 'Files',
  tables: {
    messages: { name: 'Mails', what: 'Each mail with its verdict, why, and what was done. No addresses.' },
    clicks: {
      name: 'Clicks',
      what: 'Each click with its time, kind of visitor and device. Not whose link it was.',
    },
    registrations: { name: 'Registrations', what: 'Counts by day, job, stage and source. Nobody’s data.' },
    daily: { name: 'Daily figures', what: 'Notices, clicks, registrations and the rest, day by day.' },
  },
  report: 'Monthly report',
  reportLead: 'One month on a page, made for printing and for saving as PDF.',
  openReport: 'Open this month’s report',
  feeds: 'Spreadsheets',
  feedsLead:
    'Addresses that Google Sheets (IMPORTDATA), Looker Studio and Excel read from. They hold counts alone, nobody’s data. Whoever knows an address can read it: keep it to yourselves.',
  noFeeds: 'None yet.',
  label: 'Name',
  labelHint: 'e.g. sheet of the hiring meeting',
  create: 'Make an address',
  rotate: 'Change the address',
  revoke: 'Revoke',
  hint: (end) => `ends in ${end}`,
  created: (at) => `made ${at}`,
  rotated: (at) => `changed ${at}`,
  lastRead: (at) => `last read ${at}`,
  neverRead: 'not read yet',
  adminsOnly: 'Your admins make and revoke them.',
  revoked: 'The address is revoked.',
  newTitle: 'Your new address',
  newLead: 'It is shown now and never again. Copy it to where you need it.',
  sheets: 'In Google Sheets, put this formula into a cell:',
  feedTables: {
    daily: 'By day',
    jobs: 'By job',
    stages: 'By stage',
    sources: 'By source',
    registrations: 'Registrations',
    standing: 'Credits',
  },
  back: 'Back',
  faulty: 'Please give a name of at most 100 characters.',
};

const words: Readonly<Record<Locale, ExportWords>> = { ja, en };

export function exportWordsOf(locale: Locale): ExportWords {
  return words[locale];
}
