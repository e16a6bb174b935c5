import type { Company } from '../company/store.js';
import type { OutgoingMail } from '../deps.js';
import type { MonthFacts, NoticeFacts } from './facts.js';
import { type Addressed, footerOf, mailOf } from './mails.js';
import { type NoticeWords, noticeWordsOf } from './notice-words.js';
import { mailWordsOf } from './words.js';

type About = Readonly<{ company: Pick<Company, 'name' | 'timeZone'>; facts: NoticeFacts; baseUrl: string }>;

/** Tells a company of its progress: counts alone, never a candidate. */
export function noticeMail(to: Addressed, { company, facts, baseUrl }: About): Promise<OutgoingMail> {
  const words = noticeWordsOf(to.locale);
  const { linkNote } = mailWordsOf(to.locale);
  const frame = {
    greeting: words.dearCompany(company.name),
    button: words.toDashboard,
    link: `${baseUrl}/dashboard`,
    linkNote,
    settingsNote: words.settings,
    settings: `${baseUrl}/dashboard/settings`,
    footer: footerOf(mailWordsOf(to.locale), to.agency),
  };
  if (facts.kind === 'monthly_summary') {
    const month = monthParts(words, facts);
    return mailOf('monthly', to, { ...frame, ...month, link: `${baseUrl}/dashboard/credits` });
  }
  return mailOf('notice', to, { ...frame, ...saidOf(words, facts, company.timeZone) });
}

function saidOf(words: NoticeWords, facts: Exclude<NoticeFacts, MonthFacts>, timeZone: string) {
  switch (facts.kind) {
    case 'nearly_there':
      return words.nearlyThere(facts.remaining, facts.progress, facts.threshold);
    case 'credit_earned':
      return words.creditEarned(facts.available, facts.referrals);
    case 'credit_expiring':
      return words.creditExpiring(facts.quantity, facts.endsAt, timeZone);
  }
}

function monthParts(words: NoticeWords, facts: MonthFacts) {
  const { rows } = words.monthly;
  const { anchor } = facts;
  return {
    subject: words.monthly.subject(facts.month),
    heading: words.monthly.heading(facts.month),
    body: words.monthly.body,
    rows: [
      [rows.notices, words.number(facts.notices)],
      [rows.clicked, words.number(facts.candidatesClicked)],
      [rows.referrals, words.number(facts.referrals)],
      [rows.earned, words.number(facts.earned)],
      [rows.progress, `${facts.progress} / ${facts.threshold}`],
      [rows.available, words.number(facts.available)],
    ] as const,
    proof: anchor ? words.monthly.proof(anchor.sequence, anchor.hash) : words.monthly.noEntries,
  };
}
