import type { Locale } from '../company/store.js';

const ja = {
  journal: '記録',
  review: '確認',
  links: 'リンク一覧',
  lines: '貼る文面',
  table: 'CSVで発行',
  general: '全般',
  connection: '接続方法',
  credentials: '認証情報',
  members: 'メンバー',
  exports: 'データの書き出し',
  audit: '操作の記録',
};

/** What the pages within a place are called. */
export type PlaceWords = typeof ja;

const en: PlaceWords = {
  journal: 'Journal',
  review: 'Review',
  links: 'All links',
  lines: 'Template lines',
  table: 'From a table',
  general: 'General',
  connection: 'Connection',
  credentials: 'Credentials',
  members: 'Members',
  exports: 'Exports',
  audit: 'Audit log',
};

const WORDS: Readonly<Record<Locale, PlaceWords>> = { ja, en };

export function placeWordsOf(locale: Locale): PlaceWords {
  return WORDS[locale];
}
