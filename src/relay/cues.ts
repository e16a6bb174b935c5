import { normaliseText } from './classified-text.js';
import type { Phrase } from './phrases.js';
import { CONTRARY_EN, DECISIVE_EN, GENERAL_EN, NOT_TO_CANDIDATE_EN, SUPPORTING_EN } from './phrases-en.js';
import { CONTRARY_JA, DECISIVE_JA, GENERAL_JA, NOT_TO_CANDIDATE_JA, SUPPORTING_JA } from './phrases-ja.js';
import { isToOwnDomain } from './recipients.js';
import {
  APPLICATION_EN,
  APPLICATION_JA,
  COURTESY_EN,
  COURTESY_JA,
  DIGEST_EN,
  DIGEST_JA,
  EMPLOYMENT_EN,
  EVENT_JA,
  FOREIGN_EN,
  FOREIGN_JA,
  HYPOTHETICAL_EN,
  HYPOTHETICAL_JA,
  HYPOTHETICAL_JA_BEFORE,
  OBJECT_JA,
  SMALL_PRINT,
} from './topics.js';

/** What the classifier reads of a message; `view.ts` makes it. */
export type ClassifiedView = Readonly<{
  subject: string;
  /** Addresses as the header has them, with the names of people. */
  from: string;
  to: readonly string[];
  autoSubmitted: boolean;
  isReport: boolean;
  listUnsubscribe: boolean;
  /** The newest text, quotes and signature removed. */
  text: string;
  htmlText: string;
  hasPlaceholder: boolean;
  control: Readonly<{ action?: 'insert' | 'skip'; source?: string }>;
}>;

/** Something in the message that speaks for (> 0) or against (< 0) a rejection. */
export type Cue = Readonly<{
  phrase: string;
  where: 'header' | 'addresses' | 'placeholder' | 'policy' | 'rule' | 'subject' | 'text' | 'html';
  weight: number;
}>;

/** What a cue weighs; judged by what it is, not by sums. */
export const WEIGHT = {
  explicit: 100,
  decisive: 10,
  general: 9,
  supporting: 2,
  contrary: -8,
  elsewhere: -20,
} as const;

type Text = Readonly<{ where: 'subject' | 'text' | 'html'; dense: string; spaced: string; lower: string }>;

/** A cue and where it stands: from `from` to `end` of `read`, which is empty for what no text says. */
export type Placed = Cue & Readonly<{ read: string; from: number; end: number }>;

/** Characters of a text that are read for phrases: a hundred times what a rejection has. */
const LONGEST_READ = 131_072;

function textOf(where: Text['where'], content: string): Text {
  return { where, ...normaliseText(content.slice(0, LONGEST_READ)) };
}

type Accept = (before: string, after: string, match: string) => boolean;

type Found = Readonly<{ phrase: string; read: string; from: number; end: number }>;

/** The first accepted match of each phrase. */
function found(list: readonly Phrase[], text: string, lower: string, accept: Accept): Found[] {
  if (lower === '') return [];
  return list.flatMap(({ name, pattern, holds }): Found[] => {
    if (!holds.some((part) => lower.includes(part))) return [];
    const span = firstOf(pattern, text, accept);
    return span ? [{ phrase: name, read: text, ...span }] : [];
  });
}

/** Characters around a phrase that are looked at; a sentence seldom has more. */
const BEFORE = 160;
const AFTER = 60;

function firstOf(pattern: RegExp, text: string, accept: Accept): { from: number; end: number } | undefined {
  pattern.lastIndex = 0;
  for (let match = pattern.exec(text); match; match = pattern.exec(text)) {
    const end = pattern.lastIndex;
    if (
      accept(
        text.slice(Math.max(0, match.index - BEFORE), match.index),
        text.slice(end, end + AFTER),
        match[0],
      )
    )
      return { from: match.index, end };
  }
  return undefined;
}

function always(): boolean {
  return true;
}

function isSaidOfThisCandidate(before: string, after: string, match: string): boolean {
  if (HYPOTHETICAL_JA.test(after)) return false;
  if (match.startsWith('見送') && OBJECT_JA.test(before)) return false;
  const sentence = before.slice(Math.max(before.lastIndexOf('。'), before.lastIndexOf('!')) + 1);
  if (EVENT_JA.test(sentence) || HYPOTHETICAL_JA_BEFORE.test(sentence)) return false;
  // Inside quotation marks it is an example, not a decision.
  return before.lastIndexOf('「') <= before.lastIndexOf('」');
}

const QUESTION = /^[^.!?]*\?/;

