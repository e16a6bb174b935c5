import type { Locale } from '../company/store.js';

/** Where a company pastes its line, by the name that the page's address uses. */
export const SYSTEMS = ['herp', 'talentio', 'jobcan', 'hrmos', 'sonar', 'mail'] as const;
export type System = (typeof SYSTEMS)[number];

const names: Record<Exclude<System, 'mail'>, string> = {
  herp: 'HERP Hire',
  talentio: 'Talentio',
  jobcan: 'ジョブカン採用管理',
  hrmos: 'HRMOS採用',
  sonar: 'sonar ATS',
};

const jaLast = '保存し、自分を宛先にした候補者で1通送って、リンクが開くことを確かめます。';
const ja = {
  title: 'テンプレートに貼る文面',
  lead: '不採用メールのテンプレートに、下の文面を貼るだけで始められます。応募者ごとの集計はできませんが、ここからの登録はすべて御社の紹介として数えます。',
  yourLine: '貼る文面',
  job: '職種（任意）',
  stage: '選考段階（任意）',
  language: '文面の言語',
  languages: { ja: '日本語', en: '英語' },
  make: '文面を作る',
  labelHint:
    '職種や選考段階を入れると、集計に分けて表示されます。行き先は変わりません。応募者の名前は入れないでください。',
  text: 'テキスト形式のメールに',
  html: 'HTML形式のメールに',
  qr: '紙の通知に（QRコード）',
  qrAlt: (url: string) => `${url} のQRコード`,
  downloadSvg: 'SVGをダウンロード',
  downloadPng: 'PNGをダウンロード',
  copy: 'コピー',
  copied: 'コピーしました',
  selectHint: '文面を押すと全体が選ばれます。',
  where: '貼る場所',
  whereHint: '画面の名前は、ご契約の内容や版によって異なることがあります。',
  names: { ...names, mail: 'ふだんのメール' } satisfies Record<System, string>,
  steps: {
    herp: [
      'メールのテンプレートのうち、選考終了を伝えるものを開きます。',
      '結びの挨拶の前に、テキスト形式の文面を貼ります。',
      jaLast,
    ],
    talentio: [
      'メールのテンプレートのうち、「不合格」に使うものを開きます。候補者からの「辞退」に使うものには貼りません。',
      '結びの挨拶の前に、テキスト形式の文面を貼ります。',
      jaLast,
    ],
    jobcan: [
      '不採用の連絡に使うメールテンプレートを開きます。',
      '本文の終わり、署名の前に文面を貼ります。',
      '応募者ごとのリンクにしたいときは、応募者のCSVを書き出し、「CSVでリンクを発行」の画面をお使いください。Shift_JISのままで構いません。',
    ],
    hrmos: [
      '不合格の連絡に使うメールテンプレートを開きます。',
      '結びの挨拶の前に文面を貼ります。',
      '応募者ごとのリンクにしたいときは、応募者を不合格で絞り込んで書き出し、「CSVでリンクを発行」の画面をお使いください。',
    ],
    sonar: [
      '選考結果のうち、不採用を伝えるメールのテンプレートを開きます。',
      '本文の終わり、署名の前に文面を貼ります。',
      jaLast,
    ],
    mail: [
      '不採用メールの定型文や署名を開きます。HTML形式で送るならHTML、そうでなければテキストの文面を貼ります。',
      '合格や日程調整のメールにも使う共通の署名には貼らないでください。',
      '差し込み印刷で送るときは、「CSVでリンクを発行」の画面で応募者ごとのリンクを作れます。',
    ],
  } satisfies Record<System, readonly string[]>,
};

export type TemplateWords = typeof ja;

const enLast = 'Save it, send one to yourself as a test candidate, and check that the link opens.';
const en: TemplateWords = {
  title: 'Lines for your templates',
  lead: 'Paste the lines below into the template of your rejection mail, and you are set. Clicks are not told apart by candidate, but every registration through them counts as your referral.',
  yourLine: 'What to paste',
  job: 'Job (optional)',
  stage: 'Stage (optional)',
  language: 'Language of the lines',
  languages: { ja: 'Japanese', en: 'English' },
  make: 'Make the lines',
  labelHint:
    'A job or a stage shows in your figures, and does not change where the link leads. Never put a candidate’s name there.',
  text: 'For plain-text mail',
  html: 'For HTML mail',
  qr: 'For letters on paper (QR code)',
  qrAlt: (url: string) => `QR code of ${url}`,
  downloadSvg: 'Download SVG',
  downloadPng: 'Download PNG',
  copy: 'Copy',
  copied: 'Copied',
  selectHint: 'Click the lines to select all of them.',
  where: 'Where to paste it',
  whereHint: 'The names of screens may differ with your contract and version.',
  names: { ...names, jobcan: 'Jobcan ATS', hrmos: 'HRMOS', mail: 'Plain mail' },
  steps: {
    herp: [
      'Open the mail template that you use to end a selection.',
      'Paste the plain-text lines before the closing greeting.',
      enLast,
    ],
    talentio: [
      'Open the mail template for 不合格 (failed). Not the one for 辞退, which answers a withdrawal.',
      'Paste the plain-text lines before the closing greeting.',
      enLast,
    ],
    jobcan: [
      'Open the mail template that you use for rejections.',
      'Paste the lines at the end of the text, before the signature.',
      'For a link of each candidate’s own, export the candidates as CSV and use “Links by CSV”. Shift_JIS is fine.',
    ],
    hrmos: [
      'Open the mail template that you use for rejections.',
      'Paste the lines before the closing greeting.',
      'For a link of each candidate’s own, export the rejected applicants and use “Links by CSV”.',
    ],
    sonar: [
      'Open the mail template that tells of a rejection.',
      'Paste the lines at the end of the text, before the signature.',
      enLast,
    ],
    mail: [
      'Open your canned rejection text. Paste the HTML lines if you send HTML mail, else the plain ones.',
      'Do not put them into a signature that passes and appointments carry too.',
      'For a mail merge, “Links by CSV” makes a link of each candidate’s own.',
    ],
  },
};

const words: Readonly<Record<Locale, TemplateWords>> = { ja, en };

export function templateWordsOf(locale: Locale): TemplateWords {
  return words[locale];
}
