import type { Locale } from '../company/store.js';

const ja = {
  someAgency: '提携する職業紹介会社',
  dear: (name: string) => `${name} 様`,
  linkNote: 'ボタンが開かないときは、次のアドレスをお使いください。',
  footer: (operator: string, address: string | undefined) =>
    `${[operator, address].filter(Boolean).join(' ')} ・ このメールは送信専用です。`,
  verification: (agency: string, days: number) => ({
    subject: '【確認のお願い】お仕事探しの無料相談へのご登録',
    heading: '登録を完了してください',
    body: `お仕事探しの無料相談へのご登録を受け付けました。下のボタンから内容をご確認のうえ、登録を完了してください。完了後、お名前とメールアドレスを${agency}に提供し、アドバイザーからご連絡します。`,
    button: '登録内容を確認する',
    notYou: `このリンクは${days}日間有効です。お心当たりがない場合は、このメールを破棄してください。何も登録されません。`,
  }),
  myData: (hours: number) => ({
    subject: 'お預かりしている情報の確認・削除について',
    heading: 'お預かりしている情報をご確認いただけます',
    body: '下のボタンから、お預かりしている情報の確認、データの受け取り、同意の取り消し、削除ができます。',
    button: '情報を確認する',
    notYou: `このリンクは${hours}時間有効です。お心当たりがない場合は、このメールを破棄してください。何も変更されません。リンクを他の方に転送しないでください。`,
  }),
  signIn: {
    subject: 'サインイン用リンクのお知らせ',
    heading: 'サインインする',
    body: 'お申し込みになったブラウザーで、下のボタンからサインインしてください。このリンクは一度だけ使え、しばらくすると無効になります。',
    button: 'サインインする',
    notYou: 'お心当たりがない場合は、このメールを破棄してください。リンクを他の方に転送しないでください。',
  },
  invitation: (company: string) => ({
    subject: `${company}のCareer Relayに招待されました`,
    heading: `${company}の画面をご覧いただけます`,
    body: '下のボタンからサインイン画面を開き、このメールが届いたアドレスを入力してください。サインイン用のリンクをお送りします。パスワードは必要ありません。',
    button: 'サインイン画面を開く',
    notYou: 'お心当たりがない場合は、このメールを破棄してください。何もしなければ、何も始まりません。',
  }),
};

export type MailWords = typeof ja;

const en: MailWords = {
  someAgency: 'our partner agency',
  dear: (name) => `Dear ${name},`,
  linkNote: 'If the button does not open, use this address:',
  footer: (operator, address) =>
    `${[operator, address].filter(Boolean).join(', ')} · Replies to this address are not read.`,
  verification: (agency, days) => ({
    subject: 'Please confirm your registration for free career advice',
    heading: 'Please complete your registration',
    body: `We have received your registration for free career advice. Use the button below to check the details and complete it. Once you have, your name and e-mail address are provided to ${agency}, and an adviser will write to you.`,
    button: 'Check and confirm',
    notYou: `The link works for ${days} days. If this was not you, simply delete this mail: nothing will be registered.`,
  }),
  myData: (hours) => ({
    subject: 'The data we hold about you',
    heading: 'See the data we hold about you',
    body: 'Use the button below to see the data we hold about you, take a copy, withdraw a consent, or have everything deleted.',
    button: 'See my data',
    notYou: `The link works for ${hours} hours. If this was not you, simply delete this mail: nothing will change. Please do not forward the link.`,
  }),
  signIn: {
    subject: 'Your sign-in link',
    heading: 'Sign in',
    body: 'Use the button below, in the browser in which you asked, to sign in. The link works once and expires after a short time.',
    button: 'Sign in',
    notYou: 'If you did not ask for this, simply delete this mail. Please do not forward the link.',
  },
  invitation: (company) => ({
    subject: `You are invited to the Career Relay of ${company}`,
    heading: `You may see the pages of ${company}`,
    body: 'Use the button below to open the sign-in page, and enter the address that this mail came to. A sign-in link is mailed to you; there is no password.',
    button: 'Open the sign-in page',
    notYou: 'If you do not expect this, simply delete this mail: nothing happens.',
  }),
};

const WORDS: Readonly<Record<Locale, MailWords>> = { ja, en };

/** What our own mails say. */
export function mailWordsOf(locale: Locale): MailWords {
  return WORDS[locale];
}
