import type { Locale } from '../company/store.js';
import type { Purpose } from './consent.js';

const ja = {
  otherLanguage: 'English',
  joinTitle: 'お仕事探しの無料相談',
  fromCompany: (company: string) => `${company}からのメールをご覧いただいた方へ`,
  fromNobody: '選考結果のメールをご覧いただいた方へ',
  heading: '次のお仕事探しを、無料でお手伝いします。',
  lead: (agency: string) =>
    `このたびのご応募、お疲れさまでした。ご希望の方には、${agency}の専任アドバイザーがご相談をお受けします。登録するかどうかはご自由です。`,
  someAgency: '提携する職業紹介会社',
  points: [
    '費用はかかりません',
    '1分で終わります。履歴書は不要です',
    '登録の有無が、同意なく応募先に伝わることはありません',
  ],
  name: 'お名前',
  email: 'メールアドレス',
  consents: 'ご同意いただく内容',
  required: '必須',
  optional: '任意',
  boxes: (agency: string): Readonly<Record<Purpose, string>> => ({
    provide_to_agency: `お名前とメールアドレスを、お仕事のご紹介のために${agency}へ提供することに同意します`,
    inform_company: '応募先の企業に、登録したことを知らせてもよい',
    follow_up: '求人が再開したときなどにお知らせを受け取る',
  }),
  licence: (number: string) => `職業紹介事業許可番号 ${number}`,
  purposesLink: '利用目的の詳細',
  stopAnyTime: 'お知らせはいつでも停止できます',
  submit: '登録して確認メールを受け取る',
  purposes: '利用目的の詳細',
  purposeList: (agency: string) => [
    `お仕事のご紹介（求人のご案内、ご相談、面接の日程調整）のため、お名前とメールアドレスを${agency}に提供します。`,
    'ご本人からの登録であることを確かめるため、確認メールをお送りします。',
    '同じ方の登録が重ならないよう照合し、登録件数を集計します。応募先の企業にお伝えするのは件数だけです。',
    '「任意」の項目は、ご同意いただいた場合に限り、その目的にのみ利用します。',
  ],
  myData: 'お預かりしている情報の確認・削除',
  operator: (name: string, address: string | undefined) =>
    `運営: ${[name, address].filter(Boolean).join(' ')}`,
  errorsTitle: '入力内容をご確認ください',
  errors: {
    name_missing: 'お名前を入力してください。',
    name_long: 'お名前は100文字以内で入力してください。',
    email_missing: 'メールアドレスを入力してください。',
    email_malformed: 'メールアドレスの形をご確認ください（例: hanako@example.jp）。',
    consent_missing: 'ご登録には、情報の提供への同意が必要です。',
  },
  tooMany:
    'ただいまアクセスが集中しています。10分ほどおいて、もう一度お試しください。入力内容は残っています。',
  sentTitle: '確認メールをお送りしました',
  sentBody: 'メールに記載のリンクを開き、ボタンを押すと登録が完了します。リンクは7日間有効です。',
  sentMissing: 'メールが届かないときは、迷惑メールフォルダーと、入力したアドレスをご確認ください。',
  sentAgain: '再送のお手続きを受け付けました。再送は1分に1回、7日間に5回までです。',
  resend: '確認メールをもう一度送る',
  again: 'もう一度入力する',
  unknownTitle: 'このリンクの登録ページは見つかりませんでした',
  unknownBody:
    'リンクの一部が欠けているのかもしれません。ご登録は、下のページからも同じようにしていただけます。',
  unknownWay: '登録ページを開く',
  revokedTitle: 'このリンクは現在ご利用いただけません',
  revokedBody:
    'ご案内元の企業により、このリンクの受付は終了しました。お手数をおかけして申し訳ありません。ご登録は、下のページから引き続きしていただけます。',
  verifyTitle: '登録の確認',
  verifyHeading: '登録を完了しますか？',
  verifyBody:
    'ボタンを押すと、下記の内容で登録が完了します。お心当たりがない場合は、このページを閉じてください。何も登録されません。',
  verifyButton: '登録を完了する',
  verifyName: 'お名前',
  verifyProvided: '提供先',
  verifyInform: '応募先への連絡',
  verifyFollowUp: '求人再開などのお知らせ',
  yes: '希望する',
  no: '希望しない',
  informYes: '知らせてもよい',
  informNo: '知らせない',
  doneTitle: '登録が完了しました',
  doneBody: (agency: string) =>
    `ご登録ありがとうございます。${agency}のアドバイザーから、メールでご連絡します。ご自身のペースでご相談ください。`,
  alreadyTitle: '登録はすでに完了しています',
  alreadyBody: (agency: string) =>
    `もう一度お手続きいただく必要はありません。${agency}のアドバイザーからの連絡をお待ちください。`,
  expiredTitle: 'このリンクは使えなくなりました',
  expiredBody:
    '有効期限（7日間）が過ぎたか、より新しい確認メールが送られています。まず、新しいメールが届いていないかをご確認ください。',
  expiredResend: '届いていない場合は、下のボタンで確認メールをもう一度お送りします。',
  expiredAgain: '届いていない場合は、お手数ですがもう一度ご登録ください。',
  expiredWay: 'もう一度登録する',
  malformedTitle: 'リンクを確認できませんでした',
  malformedBody:
    'メールのリンクが途中で切れているのかもしれません。リンク全体をコピーして開くか、もう一度ご登録ください。',
};

