import type { Locale } from '../company/store.js';
import type { Dimension } from './choice.js';
import type { Step } from './days.js';

const ja = {
  range: {
    title: '期間',
    preset: (days: number) => (days === 365 ? '1年' : `${days}日`),
    own: '期間を指定',
    from: '開始日',
    to: '終了日',
    show: '表示する',
    faulty: '日付が正しくないため、最近30日を表示しています。',
    step: '刻み',
    steps: { day: '日', week: '週', month: '月' } satisfies Record<Step, string>,
    compare: '前の期間と比べる',
    before: (span: string) => `比較：${span}`,
  },
  change: {
    more: (moved: string, count: string) => `${moved}の増加（前の期間 ${count}）`,
    less: (moved: string, count: string) => `${moved}の減少（前の期間 ${count}）`,
    none: (count: string) => `増減なし（前の期間 ${count}）`,
    was: (count: string) => `前 ${count}`,
  },
  plotBefore: (name: string) => `${name}（前の期間）`,
  plotKeys: '左右の矢印キーで、1点ずつ読めます',
  breakdown: {
    title: '内訳',
    dimension: {
      job: '職種',
      stage: '選考段階',
      source: '経路',
      language: '言語',
      mailDomain: '宛先',
      device: '端末',
    } satisfies Record<Dimension, string>,
    notices: '通知',
    clickRate: 'クリック率',
    registrationRate: '登録率',
    counted: '紹介',
    human: 'クリック（人）',
    share: '割合',
    candidates: '候補者',
    unlabelled: {
      job: '（職種の指定なし）',
      stage: '（選考段階の指定なし）',
      source: '（経路の指定なし）',
      language: '（記録なし）',
      mailDomain: '（記録なし）',
      device: '（不明）',
    } satisfies Record<Dimension, string>,
    none: {
      job: 'メールのヘッダー X-Career-Relay-Job か、リンク発行時の job に職種を入れると、ここに並びます。',
      stage: 'ヘッダー X-Career-Relay-Stage か、リンク発行時の stage に選考段階を入れると、ここに並びます。',
      source: 'ヘッダー X-Career-Relay-Source か、リンク発行時の source に経路を入れると、ここに並びます。',
      language: 'この期間のメールの言語は、まだ記録されていません。',
      mailDomain: 'この期間の宛先は、まだ記録されていません。',
      device: 'この期間に人がクリックした記録は、まだありません。',
    } satisfies Record<Dimension, string>,
    few: (least: number) =>
      `リンク付きの通知が${least}件に満たない行の率と紹介数は、個人が推測されないよう表示しません。`,
    domainNote: 'よく使われるメールサービスだけを区別し、ほかのドメインは保存していません。',
    more: (count: string) => `ほか${count}件`,
  },
  languages: { ja: '日本語', en: '英語' } as Readonly<Record<string, string>>,
  otherDomain: 'その他のドメイン',
  expiring: (days: number) => `${days}日以内に期限`,
  expiringFirst: (day: string) => `${day}まで`,
};

/** What the overview says besides the figures' names. */
export type OverviewWords = typeof ja;

const en: OverviewWords = {
  range: {
    title: 'Period',
    preset: (days) => (days === 365 ? '1 year' : `${days} days`),
    own: 'Choose days',
    from: 'From',
    to: 'To',
    show: 'Show',
    faulty: 'These are no valid days: the last 30 days are shown.',
    step: 'Step',
    steps: { day: 'Day', week: 'Week', month: 'Month' },
    compare: 'Compare with the period before',
    before: (span) => `Compared with ${span}`,
  },
  change: {
    more: (moved, count) => `${moved} against the period before (${count})`,
    less: (moved, count) => `${moved} against the period before (${count})`,
    none: (count) => `the same as the period before (${count})`,
    was: (count) => `was ${count}`,
  },
  plotBefore: (name) => `${name} (before)`,
  plotKeys: 'The left and right arrow keys read it point by point',
  breakdown: {
    title: 'Breakdown',
    dimension: {
      job: 'Job',
      stage: 'Stage',
      source: 'Source',
      language: 'Language',
      mailDomain: 'Mailbox',
      device: 'Device',
    },
    notices: 'Notices',
    clickRate: 'Click rate',
    registrationRate: 'Reg. rate',
    counted: 'Referrals',
    human: 'Clicks (people)',
    share: 'Share',
    candidates: 'Candidates',
    unlabelled: {
      job: '(no job given)',
      stage: '(no stage given)',
      source: '(no source given)',
      language: '(not recorded)',
      mailDomain: '(not recorded)',
      device: '(unknown)',
    },
    none: {
      job: 'Name the job in the mail header X-Career-Relay-Job, or as job when a link is minted, and it is listed here.',
      stage:
        'Name the stage in the header X-Career-Relay-Stage, or as stage when a link is minted, and it is listed here.',
      source:
        'Name the source in the header X-Career-Relay-Source, or as source when a link is minted, and it is listed here.',
      language: 'The language of the mails of this period has not been recorded.',
      mailDomain: 'The mailboxes of this period have not been recorded.',
      device: 'Nobody has clicked in this period yet.',
    },
    few: (least) =>
      `Rates and referrals of rows with fewer than ${least} notices with a link are not shown, so that nobody can be guessed.`,
    domainNote: 'Only well-known mail services are told apart; other domains are not kept.',
    more: (count) => `and ${count} more`,
  },
  languages: { ja: 'Japanese', en: 'English' },
  otherDomain: 'Other domains',
  expiring: (days) => `Expire in ${days} days`,
  expiringFirst: (day) => `until ${day}`,
};

const WORDS: Readonly<Record<Locale, OverviewWords>> = { ja, en };

export function overviewWordsOf(locale: Locale): OverviewWords {
  return WORDS[locale];
}
