import type { Policy } from '../company/store.js';
import { normaliseText } from './classified-text.js';
import {
  CONTRARY_EN,
  CONTRARY_JA,
  DECISIVE_EN,
  DECISIVE_JA,
  EVENT_JA,
  HYPOTHETICAL_EN,
  HYPOTHETICAL_JA,
  NOT_TO_CANDIDATE,
  type Phrase,
  RULES_VERSION,
  SUPPORTING_EN,
  SUPPORTING_JA,
} from './phrases.js';

/** What the classifier reads of a message; `view.ts` makes it. */
export type ClassifiedView = Readonly<{
  subject: string;
  autoSubmitted: boolean;
  isReport: boolean;
  listUnsubscribe: boolean;
  /** The newest text, quotes and signature removed. */
  text: string;
  htmlText: string;
  hasPlaceholder: boolean;
  control: Readonly<{ action?: 'insert' | 'skip' }>;
}>;

/** Something in the message that speaks for (> 0) or against (< 0) a rejection. */
export type Cue = Readonly<{
  phrase: string;
  where: 'header' | 'placeholder' | 'policy' | 'subject' | 'text' | 'html';
  weight: number;
}>;

export type Verdict = Readonly<{
  verdict: 'rejection' | 'other' | 'unsure';
  cues: readonly Cue[];
  rulesVersion: number;
}>;

const WEIGHT = { explicit: 100, decisive: 10, supporting: 2, contrary: -8, elsewhere: -20 } as const;
/** Supporting phrases that together make a person look: 残念ながら and ご活躍をお祈り without a decision. */
const UNSURE_FROM = 2 * WEIGHT.supporting;

type Text = Readonly<{ where: 'subject' | 'text' | 'html'; dense: string; spaced: string; lower: string }>;

/** Characters of a text that are read for phrases: a hundred times what a rejection has. */
const LONGEST_READ = 131_072;

function textOf(where: Text['where'], content: string): Text {
  return { where, ...normaliseText(content.slice(0, LONGEST_READ)) };
}

type Accept = (before: string, after: string) => boolean;

function found(list: readonly Phrase[], text: string, lower: string, accept: Accept): string[] {
  const names: string[] = [];
  if (lower === '') return names;
  for (const { name, pattern, holds } of list) {
    if (holds.some((part) => lower.includes(part)) && occurs(pattern, text, accept)) names.push(name);
  }
  return names;
}

function occurs(pattern: RegExp, text: string, accept: Accept): boolean {
  pattern.lastIndex = 0;
  for (let match = pattern.exec(text); match; match = pattern.exec(text)) {
    const end = pattern.lastIndex;
    if (accept(text.slice(Math.max(0, match.index - 90), match.index), text.slice(end, end + 40)))
      return true;
  }
  return false;
}

function always(): boolean {
  return true;
}

function isSaidOfThisCandidate(before: string, after: string): boolean {
  if (HYPOTHETICAL_JA.test(after) || EVENT_JA.test(before)) return false;
  // Inside quotation marks it is an example, not a decision.
  return before.lastIndexOf('「') <= before.lastIndexOf('」');
}

function isSaidOutright(before: string): boolean {
  return !HYPOTHETICAL_EN.test(before);
}

function cuesOf({ where, dense, spaced, lower }: Text): Cue[] {
  const cue = (weight: number) => (phrase: string) => ({ phrase, where, weight });
  return [
    ...found(DECISIVE_JA, dense, dense, isSaidOfThisCandidate).map(cue(WEIGHT.decisive)),
    ...found(DECISIVE_EN, spaced, lower, isSaidOutright).map(cue(WEIGHT.decisive)),
    ...found(SUPPORTING_JA, dense, dense, always).map(cue(WEIGHT.supporting)),
    ...found(SUPPORTING_EN, spaced, lower, always).map(cue(WEIGHT.supporting)),
    ...found(CONTRARY_JA, dense, dense, isSaidOfThisCandidate).map(cue(WEIGHT.contrary)),
    ...found(CONTRARY_EN, spaced, lower, isSaidOutright).map(cue(WEIGHT.contrary)),
    ...found(NOT_TO_CANDIDATE, dense, dense, always).map(cue(WEIGHT.elsewhere)),
  ];
}

