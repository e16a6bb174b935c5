import type { Locale } from '../company/store.js';
import type { LinkOrigin } from '../link/store.js';

/** What the form that revokes came to. */
export const LINKS_SAID = ['revoked', 'unknown'] as const;
export type LinksSaid = (typeof LINKS_SAID)[number];

const ja = {
  title: 'リンク一覧',
  lead: '応募者ごとに発行したリンクです。どなたが開いたかは表示しません。',
  staticTitle: '固定リンク',
  staticLead:
    'メールをこのサービスに通せないときに、テンプレートへ貼るURLです。取り消されることはありません。',
  staticLines: '貼る文面とQRコードを見る',
  search: 'コード・職種・選考段階・経路・整理番号',
  state: '状態',
  states: { all: 'すべて', live: '有効', revoked: '取り消し済み' },
  apply: '検索する',
  clear: '条件を消す',
  columns: {
    link: 'リンク',
    labels: '職種・選考段階',
    externalId: '整理番号',
    origin: '発行元',
    at: '発行日時',
  },
  origins: {
    smtp: 'メール',
    sendgrid: 'SendGrid',
    api: 'API',
    import: 'CSV',
    static: '固定',
  } satisfies Record<LinkOrigin, string>,
  qr: 'QRコード',
  qrOf: (code: string) => `${code} のQRコード`,
  revoke: '取り消す',
  revokeOf: (code: string) => `${code} を取り消す`,
  revokeAsk:
    'このリンクを取り消しますか。開いた方には、このリンクが使えないことと、ほかの進み方をお伝えします。元には戻せません。',
  revokeYes: '取り消します',
  revokedAt: (at: string) => `${at} に取り消し`,
  none: 'リンクはまだありません',
  noneLead: '不採用メールがこのサービスを通ると、応募者ごとのリンクがここに並びます。',
  noneFound: '条件に合うリンクはありません。',
  begin: '接続方法を見る',
  older: '前の50件',
  newest: '最新に戻る',
  said: {
    revoked: 'リンクを取り消しました。',
    unknown: 'リンクが見つかりません。',
  } satisfies Record<LinksSaid, string>,
};

/** What the page of links says. */
export type LinkWords = typeof ja;

const en: LinkWords = {
  title: 'Links',
  lead: 'Links that were made for one candidate each. Who opened them is not shown.',
  staticTitle: 'Static link',
  staticLead: 'For templates of systems whose mail cannot pass through here. It is never taken back.',
  staticLines: 'Lines to paste and QR code',
  search: 'Code, job, stage, source, own id',
  state: 'State',
  states: { all: 'All', live: 'In force', revoked: 'Revoked' },
  apply: 'Search',
  clear: 'Clear',
  columns: { link: 'Link', labels: 'Job, stage', externalId: 'Own id', origin: 'Made by', at: 'Made' },
  origins: { smtp: 'Mail', sendgrid: 'SendGrid', api: 'API', import: 'Table', static: 'Static' },
  qr: 'QR code',
  qrOf: (code) => `QR code of ${code}`,
  revoke: 'Revoke',
  revokeOf: (code) => `Revoke ${code}`,
  revokeAsk:
    'Take this link back? Whoever opens it is told that it is no longer in use, and shown another way on. This cannot be undone.',
  revokeYes: 'Revoke it',
  revokedAt: (at) => `Revoked ${at}`,
  none: 'No links yet',
  noneLead: 'When rejection mails pass through here, each candidate’s link is listed.',
  noneFound: 'No link fits.',
  begin: 'How to connect',
  older: 'The 50 before',
  newest: 'Back to the newest',
  said: { revoked: 'The link is revoked.', unknown: 'There is no such link.' },
};

const WORDS: Readonly<Record<Locale, LinkWords>> = { ja, en };

export function linkWordsOf(locale: Locale): LinkWords {
  return WORDS[locale];
}
