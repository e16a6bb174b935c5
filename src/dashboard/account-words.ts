import type { Locale } from '../company/store.js';

const ja = {
  title: 'サインインと端末',
  lead: (email: string) => `${email} でサインインしている端末の一覧です。`,
  device: '端末',
  unknownDevice: '不明な端末',
  here: 'この端末',
  where: '画面',
  operator: '運営者の画面',
  lastUse: '最後に使った日時',
  since: 'サインインした日時',
  end: 'サインアウトさせる',
  endOthers: 'ほかの端末をすべてサインアウトさせる',
  ended: (count: number) => `${count}台の端末をサインアウトさせました。`,
  alone: 'ほかにサインインしている端末はありません。',
  factorTitle: '2段階認証',
  factorOff:
    '設定すると、サインイン用のリンクに加えて、認証アプリの6桁のコードが必要になります。運営者の方におすすめします。',
  factorOn: (day: string) => `${day}から有効です。`,
  recoveryLeft: (count: number) => `使っていないリカバリーコードは残り${count}個です。`,
  begin: '2段階認証を設定する',
  manage: '2段階認証の設定へ',
  setUpLead:
    '認証アプリ（Google Authenticator、Microsoft Authenticator など）でQRコードを読み取ってください。',
  secret: '読み取れないときは、次のキーをアプリに入力してください。',
  qr: '認証アプリで読み取るQRコード',
  code: 'アプリに表示された6桁のコード',
  confirm: '有効にする',
  wrong: 'コードが違うか、すでに使われています。次に表示されるコードでお試しください。',
  limited: '誤ったコードが続きました。15分ほどおいてから、もう一度お試しください。',
  codesTitle: 'リカバリーコード',
  codesLead:
    'スマートフォンを失くしたときに、1つにつき1回だけ使えます。この画面を閉じると二度と表示されません。安全な場所に保管してください。',
  newCodes: 'リカバリーコードを作り直す',
  remove: '2段階認証をやめる',
  currentCode: '確認コード（またはリカバリーコード）',
  done: '完了',
  back: '戻る',
};
export type AccountWords = typeof ja;

const en: AccountWords = {
  title: 'Sign-in and devices',
  lead: (email) => `Where ${email} is signed in.`,
  device: 'Device',
  unknownDevice: 'Unknown device',
  here: 'This device',
  where: 'Signed in to',
  operator: 'Operator',
  lastUse: 'Last used',
  since: 'Signed in',
  end: 'Sign out',
  endOthers: 'Sign out all other devices',
  ended: (count) => (count === 1 ? 'One device was signed out.' : `${count} devices were signed out.`),
  alone: 'No other device is signed in.',
  factorTitle: 'Two-step sign-in',
  factorOff:
    'With it, signing in takes a six-digit code of an authenticator app besides the mailed link. Recommended for operators.',
  factorOn: (day) => `In force since ${day}.`,
  recoveryLeft: (count) => `${count} recovery codes are left.`,
  begin: 'Set up two-step sign-in',
  manage: 'Two-step sign-in settings',
  setUpLead: 'Scan the QR code with an authenticator app (Google Authenticator, Microsoft Authenticator, …).',
  secret: 'If it cannot be scanned, type this key into the app:',
  qr: 'QR code for an authenticator app',
  code: 'The six digits that the app shows',
  confirm: 'Switch on',
  wrong: 'This code is wrong or was used before. Please try the next one.',
  limited: 'Too many wrong codes. Please try again in about 15 minutes.',
  codesTitle: 'Recovery codes',
  codesLead:
    'For the day on which the phone is gone: each works once. They are shown now and never again. Keep them in a safe place.',
  newCodes: 'Make new recovery codes',
  remove: 'Switch two-step sign-in off',
  currentCode: 'Code (or a recovery code)',
  done: 'Done',
  back: 'Back',
};

const words: Readonly<Record<Locale, AccountWords>> = { ja, en };

export function accountWordsOf(locale: Locale): AccountWords {
  return words[locale];
}