function isSaidOutright(before: string, after: string): boolean {
  if (HYPOTHETICAL_EN.test(before) || QUESTION.test(after)) return false;
  return (before.match(/["“”]/g)?.length ?? 0) % 2 === 0;
}

/** Without the cues against a rejection that only the small print has. */
function cuesAbove(text: Text, content: string): Placed[] {
  const cues = cuesOf(text);
  const end = content.slice(0, LONGEST_READ).search(SMALL_PRINT);
  if (end < 0 || !cues.some(({ weight }) => weight === WEIGHT.contrary)) return cues;
  const above = cuesOf(textOf(text.where, content.slice(0, end)));
  const isDecided = above.some(({ weight }) => weight === WEIGHT.decisive || weight === WEIGHT.general);
  return isDecided
    ? [
        ...cues.filter(({ weight }) => weight !== WEIGHT.contrary),
        ...above.filter(({ weight }) => weight === WEIGHT.contrary),
      ]
    : cues;
}

function cuesOf({ where, dense, spaced, lower }: Text): Placed[] {
  const japanese = (list: readonly Phrase[], accept: Accept) => found(list, dense, dense, accept);
  const english = (list: readonly Phrase[], accept: Accept) => found(list, spaced, lower, accept);
  const cue =
    (weight: number) =>
    (one: Found): Placed => ({ ...one, where, weight });
  return [
    ...japanese(DECISIVE_JA, isSaidOfThisCandidate).map(cue(WEIGHT.decisive)),
    ...japanese(GENERAL_JA, isSaidOfThisCandidate).map(cue(WEIGHT.general)),
    ...english(DECISIVE_EN, isSaidOutright).map(cue(WEIGHT.decisive)),
    ...english(GENERAL_EN, isSaidOutright).map(cue(WEIGHT.general)),
    ...japanese(SUPPORTING_JA, always).map(cue(WEIGHT.supporting)),
    ...english(SUPPORTING_EN, always).map(cue(WEIGHT.supporting)),
    ...japanese(CONTRARY_JA, isSaidOfThisCandidate).map(cue(WEIGHT.contrary)),
    ...english(CONTRARY_EN, isSaidOutright).map(cue(WEIGHT.contrary)),
    ...japanese(NOT_TO_CANDIDATE_JA, always).map(cue(WEIGHT.elsewhere)),
    ...english(NOT_TO_CANDIDATE_EN, always).map(cue(WEIGHT.elsewhere)),
  ];
}

/** What the mail is about, which the phrases alone do not say. */
export type Topic = Readonly<{
  application: boolean;
  employment: boolean;
  courtesy: boolean;
  digest: boolean;
  foreignJa: boolean;
  foreignEn: boolean;
}>;

function topicOf(texts: readonly Text[]): Topic {
  const some = (test: (text: Text) => boolean) => texts.some(test);
  return {
    application: some(({ dense, lower }) => APPLICATION_JA.test(dense) || APPLICATION_EN.test(lower)),
    employment: some(({ dense, lower }) => APPLICATION_JA.test(dense) || EMPLOYMENT_EN.test(lower)),
    courtesy: some(({ dense, lower }) => COURTESY_JA.test(dense) || COURTESY_EN.test(lower)),
    digest: some(({ dense, lower }) => DIGEST_JA.test(dense) || DIGEST_EN.test(lower)),
    foreignJa: some(({ dense }) => FOREIGN_JA.test(dense)),
    foreignEn: some(({ lower }) => FOREIGN_EN.test(lower)),
  };
}

/** The subject of an answer repeats what the other side wrote: of that only his own withdrawal matters. */
const ANSWER = /^\s*(?:re|aw|sv|返信)\s*[:：]/i;

const WITHDRAWALS: readonly string[] = ['辞退', 'withdrawal'];

/** What speaks for and against a rejection in a message, and what the message is about. */
export function allCues(view: ClassifiedView): { cues: Placed[]; topic: Topic } {
  const subject = textOf('subject', view.subject);
  const text = textOf('text', view.text);
  const html = textOf('html', view.htmlText);
  const ofText = cuesAbove(text, view.text);
  const same = text.dense === html.dense && text.spaced === html.spaced;
  // Both alternatives of a mail mostly say the same: then they are searched once.
  const ofHtml = same
    ? ofText.map((cue) => ({ ...cue, where: 'html' as const }))
    : cuesAbove(html, view.htmlText);
  const answers = ANSWER.test(view.subject);
  const ofSubject = cuesOf(subject).filter(({ phrase }) => !answers || WITHDRAWALS.includes(phrase));
  const colleague = isToOwnDomain(view)
    ? [
        {
          phrase: 'own domain',
          where: 'addresses' as const,
          weight: WEIGHT.elsewhere,
          read: '',
          from: 0,
          end: 0,
        },
      ]
    : [];
  const cues = [...colleague, ...ofSubject, ...ofText, ...ofHtml];
  // Where nothing speaks for a rejection, nobody asks what the mail is about.
  const matters = cues.some(({ weight }) => weight > 0);
  return { cues, topic: topicOf(matters ? [subject, text, html] : []) };
}
