import type { CompanyRule } from '../company/rules.js';
import type { Policy } from '../company/store.js';
import { allCues, type ClassifiedView, type Cue, type Placed, type Topic, WEIGHT } from './cues.js';
import { RULES_VERSION } from './phrases.js';
import { addressIn } from './recipients.js';
import { ruleValue } from './rule-value.js';
import { LONGEST_SALUTATION, REGRETS, SALUTATION } from './topics.js';

export type { ClassifiedView, Cue } from './cues.js';

export type Verdict = Readonly<{
  verdict: 'rejection' | 'other' | 'unsure';
  cues: readonly Cue[];
  rulesVersion: number;
}>;

/** Supporting phrases that together make a person look: 残念ながら and ご活躍をお祈り without a decision. */
const UNSURE_FROM = 2 * WEIGHT.supporting;

function explicitCue(view: ClassifiedView, policy: Policy): Cue | undefined {
  if (view.control.action === 'skip') return { phrase: 'skip', where: 'header', weight: -WEIGHT.explicit };
  if (view.control.action === 'insert') return { phrase: 'insert', where: 'header', weight: WEIGHT.explicit };
  if (view.hasPlaceholder) return { phrase: '{{relay_url}}', where: 'placeholder', weight: WEIGHT.explicit };
  if (policy === 'all') return { phrase: 'all', where: 'policy', weight: WEIGHT.explicit };
  return undefined;
}

/** What the company itself said of such mails; the newest rule that fits decides. */
function ruleCue(view: ClassifiedView, rules: readonly CompanyRule[]): Cue | undefined {
  if (rules.length === 0) return undefined;
  const subject = ruleValue(view.subject);
  const sender = ruleValue(addressIn(view.from));
  const source = ruleValue(view.control.source ?? '');
  const fits = ({ kind, value }: CompanyRule) => {
    switch (kind) {
      case 'subject':
        return subject.includes(value);
      case 'sender':
        return sender === value;
      case 'source':
        return source === value;
    }
  };
  const rule = rules.find(fits);
  if (!rule) return undefined;
  const weight = rule.verdict === 'rejection' ? WEIGHT.explicit : -WEIGHT.explicit;
  return { phrase: `${rule.kind}: ${rule.value}`, where: 'rule', weight };
}

/** How far behind a decision, in characters, something contrary still belongs to it and not to the small print. */
const REACH = 200;

/** Subjects stand before everything. */
function placeOf({ where, end }: Placed): number {
  return where === 'subject' ? 0 : end;
}

/** Where the first decision ends that counts in a mail about this; undefined without one. */
function decisionEnd(cues: readonly Placed[], topic: Topic): number | undefined {
  if (!topic.application || topic.foreignEn) return undefined;
  const general = cues.filter(({ weight }) => weight === WEIGHT.general);
  const borne = topic.courtesy || new Set(general.map(({ phrase }) => phrase)).size > 1;
  const counted = borne && topic.employment && !topic.foreignJa ? general : [];
  const ends = [...cues.filter(({ weight }) => weight === WEIGHT.decisive), ...counted].map(placeOf);
  return ends.length === 0 ? undefined : Math.min(...ends);
}

/** A letter comes to the point. */
const SOON = 300;

/**
 * Systems for applicants let people unsubscribe from single letters too. A letter addresses somebody, thanks him and decides
 * soon; a newsletter that talks about rejections does not do all of that.
 */
function isLetter({ text, htmlText }: ClassifiedView, { courtesy, digest }: Topic, end: number): boolean {
  const opening = (text || htmlText).trimStart().slice(0, LONGEST_SALUTATION);
  return courtesy && !digest && end <= SOON && SALUTATION.test(opening);
}

function judge(view: ClassifiedView, cues: readonly Placed[], topic: Topic): Verdict['verdict'] {
  const has = (weight: number) => cues.some((cue) => cue.weight === weight);
  const end = decisionEnd(cues, topic);
  if (end !== undefined) {
    const contrary = cues.some((cue) => cue.weight === WEIGHT.contrary && placeOf(cue) <= end + REACH);
    const list = view.listUnsubscribe && !(has(WEIGHT.decisive) && isLetter(view, topic, end));
    return contrary || has(WEIGHT.elsewhere) || list ? 'unsure' : 'rejection';
  }
  if (view.listUnsubscribe || view.autoSubmitted || has(WEIGHT.elsewhere)) return 'other';
  const foreign = topic.foreignJa || topic.foreignEn;
  const decided = has(WEIGHT.decisive) || (has(WEIGHT.general) && (topic.application || !foreign));
  if (decided) return 'unsure';
  const regrets = cues.some(({ phrase }) => REGRETS.includes(phrase));
  const support = cues
    .filter((cue) => cue.weight === WEIGHT.supporting)
    .reduce((sum, cue) => sum + cue.weight, 0);
  const enough = support >= UNSURE_FROM || (regrets && topic.application && RESULT.test(view.subject));
  return enough && !foreign && !has(WEIGHT.contrary) ? 'unsure' : 'other';
}

/** A subject that announces a result, good or bad. */
const RESULT = /結果|合否|採否|可否|\b(?:outcome|decision|result|update|news)\b/i;

/**
 * Decides whether a message tells a candidate that he was not chosen. Pure.
 * An explicit signal (header, placeholder, policy `all`) beats the words; among the words a wrong insertion is worse
 * than a missed one, so a decisive phrase beside a contrary one gives `unsure`. Subjects are read for contrary and
 * decisive phrases alike, but rejections and passes share most of them.
 * A company's own rules come after its explicit signals and before the words.
 * @param view the newest text of the message, as a person sees it
 */
export function classifyMessage(
  view: ClassifiedView,
  policy: Policy,
  rules: readonly CompanyRule[] = [],
): Verdict {
  const explicit = explicitCue(view, policy) ?? ruleCue(view, rules);
  if (explicit) {
    return {
      verdict: explicit.weight > 0 ? 'rejection' : 'other',
      cues: [explicit],
      rulesVersion: RULES_VERSION,
    };
  }
  if (view.isReport) return { verdict: 'other', cues: [], rulesVersion: RULES_VERSION };
  const { cues, topic } = allCues(view);
  const verdict = judge(view, cues, topic);
  return {
    verdict,
    cues: cues.map(({ phrase, where, weight }) => ({ phrase, where, weight })),
    rulesVersion: RULES_VERSION,
  };
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
      return signal || cues.some((cue) => cue.where === 'rule')
        ? { insert: true }
        : { insert: false, reason: 'policy-explicit' };
    case 'auto':
    case 'all':
      return { insert: true };
  }
}
