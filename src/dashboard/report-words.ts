import type { Locale } from '../company/store.js';

const ja = {
  title: '月次レポート',
  monthOf: (month: string) => `${month.slice(0, 4)}年${Number(month.slice(5))}月`,
  choose: '月',
  show: '表示',
  print: 'ブラウザーの印刷機能（Ctrl＋P、Macは⌘＋P）で、A4用紙への印刷やPDFでの保存ができます。',
  back: 'ダッシュボードに戻る',
  made: (at: string, zone: string) => `作成 ${at}　タイムゾーン ${zone}`,
  soFar: '月の途中までの数値です。',
  figures: '今月の数値',
  rates: '指標',
  rate: '割合',
  formula: '計算方法',
  clickRate: 'クリック率',
  clickFormula: '人によるクリックが1回以上あった候補者 ÷ リンク付きの通知',
  registrationRate: '登録率',
  registrationFormula: '成立した紹介 ÷ リンク付きの通知',
  utilisation: '活用率',
  utilisationFormula: '成立した紹介 ÷ 不採用通知数',
  credits: '無料紹介枠',
  next: (remaining: number) => `次の無料枠まで あと${remaining}名（作成時点）`,
  weeks: '週ごと',
  week: '週（月曜から）',
  jobs: '求人ごと',
  job: '求人',
  unlabelled: '（求人名なし）',
  moreJobs: (count: number) => `ほか${count}件の求人`,
  clicksApart: (human: number, suspected: number, others: number) =>
    `クリック：人によるもの ${human}、判断がつかないもの ${suspected}、機械によるもの ${others}。率の計算には、人によるものだけを使います。`,
  anchor: (sequence: number, hash: string) =>
    `元帳の照合値：No. ${sequence}　${hash}（この月までの記録が後から変わっていないことを確かめられます）`,
  noTotals: '今月の増減はありません。',
};
export type ReportWords = typeof ja;

const en: ReportWords = {
  title: 'Monthly report',
  monthOf: (month) => month,
  choose: 'Month',
  show: 'Show',
  print: 'Your browser prints this on A4 or saves it as PDF (Ctrl+P, on a Mac ⌘P).',
  back: 'Back to the dashboard',
  made: (at, zone) => `Made ${at}, time zone ${zone}`,
  soFar: 'The month is not over: figures so far.',
  figures: 'Figures of the month',
  rates: 'Measure',
  rate: 'Rate',
  formula: 'Formula',
  clickRate: 'Click rate',
  clickFormula: 'candidates with at least one click by a person ÷ notices with a link',
  registrationRate: 'Registration rate',
  registrationFormula: 'counted referrals ÷ notices with a link',
  utilisation: 'Utilisation',
  utilisationFormula: 'counted referrals ÷ notices',
  credits: 'Free credits',
  next: (remaining) => `${remaining} more until the next free credit (when this was made)`,
  weeks: 'By week',
  week: 'Week (from Monday)',
  jobs: 'By job',
  job: 'Job',
  unlabelled: '(no job named)',
  moreJobs: (count) => `${count} more jobs`,
  clicksApart: (human, suspected, others) =>
    `Clicks: ${human} by people, ${suspected} undecided, ${others} by machines. Rates use those by people alone.`,
  anchor: (sequence, hash) =>
    `Anchor of the ledger: No. ${sequence} ${hash} (proves that nothing up to this month was changed later)`,
  noTotals: 'Nothing changed in this month.',
};

const words: Readonly<Record<Locale, ReportWords>> = { ja, en };

export function reportWordsOf(locale: Locale): ReportWords {
  return words[locale];
}
