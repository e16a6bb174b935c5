import type { Scope } from '../company/credentials.js';
import type { Locale, Policy } from '../company/store.js';

/** What the forms of the page come to, when they show no secret. */
export const CREDENTIALS_SAID = ['revoked', 'unknown', 'invalid'] as const;
export type CredentialsSaid = (typeof CREDENTIALS_SAID)[number];

export const COMPANY_SCOPES = ['read', 'links', 'mail', 'admin'] as const satisfies readonly Scope[];
export type CompanyScope = (typeof COMPANY_SCOPES)[number];

const ja = {
  title: '認証情報',
  lead: 'メールサーバーやプログラムが、このサービスにつなぐときに使います。秘密の値は、発行したときに一度だけ表示します。',
  columns: { label: '名前', kind: '種類', policy: 'リンクを入れる条件', used: '最終利用', made: '発行日' },
  kinds: { smtp: 'SMTP（メール送信）', api: 'APIキー' },
  unnamed: '（名前なし）',
  never: '未使用',
  scopes: {
    read: '集計を読む',
    links: 'リンクを発行する',
    mail: 'メールを送る（SendGrid互換）',
    admin: '設定を変える',
  } satisfies Record<CompanyScope, string>,
  policies: {
    explicit: 'ヘッダーか目印があるメールだけ',
    auto: '不採用通知と判定したメール',
    all: 'すべてのメール',
    shadow: '判定だけ',
  } satisfies Record<Policy, string>,
  inherited: '会社の設定に従う',
  revoked: (at: string) => `${at} に失効`,
  revoke: '失効させる',
  revokeOf: (name: string) => `${name} を失効させる`,
  revokeAsk:
    'すぐに使えなくなります。これを使っているメールサーバーやプログラムは、送信や取得ができなくなります。元には戻せません。',
  revokeYes: '失効させます',
  none: '認証情報はまだありません',
  noneLead: 'まずはSMTPの認証情報を発行し、メールサーバーに設定してください。',
  create: '新しく発行する',
  kind: '種類',
  label: '名前（どこで使うか）',
  labelHint: '例：本社のPostfix、採用管理システム',
  scopesTitle: 'APIキーにできること',
  scopesHint: 'SMTPでは使いません。',
  policy: 'リンクを入れる条件',
  issue: '発行する',
  issued: '発行しました',
  once: 'この値は、この画面を離れると二度と表示できません。いま控えてください。',
  username: 'ユーザー名',
  password: 'パスワード',
  key: 'APIキー',
  done: '控えました。一覧に戻る',
  server: 'サーバー',
  port: 'ポート',
  copy: 'コピー',
  copied: 'コピーしました',
  said: {
    revoked: '失効させました。',
    unknown: '有効な認証情報が見つかりません。',
    invalid: '入力をご確認ください。APIキーには、できることを1つ以上選んでください。',
  } satisfies Record<CredentialsSaid, string>,
};

/** What the page of credentials says. */
export type CredentialWords = typeof ja;

const en: CredentialWords = {
  title: 'Credentials',
  lead: 'What mail servers and programs sign in with. A secret is shown once, when it is made.',
  columns: { label: 'Name', kind: 'Kind', policy: 'A link goes into', used: 'Last used', made: 'Made' },
  kinds: { smtp: 'SMTP (sending mail)', api: 'API key' },
  unnamed: '(no name)',
  never: 'never used',
  scopes: {
    read: 'read figures',
    links: 'mint links',
    mail: 'send mail (as SendGrid)',
    admin: 'change settings',
  },
  policies: {
    explicit: 'mail with header or placeholder',
    auto: 'mail judged a rejection',
    all: 'every mail',
    shadow: 'none: judge only',
  },
  inherited: 'as the company',
  revoked: (at) => `Revoked ${at}`,
  revoke: 'Revoke',
  revokeOf: (name) => `Revoke ${name}`,
  revokeAsk:
    'It stops working at once: the mail server or program that uses it can no longer send or read. This cannot be undone.',
  revokeYes: 'Revoke it',
  none: 'No credentials yet',
  noneLead: 'Begin with one for SMTP, and enter it in your mail server.',
  create: 'Make a new one',
  kind: 'Kind',
  label: 'Name (where it is used)',
  labelHint: 'For example: Postfix in Tokyo, applicant tracking',
  scopesTitle: 'What an API key may do',
  scopesHint: 'SMTP does not need these.',
  policy: 'A link goes into',
  issue: 'Make it',
  issued: 'Here it is',
  once: 'Once you leave this page it can never be shown again. Please keep it now.',
  username: 'User name',
  password: 'Password',
  key: 'API key',
  done: 'I have kept it. Back to the list',
  server: 'Server',
  port: 'Port',
  copy: 'Copy',
  copied: 'Copied',
  said: {
    revoked: 'It is revoked.',
    unknown: 'There is no such live credential.',
    invalid: 'Please check what you entered. An API key may do at least one thing.',
  },
};

const WORDS: Readonly<Record<Locale, CredentialWords>> = { ja, en };

export function credentialWordsOf(locale: Locale): CredentialWords {
  return WORDS[locale];
}