/** Both alternatives of a mail mostly say the same: then they are searched once. */
function allCues(view: ClassifiedView): Cue[] {
  const text = textOf('text', view.text);
  const html = textOf('html', view.htmlText);
  const cues = cuesOf(text);
  const same = text.dense === html.dense && text.spaced === html.spaced;
  const again = same ? cues.map((cue) => ({ ...cue, where: 'html' as const })) : cuesOf(html);
  return [...cuesOf(textOf('subject', view.subject)), ...cues, ...again];
}

function explicitCue(view: ClassifiedView, policy: Policy): Cue | undefined {
  if (view.control.action === 'skip') return { phrase: 'skip', where: 'header', weight: -WEIGHT.explicit };
  if (view.control.action === 'insert') return { phrase: 'insert', where: 'header', weight: WEIGHT.explicit };
  if (view.hasPlaceholder) return { phrase: '{{relay_url}}', where: 'placeholder', weight: WEIGHT.explicit };
  if (policy === 'all') return { phrase: 'all', where: 'policy', weight: WEIGHT.explicit };
  return undefined;
}

function judge(view: ClassifiedView, cues: readonly Cue[]): Verdict['verdict'] {
  const decided = cues.some((cue) => cue.weight === WEIGHT.decisive);
  const contrary = cues.some((cue) => cue.weight === WEIGHT.contrary);
  const elsewhere = cues.some((cue) => cue.weight === WEIGHT.elsewhere);
  if (decided) return contrary || elsewhere || view.listUnsubscribe ? 'unsure' : 'rejection';
  const support = cues
    .filter((cue) => cue.weight === WEIGHT.supporting)
    .reduce((sum, cue) => sum + cue.weight, 0);
  return support >= UNSURE_FROM && !contrary && !elsewhere && !view.listUnsubscribe ? 'unsure' : 'other';
}

/**
 * Decides whether a message tells a candidate that he was not chosen. Pure.
 * An explicit signal (header, placeholder, policy `all`) beats the words; among the words a wrong insertion is worse
 * than a missed one, so a decisive phrase beside a contrary one gives `unsure`. Subjects are read for contrary and
 * decisive phrases alike, but rejections and passes share most of them.
 * @param view the newest text of the message, as a person sees it
 */
export function classifyMessage(view: ClassifiedView, policy: Policy): Verdict {
  const explicit = explicitCue(view, policy);
  if (explicit) {
    return {
      verdict: explicit.weight > 0 ? 'rejection' : 'other',
      cues: [explicit],
      rulesVersion: RULES_VERSION,
    };
  }
  if (view.autoSubmitted || view.isReport) return { verdict: 'other', cues: [], rulesVersion: RULES_VERSION };
  const cues = allCues(view);
  return { verdict: judge(view, cues), cues, rulesVersion: RULES_VERSION };
}

export type UntouchedByPolicy =
  | 'not-a-rejection'
  | 'unsure'
  | 'asked-to-skip'
  | 'policy-explicit'
  | 'policy-shadow';

/** What a company's policy makes of a verdict: whether to insert, or why not. Pure. */
export function decideInsertion(
  { verdict, cues }: Verdict,
  policy: Policy,
): { insert: true } | { insert: false; reason: UntouchedByPolicy } {
  const signal = cues.find((cue) => cue.where === 'header' || cue.where === 'placeholder');
  if (signal && signal.weight < 0) return { insert: false, reason: 'asked-to-skip' };
  if (verdict === 'other') return { insert: false, reason: 'not-a-rejection' };
  if (verdict === 'unsure') return { insert: false, reason: 'unsure' };
  switch (policy) {
    case 'shadow':
      return { insert: false, reason: 'policy-shadow' };
    case 'explicit':
      return signal ? { insert: true } : { insert: false, reason: 'policy-explicit' };
    case 'auto':
    case 'all':
      return { insert: true };
  }
}
