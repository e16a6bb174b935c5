import type { Locale, NoticeKind, Policy } from '../company/store.js';
import type { ExclusionSource } from '../credit/exclusion.js';

/** What a form of the settings or of exclusions came to. */
export const SETTINGS_SAID = ['saved', 'excluded', 'ended', 'stands', 'unknown', 'invalid', 'taken'] as const;
export type SettingsSaid = (typeof SETTINGS_SAID)[number];

const ja = {
  title: '設定',
  lead: '会社全体に共通の設定です。',
  readOnly: '変更できるのは、管理者の方だけです。',
  save: '保存する',
  general: {
    title: '会社',
    name: '会社名',
    policy: 'リンクを入れる条件',
    policies: {
      auto: '不採用通知と判定したメールに入れる',
      explicit: 'ヘッダーか目印があるメールだけに入れる',
      all: 'すべてのメールに入れる',
      shadow: '判定だけを行い、入れない（お試し）',
    } satisfies Record<Policy, string>,
    locale: 'お知らせと貼る文面の言語',
    localeHint: 'メールに入る文面は、メールそのものの言語に合わせます。',
    locales: { ja: '日本語', en: '英語' } satisfies Record<Locale, string>,
    timeZone: 'タイムゾーン',
    timeZoneHint: '日付の区切りと、画面の時刻に使います。例：Asia/Tokyo',
  },
  linkHost: {
    title: 'リンクのドメイン',
    lead: (example: string) =>
      `応募者に届くリンクを、御社のドメインの下に置けます（例：${example}）。空にすると、共通のドメインに戻ります。以前のリンクはそのまま使えます。`,
    host: 'ホスト名',
    record: 'DNSに次のレコードを設定してください。',
    check: 'DNSを確かめる',
    states: {
      here: '正しく設定されています。',
      elsewhere: (to: string) =>
        `別の場所（${to}）を指しています。上のレコードに書き換えてください。反映には、しばらくかかることがあります。`,
      missing: 'まだ設定が見つかりません。設定したばかりのときは、しばらく待ってからお確かめください。',
      unanswered:
        'DNSサーバーから応答がありませんでした。設定の良し悪しは分かりません。時間をおいてお試しください。',
    },
    certificate: 'あわせて、このホスト名の証明書を運営者がご用意します。',
  },
  notices: {
    title: 'メールでのお知らせ',
    lead: 'チェックを外したお知らせは、どの担当者にも送りません。',
    kinds: {
      nearly_there: '次の無料紹介枠まで、あと2名になったとき',
      credit_earned: '無料紹介枠を獲得したとき',
      credit_expiring: '無料紹介枠の期限が近づいたとき（30日前と7日前）',
      monthly_summary: '毎月1日の、先月のまとめ',
    } satisfies Record<NoticeKind, string>,
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
    taken: 'このホスト名は、ほかの会社が使っています。何も変更していません。',
  } satisfies Record<SettingsSaid, string>,
};

export type SettingsWords = typeof ja;

const en: SettingsWords = {
  title: 'Settings',
  lead: 'What holds for the whole company.',
  readOnly: 'Only an administrator can change this.',
  save: 'Save',
  general: {
    title: 'Company',
    name: 'Name',
    policy: 'A link goes into',
    policies: {
      auto: 'mail that is judged a rejection',
      explicit: 'mail with the header or a placeholder only',
      all: 'every mail',
      shadow: 'none: mail is judged only (trying out)',
    },
    locale: 'Language of notices and template lines',
    localeHint: 'What is inserted into a mail follows the language of the mail.',
    locales: { ja: 'Japanese', en: 'English' },
    timeZone: 'Time zone',
    timeZoneHint: 'Where days begin, and the times on these pages. For example: Asia/Tokyo',
  },
  linkHost: {
    title: 'Domain of links',
    lead: (example) =>
      `The links that candidates get can stand on your own domain (for example ${example}). Leave it empty for the common one. Earlier links go on working.`,
    host: 'Host name',
    record: 'Please set this record in your DNS.',
    check: 'Check the DNS',
    states: {
      here: 'It is set as it should be.',
      elsewhere: (to) =>
        `It leads elsewhere (${to}). Please change it to the record above; that may take a while to show.`,
      missing: 'Nothing is found yet. If you have just set it, please wait a while and check again.',
      unanswered:
        'No name server answered, so nothing can be said of the setting. Please try again in a while.',
    },
    certificate: 'The operator prepares the certificate for this host name.',
  },
  notices: {
    title: 'Notices by mail',
    lead: 'A notice that is not ticked is sent to nobody.',
    kinds: {
      nearly_there: 'When two referrals are left until the next free credit',
      credit_earned: 'When a free credit is earned',
      credit_expiring: 'When a free credit will expire (30 and 7 days before)',
      monthly_summary: 'On the first of each month, a summary of the last one',
    },
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
    taken: 'Another company uses this host name. Nothing was changed.',
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
