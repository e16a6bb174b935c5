import type { CompanyRole } from '../company/member-desk.js';
import type { Locale } from '../company/store.js';

/** What a form of the page came to. */
export const MEMBERS_SAID = [
  'invited',
  'stands',
  'changed',
  'removed',
  'same',
  'unknown',
  'last_admin',
  'invalid',
] as const;
export type MembersSaid = (typeof MEMBERS_SAID)[number];

export const COMPANY_ROLES_OFFERED = ['viewer', 'member', 'admin'] as const satisfies readonly CompanyRole[];

const ja = {
  title: 'メンバー',
  lead: 'この会社の画面にサインインできる方です。パスワードはなく、メールで届くリンクで入ります。',
  columns: { email: 'メールアドレス', role: '役割', since: '追加日' },
  you: 'ご自身',
  roles: { viewer: '閲覧者', member: '担当者', admin: '管理者' } satisfies Record<CompanyRole, string>,
  may: {
    viewer: '集計とメールの記録を見る',
    member: 'さらに、確認への回答、リンクの発行と取り消し',
    admin: 'さらに、設定、認証情報、メンバーの変更',
  } satisfies Record<CompanyRole, string>,
  change: '変更する',
  roleOf: (email: string) => `${email} の役割`,
  changeOf: (email: string) => `${email} の役割を変更する`,
  remove: '外す',
  removeOf: (email: string) => `${email} を外す`,
  removeAsk: (email: string) =>
    `${email} を外しますか。すぐにサインアウトされ、この会社の画面を開けなくなります。`,
  removeYes: '外します',
  onlyAdmin: '管理者が1名だけのため、変更できません。',
  invite: 'メンバーを招待する',
  inviteLead: 'サインイン画面のご案内を、メールでお送りします。',
  email: 'メールアドレス',
  role: '役割',
  language: '画面とメールの言語',
  languages: { ja: '日本語', en: 'English' } satisfies Record<Locale, string>,
  send: '招待を送る',
  readOnly: '招待や変更ができるのは、管理者の方だけです。',
  said: {
    invited: '招待のメールを送りました。',
    stands: 'すでにメンバーです。役割は一覧から変更できます。',
    changed: '役割を変更しました。',
    removed: 'メンバーから外しました。',
    same: '役割はそのままです。',
    unknown: 'メンバーが見つかりません。',
    last_admin:
      '最後の管理者は、外すことも役割を変えることもできません。先にほかの方を管理者にしてください。',
    invalid: 'メールアドレスをご確認ください。',
  } satisfies Record<MembersSaid, string>,
};

/** What the page of members says. */
export type MemberWords = typeof ja;

const en: MemberWords = {
  title: 'Members',
  lead: 'People who may sign in to the pages of this company. There are no passwords: they come in by a mailed link.',
  columns: { email: 'E-mail address', role: 'Role', since: 'Since' },
  you: 'you',
  roles: { viewer: 'Viewer', member: 'Member', admin: 'Administrator' },
  may: {
    viewer: 'sees figures and the journal of mails',
    member: 'also answers reviews, mints and revokes links',
    admin: 'also changes settings, credentials and members',
  },
  change: 'Change',
  roleOf: (email) => `Role of ${email}`,
  changeOf: (email) => `Change the role of ${email}`,
  remove: 'Remove',
  removeOf: (email) => `Remove ${email}`,
  removeAsk: (email) =>
    `Remove ${email}? They are signed out at once, and can no longer open the pages of this company.`,
  removeYes: 'Remove them',
  onlyAdmin: 'The only administrator cannot be changed.',
  invite: 'Invite somebody',
  inviteLead: 'They are told by mail where to sign in.',
  email: 'E-mail address',
  role: 'Role',
  language: 'Language of pages and mails',
  languages: { ja: '日本語', en: 'English' },
  send: 'Send the invitation',
  readOnly: 'Only an administrator can invite or change somebody.',
  said: {
    invited: 'The invitation is on its way.',
    stands: 'They are a member already; change the role in the list.',
    changed: 'The role is changed.',
    removed: 'They are no longer a member.',
    same: 'The role is the same as before.',
    unknown: 'There is no such member.',
    last_admin: 'The last administrator cannot be removed or changed. Make somebody else one first.',
    invalid: 'Please check the e-mail address.',
  },
};

const WORDS: Readonly<Record<Locale, MemberWords>> = { ja, en };

export function memberWordsOf(locale: Locale): MemberWords {
  return WORDS[locale];
}
