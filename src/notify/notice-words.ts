import type { Locale } from '../company/store.js';

const ja = {
  dearCompany: (company: string) => `${company} ご担当者様`,
  toDashboard: 'ダッシュボードを開く',
  settings: 'このお知らせの設定・停止',
  number: (value: number) => value.toLocaleString('ja-JP'),
  nearlyThere: (remaining: number, progress: number, threshold: number) => ({
    subject: `あと${remaining}名で、無料紹介枠を1枠獲得できます`,
    figure: `あと${remaining}名`,
    heading: '次の無料紹介枠まで、もう少しです',
    body: `貴社からのご案内をきっかけに登録された方が、今回の${threshold}名のうち${progress}名になりました。貴社でのお手続きは不要です。`,
  }),
  creditEarned: (available: number, referrals: number) => ({
    subject: '無料紹介枠を1枠獲得しました',
    figure: '＋1枠',
    heading: '無料紹介枠を獲得しました',
    body: `貴社からのご案内をきっかけに登録された方が、累計${referrals}名になりました。面接確約付きのご紹介1名分を無料でご利用いただけます。現在ご利用いただける枠は${available}枠です。`,
  }),
  creditExpiring: (quantity: number, endsAt: Date, timeZone: string) => {
    const ends = moment('ja-JP', endsAt, timeZone);
    return {
      subject: `無料紹介枠${quantity}枠の有効期限が近づいています`,
      figure: `${quantity}枠`,
      heading: '無料紹介枠の有効期限が近づいています',
      body:
        quantity === 1
          ? `まだご利用いただいていない枠の有効期限は、${ends}です。期限を過ぎると、この枠はご利用いただけなくなります。ご利用を希望される場合は、期限までに担当者へお知らせください。`
          : `まだご利用いただいていない枠の有効期限は、早いもので${ends}です。期限を過ぎると、その枠はご利用いただけなくなります。ご利用を希望される場合は、期限までに担当者へお知らせください。`,
    };
  },
  monthly: {
    subject: (month: string) => `${year(month)}年${ordinal(month)}月のまとめ`,
    heading: (month: string) => `${year(month)}年${ordinal(month)}月のまとめ`,
    body: '先月の集計をお送りします。お手続きは不要です。',
    rows: {
      notices: '不採用通知',
      clicked: 'リンクを開いた方',
      referrals: '紹介成立',
      earned: '獲得した無料枠',
      progress: '次の枠まで（月末）',
      available: '利用できる枠（月末）',
    },
    proof: (sequence: number, hash: string) =>
      `無料枠の記録は、月末の時点で${sequence}件目までです。照合用の値：${hash}。このメールを保存しておくと、記録があとから書き換えられていないことを確かめられます。`,
    noEntries: '無料枠の記録は、まだありません。',
  },
};

export type NoticeWords = typeof ja;

const en: NoticeWords = {
  dearCompany: (company) => `To the recruiting team of ${company},`,
  toDashboard: 'Open the dashboard',
  settings: 'Choose or stop these notices',
  number: (value) => value.toLocaleString('en-GB'),
  nearlyThere: (remaining, progress, threshold) => ({
    subject: `${people(remaining)} to go until your next free introduction`,
    figure: `${remaining} to go`,
    heading: 'You are close to a free introduction',
    body: `${progress} of the ${threshold} people for your next free introduction have registered through your e-mails. There is nothing you need to do.`,
  }),
  creditEarned: (available, referrals) => ({
    subject: 'You have earned a free introduction',
    figure: '+1',
    heading: 'You have earned a free introduction',
    body: `${referrals} people in total have registered through your e-mails. One introduction with a guaranteed interview is free for you. Free introductions available now: ${available}.`,
  }),
  creditExpiring: (quantity, endsAt, timeZone) => {
    const ends = moment('en-GB', endsAt, timeZone);
    const one = quantity === 1;
    return {
      subject: one ? 'A free introduction expires soon' : `${quantity} free introductions expire soon`,
      figure: one ? '1 free introduction' : `${quantity} free introductions`,
      heading: one ? 'It expires soon' : 'They expire soon',
      body: one
        ? `It has not been used yet and expires on ${ends}. After that it can no longer be used. If you would like to use it, please tell your contact before then.`
        : `They have not been used yet; the first expires on ${ends}. After its time a free introduction can no longer be used. If you would like to use one, please tell your contact before then.`,
    };
  },
  monthly: {
    subject: (month) => `Your summary of ${monthName(month)}`,
    heading: monthName,
    body: 'These are the figures of last month. There is nothing you need to do.',
    rows: {
      notices: 'Rejection notices',
      clicked: 'People who opened the link',
      referrals: 'Counted referrals',
      earned: 'Free introductions earned',
      progress: 'Towards the next one (end of month)',
      available: 'Available (end of month)',
    },
    proof: (sequence, hash) =>
      `At the end of the month the credit ledger ended with entry ${sequence}. Its hash: ${hash}. Keep this mail: with it anybody can check that the ledger was not rewritten later.`,
    noEntries: 'The credit ledger has no entries yet.',
  },
};

function people(count: number): string {
  return count === 1 ? '1 more person' : `${count} more people`;
}

function year(month: string): string {
  return month.slice(0, 4);
}

function ordinal(month: string): number {
  return Number(month.slice(5));
}

function monthName(month: string): string {
  const first = new Date(`${month}-01T00:00:00Z`);
  return new Intl.DateTimeFormat('en-GB', { month: 'long', year: 'numeric', timeZone: 'UTC' }).format(first);
}

/** A moment to the minute, in a company's time zone. */
function moment(tag: string, at: Date, timeZone: string): string {
  return new Intl.DateTimeFormat(tag, { dateStyle: 'long', timeStyle: 'short', timeZone }).format(at);
}

const WORDS: Readonly<Record<Locale, NoticeWords>> = { ja, en };

/** What the notices to companies say. */
export function noticeWordsOf(locale: Locale): NoticeWords {
  return WORDS[locale];
}
