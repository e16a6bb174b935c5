import type { Locale } from '../company/store.js';
import type { Agency } from '../config.js';
import type { OutgoingMail } from '../deps.js';
import { renderMail, type TemplateName, type Values } from './mjml.js';
import { type MailWords, mailWordsOf } from './words.js';

export type Addressed = Readonly<{ to: string; locale: Locale; agency: Agency }>;

/** The parts of one mail, in the order in which the text twin has them. */
export type Parts = Readonly<{
  subject: string;
  greeting?: string;
  figure?: string;
  heading: string;
  body: string;
  /** Figures by their names, as many as the template has places. */
  rows?: readonly (readonly [string, string])[];
  /** Below the figures. */
  proof?: string;
  button: string;
  link: string;
  linkNote: string;
  notYou?: string;
  /** What the link to the settings says, and where it leads. */
  settingsNote?: string;
  settings?: string;
  footer: string;
}>;

/** The twin for readers without HTML: the same words, one link, no decoration. */
function textOf(parts: Parts): string {
  return [
    parts.greeting,
    [parts.figure, parts.heading].filter(Boolean).join('\n'),
    parts.body,
    parts.rows?.map(([name, value]) => `${name}: ${value}`).join('\n'),
    parts.proof,
    `${parts.button}:\n${parts.link}`,
    parts.notYou,
    parts.settings && `${parts.settingsNote}:\n${parts.settings}`,
    `-- \n${parts.footer}`,
  ]
    .filter((part) => part !== undefined)
    .join('\n\n')
    .concat('\n');
}

/** One mail, filled in: HTML and its text twin. */
export async function mailOf(template: TemplateName, to: Addressed, parts: Parts): Promise<OutgoingMail> {
  const { rows = [], ...texts } = parts;
  const cells = rows.flatMap(([name, value], at) => [
    [`name${at + 1}`, name],
    [`value${at + 1}`, value],
  ]);
  const values: Values = {
    ...texts,
    ...Object.fromEntries(cells),
    preview: parts.heading,
    sender: to.agency.operatorName,
  };
  return {
    to: to.to,
    subject: parts.subject,
    text: textOf(parts),
    html: await renderMail(template, to.locale, values),
    headers: { 'Content-Language': to.locale },
  };
}

export function footerOf(words: MailWords, agency: Agency): string {
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

/** Tells somebody that he may sign in now; the link opens the sign-in page and holds no secret. */
export function invitationMail(
  to: Addressed,
  about: Readonly<{ company: string; link: string }>,
): Promise<OutgoingMail> {
  const words = mailWordsOf(to.locale);
  return mailOf('sign-in', to, {
    ...words.invitation(about.company),
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
