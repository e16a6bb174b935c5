import type { Locale } from '../company/store.js';
import type { Agency } from '../config.js';
import type { OutgoingMail } from '../deps.js';
import { renderMail, type TemplateName, type Values } from './mjml.js';
import { type MailWords, mailWordsOf } from './words.js';

export type Addressed = Readonly<{ to: string; locale: Locale; agency: Agency }>;

/** The parts of one mail, in the order in which the text twin has them. */
type Parts = Readonly<{
  subject: string;
  greeting?: string;
  figure?: string;
  heading: string;
  body: string;
  button: string;
  link: string;
  linkNote: string;
  notYou?: string;
  footer: string;
}>;

/** The twin for readers without HTML: the same words, one link, no decoration. */
function textOf(parts: Parts): string {
  return [
    parts.greeting,
    [parts.figure, parts.heading].filter(Boolean).join('\n'),
    parts.body,
    `${parts.button}:\n${parts.link}`,
    parts.notYou,
    `-- \n${parts.footer}`,
  ]
    .filter((part) => part !== undefined)
    .join('\n\n')
    .concat('\n');
}

async function mailOf(template: TemplateName, to: Addressed, parts: Parts): Promise<OutgoingMail> {
  const values: Values = { ...parts, preview: parts.heading, sender: to.agency.operatorName };
  return {
    to: to.to,
    subject: parts.subject,
    text: textOf(parts),
    html: await renderMail(template, to.locale, values),
    headers: { 'Content-Language': to.locale },
  };
}

function footerOf(words: MailWords, agency: Agency): string {
  return words.footer(agency.operatorName, agency.operatorAddress);
}

/** Asks the candidate to confirm. `link` opens a page with a button; opening it changes nothing. */
export function verificationMail(
  to: Addressed,
  about: Readonly<{ name: string; link: string; days: number }>,
): Promise<OutgoingMail> {
  const words = mailWordsOf(to.locale);
  const said = words.verification(to.agency.name ?? words.someAgency, about.days);
  return mailOf('verification', to, {
    ...said,
    greeting: words.dear(about.name),
    link: about.link,
    linkNote: words.linkNote,
    footer: footerOf(words, to.agency),
  });
}

/** Leads to what is held about a person. `link` opens a page; opening it changes nothing. */
export function myDataMail(
  to: Addressed,
  about: Readonly<{ link: string; hours: number }>,
): Promise<OutgoingMail> {
  const words = mailWordsOf(to.locale);
  return mailOf('my-data', to, {
    ...words.myData(about.hours),
    link: about.link,
    linkNote: words.linkNote,
    footer: footerOf(words, to.agency),
  });
}

export type NoticeFacts =
  /** `remaining`: referrals to go until the next credit. */
  | Readonly<{ kind: 'nearly_there'; remaining: number; progress: number; threshold: number }>
  /** `available`: credits that can be redeemed now. */
  | Readonly<{ kind: 'credit_earned'; available: number; referrals: number }>;

/** Tells a company of its progress: counts alone, never a candidate. */
export function noticeMail(
  to: Addressed,
  about: Readonly<{ company: string; facts: NoticeFacts; link: string }>,
): Promise<OutgoingMail> {
  const words = mailWordsOf(to.locale);
  const { facts } = about;
  const said =
    facts.kind === 'nearly_there'
      ? words.nearlyThere(facts.remaining, facts.progress, facts.threshold)
      : words.creditEarned(facts.available, facts.referrals);
  return mailOf('notice', to, {
    ...said,
    greeting: words.dearCompany(about.company),
    button: words.toDashboard,
    link: about.link,
    linkNote: words.linkNote,
    footer: footerOf(words, to.agency),
  });
}

/** The one-time link that signs a member in. */
export function signInMail(to: Addressed, about: Readonly<{ link: string }>): Promise<OutgoingMail> {
  const words = mailWordsOf(to.locale);
  return mailOf('sign-in', to, {
    ...words.signIn,
    link: about.link,
    linkNote: words.linkNote,
    footer: footerOf(words, to.agency),
  });
}
