import type { Locale } from '../company/store.js';
import type { Purpose } from './consent.js';
import type { Status } from './store.js';

const ja = {
  askTitle: 'お預かりしている情報の確認・削除',
  askBody:
    'ご登録のメールアドレスを入力してください。情報の確認、データの受け取り、同意の取り消し、削除ができるページへのリンクを、メールでお送りします。',
  email: 'メールアドレス',
  askButton: 'リンクをメールで受け取る',
  sentTitle: 'メールをご確認ください',
  sentBody:
    'このアドレスの情報をお預かりしている場合は、まもなくメールが届きます。リンクは24時間有効です。ページを開いただけでは、何も変更されません。',
  sentMissing:
    '届かないときは、迷惑メールフォルダーと、入力したアドレスをご確認ください。お預かりしている情報がない場合、メールは届きません。',
  again: 'もう一度入力する',
  goneTitle: 'このリンクは使えなくなりました',
  goneBody:
    '有効期限（24時間）が過ぎたか、情報がすでに削除されています。必要なときは、新しいリンクをお受け取りください。',
  goneWay: '新しいリンクを受け取る',
  title: 'お預かりしている情報',
  lead: (email: string) => `${email} について、次の情報をお預かりしています。`,
  nothing: '現在、お預かりしている情報はありません。',
  registration: (company: string) => `${company}へのご応募をきっかけとしたご登録`,
  registrationAlone: 'あなたのご登録',
  status: '状態',
  statuses: {
    pending: '確認待ち',
    verified: '登録済み',
    accepted: '紹介会社で受付済み',
    rejected: '終了',
    withdrawn: '取り下げ',
    reversed: '取り消し',
  } satisfies Record<Status, string>,
  name: 'お名前',
  registeredAt: '登録日時',
  confirmedAt: '確認日時',
  byAgency: '紹介会社からの報告です。お名前とメールアドレスは保存していません。',
  consents: '同意',
  purposes: {
    provide_to_agency: '紹介会社への情報の提供',
    inform_company: '応募先への連絡',
    follow_up: '求人再開などのお知らせ',
  } satisfies Record<Purpose, string>,
  given: (at: string, version: string) => `${at} に同意（文面の版 ${version}）`,
  notGiven: '同意していません',
  withdrawn: (at: string) => `${at} に取り消し済み`,
  withdraw: '同意を取り消す',
  withdrawOf: (purpose: string) => `${purpose}への同意を取り消す`,
  closes: '取り消すと、手続き中の登録は取り下げになります。',
  provisions: '提供の記録',
  provided: (recipient: string, items: string, at: string) => `${at} に${recipient}へ提供（${items}）`,
  items: { name: 'お名前', email: 'メールアドレス' } as Readonly<Record<string, string>>,
  comma: '、',
  mails: '送信待ちのメール',
  mailWaiting: '確認メール 1通',
  records: '企業からのメールの記録',
  recordsBody: '企業からのメールをお届けした際の記録です。メールの本文は保存していません。',
  links: (count: number) => `ご案内リンク ${count}件`,
  letters: (count: number) => `メールの記録 ${count}件`,
  exportTitle: 'データを受け取る',
  exportBody: '上の情報をまとめたファイル（JSON形式）を保存できます。',
  exportWay: 'ファイルを保存する',
  eraseTitle: 'すべて削除する',
  eraseBody: 'お預かりしている情報をすべて削除します。次の画面でもう一度確認します。',
  eraseWay: '削除の確認へ進む',
  confirmTitle: 'すべて削除しますか？',
  confirmBody:
    'お名前、メールアドレス、それらを照合するための情報をすべて削除します。元に戻すことはできません。手続き中の登録は取り下げになります。',
  confirmKept:
    'どなたのものか分からない形の件数と、情報を提供した記録（日時・提供先・項目名）だけが残ります。',
  confirmAgency: (agency: string) =>
    `すでに${agency}へ提供した情報の削除は、${agency}に直接お申し出ください。`,
  confirmButton: 'すべて削除する',
  back: '削除せずに戻る',
  erasedTitle: '削除しました',
  erasedBody: 'お預かりしていた情報をすべて削除しました。このページは閉じていただいてかまいません。',
  changed: '同意を取り消しました。',
  emailFault: 'メールアドレスの形をご確認ください（例: hanako@example.jp）。',
  tooMany: 'ただいまアクセスが集中しています。10分ほどおいて、もう一度お試しください。',
};

