import type { Locale, Policy } from '../../company/store.js';
import type { View } from './view.js';

/** How far a company has come. */
export type SetupState = Readonly<{
  policy: Policy;
  /** Whether there is a way for its mail: an SMTP credential in force, or a SendGrid account. */
  isConnected: boolean;
  /** Mails judged in the last days, and those that would carry a link. */
  judged: number;
  inserted: number;
  days: number;
  /** Whether it chose words of its own. */
  hasWords: boolean;
}>;

const ja = {
  title: 'はじめ方',
  lead: 'お試しから始めます。メールには何も入れず、判定だけを行います。',
  live: 'リンクの挿入を始めています。',
  connect: 'メールの経路をつなぐ',
  words: '挿入する文面を確認する',
  try: (judged: string, days: number) => `数日そのまま使う（直近${days}日の判定：${judged}通）`,
  result: (inserted: string) => `結果を確認し、リンクの挿入を始める（入れるはずだったメール：${inserted}通）`,
  done: '済み',
};
const en: typeof ja = {
  title: 'First steps',
  lead: 'It starts by trying out: mails are judged, and nothing is inserted.',
  live: 'Links are being inserted.',
  connect: 'Connect your mail',
  words: 'Look at the words that are inserted',
  try: (judged, days) => `Use it for some days (mails judged in the last ${days} days: ${judged})`,
  result: (inserted) => `Look at the result and go live (mails that would have got a link: ${inserted})`,
  done: 'done',
};

/** The way from the first connection to the first link, one step after the other. */
export function SetupSteps({ view, locale, state }: { view: View; locale: Locale; state: SetupState }) {
  const s = { ja, en }[locale];
  const { number } = view.format;
  const isLive = state.policy !== 'shadow';
  const steps: readonly (readonly [string, string, boolean])[] = [
    [s.connect, '/dashboard/setup', state.isConnected],
    [s.words, '/dashboard/block', state.hasWords],
    [s.try(number(state.judged), state.days), '/dashboard/messages', state.judged > 0],
    [s.result(number(state.inserted)), '/dashboard/review', isLive],
  ];
  return (
    <section class="setup steps">
      <h2>{s.title}</h2>
      <p>{isLive ? s.live : s.lead}</p>
      <ol>
        {steps.map(([label, href, isDone]) => (
          <li key={href}>
            <a href={href}>{label}</a> {isDone && <span class="tag rejection">{s.done}</span>}
          </li>
        ))}
      </ol>
    </section>
  );
}
