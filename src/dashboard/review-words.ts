import type { Locale, Policy } from '../company/store.js';

export type ReviewWords = Readonly<{
  title: string;
  lead: string;
  none: string;
  from: string;
  why: Readonly<{ unsure: string; shadow: string; automatic: string; unknown: string }>;
  rejection: string;
  other: string;
  remember: string;
  once: string;
  bySubject: string;
  bySender: string;
  bySource: string;
  answer: string;
  ask: string;
  rules: string;
  rulesLead: string;
  noRules: string;
  kinds: Readonly<{ subject: string; sender: string; source: string }>;
  says: Readonly<{ rejection: string; other: string }>;
  remove: string;
  shadow: string;
  shadowLead(days: number): string;
  judged: string;
  inserted: string;
  unsure: string;
  goLive: string;
  live: Readonly<Record<Policy, string>>;
  backToShadow: string;
  credentials: string;
  credentialsLead: string;
  policies: Readonly<Record<Policy | '', string>>;
  change: string;
}>;

const ja: ReviewWords = {
  title: 'メールの確認',
  lead: '不採用通知かどうか、機械では決められなかったメールです。件名と手がかりの前後の文だけを暗号化して14日間保存し、その後消去します。',
  none: '確認が必要なメールはありません。',
  from: '差出人',
  why: {
    unsure: '判定できませんでした。リンクを入れずに送信済みです。',
    shadow: '不採用通知と判定しました。お試し中のため、リンクを入れずに送信済みです。',
    automatic: '不採用通知と思われますが、自動送信と記されているため、リンクを入れずに送信済みです。',
    unknown: 'リンクを入れずに送信済みです。',
  },
  rejection: '不採用通知である',
  other: '不採用通知ではない',
  ask: 'このメールは',
  remember: '次からも同じ扱いにする',
  once: '今回だけ',
  bySubject: '件名に次の言葉を含むメール',
  bySender: '同じ差出人のメール',
  bySource: '同じテンプレート（X-Career-Relay-Source）のメール',
  answer: '回答する',
  rules: '自社のルール',
  rulesLead: '文面の判定より先に適用します。新しいものが優先されます。',
  noRules: 'ルールはまだありません。',
  kinds: { subject: '件名に含む', sender: '差出人', source: 'テンプレート' },
  says: { rejection: '不採用通知', other: '不採用通知ではない' },
  remove: '削除',
  shadow: '運用の状態',
  shadowLead: (days) => `直近${days}日に送信されたメールの判定です。`,
  judged: '判定したメール',
  inserted: 'リンクを入れるはずだったメール',
  unsure: '判定できなかったメール',
  goLive: 'リンクの挿入を始める',
  live: {
    shadow: 'お試し中です。メールには何も入れていません。',
    auto: '不採用通知と判定したメールにリンクを入れています。',
    explicit: '指定のあるメールとルールに合うメールだけにリンクを入れています。',
    all: 'すべてのメールにリンクを入れています。',
  },
  backToShadow: 'お試しに戻す',
  credentials: '接続ごとの扱い',
  credentialsLead: 'テンプレート専用の接続など、全体と異なる扱いにしたいときに選びます。',
  policies: {
    '': '全体の設定に従う',
    auto: '判定して挿入',
    all: 'すべてのメールに挿入',
    explicit: '指定のあるメールだけに挿入',
    shadow: 'お試し（挿入しない）',
  },
  change: '変更する',
};

const en: ReviewWords = {
  title: 'Mails to look at',
  lead: 'Mails of which the words did not settle whether they are rejections. Only the subject and the sentences around a cue are kept, encrypted, for 14 days.',
  none: 'Nothing to look at.',
  from: 'From',
  why: {
    unsure: 'Not settled by its words. It was sent without a link.',
    shadow: 'Taken for a rejection. It was sent without a link, since you are trying the service out.',
    automatic: 'Seems to be a rejection, but is marked as automatic. It was sent without a link.',
    unknown: 'It was sent without a link.',
  },
  rejection: 'is a rejection',
  other: 'is not a rejection',
  ask: 'This mail',
  remember: 'The same from now on for',
  once: 'this one only',
  bySubject: 'mails whose subject contains',
  bySender: 'mails of the same sender',
  bySource: 'mails of the same template (X-Career-Relay-Source)',
  answer: 'Answer',
  rules: 'Your own rules',
  rulesLead: 'They come before the words of a mail. The newest one that fits decides.',
  noRules: 'No rules yet.',
  kinds: { subject: 'subject contains', sender: 'sender is', source: 'template is' },
  says: { rejection: 'rejection', other: 'not a rejection' },
  remove: 'Remove',
  shadow: 'State',
  shadowLead: (days) => `Verdicts on the mails of the last ${days} days.`,
  judged: 'Mails judged',
  inserted: 'Mails that would have got a link',
  unsure: 'Mails not settled',
  goLive: 'Start inserting links',
  live: {
    shadow: 'You are trying it out. Nothing is inserted.',
    auto: 'Mails taken for rejections get a link.',
    explicit: 'Only mails that are marked, or that fit a rule, get a link.',
    all: 'Every mail gets a link.',
  },
  backToShadow: 'Back to trying out',
  credentials: 'Each connection',
  credentialsLead:
    'For a connection that is to be treated otherwise than the rest, such as one for rejections only.',
  policies: {
    '': 'as the company',
    auto: 'judge and insert',
    all: 'insert into every mail',
    explicit: 'insert where marked',
    shadow: 'try out (insert nothing)',
  },
  change: 'Change',
};

export function reviewWordsOf(locale: Locale): ReviewWords {
  return { ja, en }[locale];
}