export type MyDataWords = typeof ja;

function counted(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}

const en: MyDataWords = {
  askTitle: 'The data we hold about you',
  askBody:
    'Enter the e-mail address you registered with. We will send you a link to a page where you can see your data, take a copy, withdraw a consent, or have everything deleted.',
  email: 'E-mail address',
  askButton: 'Send me the link',
  sentTitle: 'Please check your e-mail',
  sentBody:
    'If we hold data for this address, an e-mail will arrive shortly. The link works for 24 hours. Opening the page changes nothing.',
  sentMissing:
    'If nothing arrives, please check your spam folder and the address you entered. If we hold nothing about you, no e-mail is sent.',
  again: 'Enter it again',
  goneTitle: 'This link no longer works',
  goneBody:
    'It is older than 24 hours, or your data has been deleted. You can ask for a new link at any time.',
  goneWay: 'Get a new link',
  title: 'The data we hold about you',
  lead: (email) => `This is what we hold about ${email}.`,
  nothing: 'We hold no data about you at present.',
  registration: (company) => `Registration after your application to ${company}`,
  registrationAlone: 'Your registration',
  status: 'Status',
  statuses: {
    pending: 'Waiting for your confirmation',
    verified: 'Registered',
    accepted: 'Accepted by the agency',
    rejected: 'Closed',
    withdrawn: 'Withdrawn',
    reversed: 'Taken back',
  },
  name: 'Name',
  registeredAt: 'Registered',
  confirmedAt: 'Confirmed',
  byAgency: 'Reported by the agency. We have not stored your name or e-mail address.',
  consents: 'Consents',
  purposes: {
    provide_to_agency: 'Providing your data to the agency',
    inform_company: 'Telling the company',
    follow_up: 'News such as reopened positions',
  },
  given: (at, version) => `Given on ${at} (text version ${version})`,
  notGiven: 'Not given',
  withdrawn: (at) => `Withdrawn on ${at}`,
  withdraw: 'Withdraw',
  withdrawOf: (purpose) => `Withdraw consent: ${purpose}`,
  closes: 'A registration that is still under way is closed when you withdraw this.',
  provisions: 'Provided to others',
  provided: (recipient, items, at) => `${items} to ${recipient} on ${at}`,
  items: { name: 'name', email: 'e-mail address' },
  comma: ', ',
  mails: 'Mail waiting to be sent',
  mailWaiting: '1 confirmation e-mail',
  records: 'Records of e-mails from companies',
  recordsBody: 'Kept when an e-mail from a company was passed on to you. We do not store what it said.',
  links: (count) => counted(count, 'link made for you', 'links made for you'),
  letters: (count) => counted(count, 'e-mail passed on', 'e-mails passed on'),
  exportTitle: 'Take a copy',
  exportBody: 'You can save all of the above as one file (JSON).',
  exportWay: 'Save the file',
  eraseTitle: 'Delete everything',
  eraseBody: 'Deletes all data we hold about you. The next page asks you once more.',
  eraseWay: 'Go on to delete',
  confirmTitle: 'Delete everything?',
  confirmBody:
    'Your name, your e-mail address and whatever we compare them by are deleted. This cannot be undone. A registration that is still under way is closed.',
  confirmKept:
    'What stays are counts that name nobody, and the record that data was provided (when, to whom, which fields).',
  confirmAgency: (agency) =>
    `For the data that ${agency} has received already, please ask ${agency} to delete it.`,
  confirmButton: 'Delete everything',
  back: 'Go back without deleting',
  erasedTitle: 'Deleted',
  erasedBody: 'Everything we held about you has been deleted. You can close this page.',
  changed: 'The consent has been withdrawn.',
  emailFault: 'Please check the e-mail address (for example hanako@example.jp).',
  tooMany: 'We are receiving many requests just now. Please try again in about 10 minutes.',
};

const WORDS: Readonly<Record<Locale, MyDataWords>> = { ja, en };

/** What the pages about one's own data say. */
export function myDataWordsOf(locale: Locale): MyDataWords {
  return WORDS[locale];
}

/** A moment as the candidate reads it, in Japan's time. */
export function momentOf(locale: Locale, at: Date): string {
  const zone = { timeZone: 'Asia/Tokyo', dateStyle: 'long', timeStyle: 'short' } as const;
  return new Intl.DateTimeFormat(locale === 'ja' ? 'ja-JP' : 'en-GB', zone).format(at);
}