export type Words = typeof ja;
export type FieldError = keyof Words['errors'];

const en: Words = {
  otherLanguage: '日本語',
  joinTitle: 'Free career advice',
  fromCompany: (company) => `For readers of an e-mail from ${company}`,
  fromNobody: 'For readers of an e-mail about an application',
  heading: 'We can help you find your next job, free of charge.',
  lead: (agency) =>
    `Thank you for the effort you put into your application. If you like, an adviser of ${agency} will help you with what comes next. Registering is entirely up to you.`,
  someAgency: 'our partner agency',
  points: [
    'It costs you nothing',
    'It takes a minute; no CV is needed',
    'The company you applied to is not told that you registered unless you agree',
  ],
  name: 'Name',
  email: 'E-mail address',
  consents: 'What you agree to',
  required: 'Required',
  optional: 'Optional',
  boxes: (agency) => ({
    provide_to_agency: `I agree that my name and e-mail address are provided to ${agency} so that they can introduce jobs to me`,
    inform_company: 'The company I applied to may be told that I registered',
    follow_up: 'Send me news, for example when a position opens again',
  }),
  licence: (number) => `Employment placement licence ${number}`,
  purposesLink: 'What the data is used for',
  stopAnyTime: 'You can stop these messages at any time',
  submit: 'Register and get a confirmation e-mail',
  purposes: 'What the data is used for',
  purposeList: (agency) => [
    `To introduce jobs to you (offers, advice, interview appointments), your name and e-mail address are provided to ${agency}.`,
    'To make sure that it was you who registered, we send you a confirmation e-mail.',
    'We check that nobody is registered twice and count the registrations. The company you applied to is told the number only.',
    'What is marked optional is used for that purpose alone, and only if you agreed to it.',
  ],
  myData: 'See or delete the data we hold about you',
  operator: (name, address) => `Operated by ${[name, address].filter(Boolean).join(', ')}`,
  errorsTitle: 'Please check what you entered',
  errors: {
    name_missing: 'Please enter your name.',
    name_long: 'Please keep your name to 100 characters.',
    email_missing: 'Please enter your e-mail address.',
    email_malformed: 'Please check the e-mail address (for example hanako@example.jp).',
    consent_missing: 'To register, we need your consent to provide your data.',
  },
  tooMany:
    'We are receiving many requests just now. Please try again in about 10 minutes; what you entered is kept.',
  sentTitle: 'We have sent you an e-mail',
  sentBody:
    'Open the link in it and press the button to complete your registration. The link works for 7 days.',
  sentMissing: 'If nothing arrives, please check your spam folder and the address you entered.',
  sentAgain:
    'We have noted that you need it again. It is sent at most once a minute and five times in 7 days.',
  resend: 'Send the e-mail again',
  again: 'Enter it again',
  unknownTitle: 'We could not find the page for this link',
  unknownBody: 'Part of the link may be missing. You can register on the page below just as well.',
  unknownWay: 'Open the registration page',
  revokedTitle: 'This link is no longer in use',
  revokedBody:
    'The company that sent it has closed this link. We are sorry for the detour. You are still welcome to register on the page below.',
  verifyTitle: 'Confirm your registration',
  verifyHeading: 'Complete your registration?',
  verifyBody:
    'Press the button to register with the details below. If this was not you, simply close this page: nothing will be registered.',
  verifyButton: 'Complete registration',
  verifyName: 'Name',
  verifyProvided: 'Provided to',
  verifyInform: 'Telling the company',
  verifyFollowUp: 'News such as reopened positions',
  yes: 'Yes, please',
  no: 'No, thank you',
  informYes: 'They may be told',
  informNo: 'They are not told',
  doneTitle: 'Your registration is complete',
  doneBody: (agency) =>
    `Thank you. An adviser of ${agency} will write to you by e-mail. Take all the time you need.`,
  alreadyTitle: 'You are registered already',
  alreadyBody: (agency) => `There is nothing more to do. An adviser of ${agency} will write to you.`,
  expiredTitle: 'This link no longer works',
  expiredBody:
    'It is older than 7 days, or a newer confirmation e-mail has been sent. Please look for a newer one first.',
  expiredResend: 'If there is none, use the button below and we will send the e-mail again.',
  expiredAgain: 'If there is none, please register again.',
  expiredWay: 'Register again',
  malformedTitle: 'We could not read this link',
  malformedBody:
    'The link from the e-mail may have been cut off. Copy the whole link and open it, or register again.',
};

const WORDS: Readonly<Record<Locale, Words>> = { ja, en };

/** What the candidate's pages say. */
export function wordsOf(locale: Locale): Words {
  return WORDS[locale];
}
