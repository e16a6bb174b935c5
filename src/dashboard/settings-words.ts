import type { Locale, NoticeKind } from '../company/store.js';
import type { ExclusionSource } from '../credit/exclusion.js';

/** What a form of the settings or of exclusions came to. */
export const SETTINGS_SAID = ['saved', 'excluded', 'ended', 'stands', 'unknown', 'invalid'] as const;
export type SettingsSaid = (typeof SETTINGS_SAID)[number];

const ja = {
  title: '設定',
  notices: {
    title: 'メールでのお知らせ',
    lead: 'チェックを外したお知らせは、どの担当者にも送りません。',
    kinds: {
      nearly_there: '次の無料紹介枠まで、あと2名になったとき',
      credit_earned: '無料紹介枠を獲得したとき',
      credit_expiring: '無料紹介枠の期限が近づいたとき（30日前と7日前）',
      monthly_summary: '毎月1日の、先月のまとめ',
    } satisfies Record<NoticeKind, string>,
    save: '保存する',
    readOnly: '変更できるのは、管理者の方だけです。',
  },
  exclusions: {
    title: '数えない方',
    ofCompany:
      '社員の方や動作確認の登録を、紹介として数えないようにできます。すでに成立した紹介は変わりません。',
    ofEvery: 'どの企業の紹介としても数えない方です。紹介会社がすでにご存じの会員などを登録します。',
    none: 'まだ登録はありません。',
    who: 'ドメインまたはメールアドレス',
    hint: '例：example.co.jp（サブドメインを含む）、test@example.jp',
    reason: '理由',
    add: '追加する',
    address: 'メールアドレス（1件）',
    kept: 'メールアドレスは照合用の値だけを保存し、画面には表示しません。理由に氏名やアドレスを書かないでください。',
    at: '追加した日時',
    source: '追加した側',
    sources: { operator: '運営者', agency: '紹介会社', company: '貴社' } satisfies Record<
      ExclusionSource,
      string
    >,
    sourcesOutside: { operator: '運営者', agency: '紹介会社', company: '企業' } satisfies Record<
      ExclusionSource,
      string
    >,
    state: '状態',
    stands: '適用中',
    endedAt: (at: string) => `${at} に解除`,
    end: '解除する',
    endOf: (what: string) => `${what}を解除する`,
    common: '共通の「数えない方」',
    toCommon: 'すべての企業に共通の「数えない方」',
  },
  said: {
    saved: '保存しました。',
    excluded: '追加しました。これからの登録に適用します。',
    ended: '解除しました。これからの登録に適用します。',
    stands: 'すでに追加されています。',
    unknown: '見つからないか、解除できるのは追加した側だけです。',
    invalid: '入力をご確認ください。何も変更していません。',
  } satisfies Record<SettingsSaid, string>,
};

export type SettingsWords = typeof ja;

const en: SettingsWords = {
  title: 'Settings',
  notices: {
    title: 'Notices by mail',
    lead: 'A notice that is not ticked is sent to nobody.',
    kinds: {
      nearly_there: 'When two referrals are left until the next free credit',
      credit_earned: 'When a free credit is earned',
      credit_expiring: 'When a free credit will expire (30 and 7 days before)',
      monthly_summary: 'On the first of each month, a summary of the last one',
    },
    save: 'Save',
    readOnly: 'Only an administrator can change this.',
  },
  exclusions: {
    title: 'People who do not count',
    ofCompany:
      'Your own employees and test registrations need not count as referrals. What has counted already stays as it is.',
    ofEvery: 'People who count for no company, such as members whom the agency knew before.',
    none: 'Nobody is left out yet.',
    who: 'Domain or e-mail address',
    hint: 'For example example.com (with its subdomains) or test@example.com',
    reason: 'Reason',
    add: 'Add',
    address: 'One e-mail address',
    kept: 'Of an address only a fingerprint is kept; it is never shown. Please put no names or addresses into the reason.',
    at: 'Added',
    source: 'By',
    sources: { operator: 'Operator', agency: 'Agency', company: 'You' },
    sourcesOutside: { operator: 'Operator', agency: 'Agency', company: 'Company' },
    state: 'State',
    stands: 'In force',
    endedAt: (at) => `Ended ${at}`,
    end: 'End',
    endOf: (what) => `End ${what}`,
    common: 'People who count nowhere',
    toCommon: 'People who count for no company',
  },
  said: {
    saved: 'Saved.',
    excluded: 'Added. It applies to registrations from now on.',
    ended: 'Ended. It applies to registrations from now on.',
    stands: 'It stands already.',
    unknown: 'Not found, or only the side that added it can end it.',
    invalid: 'Please check what you entered. Nothing was changed.',
  },
};

const WORDS: Readonly<Record<Locale, SettingsWords>> = { ja, en };

export function settingsWordsOf(locale: Locale): SettingsWords {
  return WORDS[locale];
}

/** What a page was told in its address; undefined for anything else. */
export function settingsSaid(told: unknown): SettingsSaid | undefined {
  return SETTINGS_SAID.find((one) => one === told);
}
