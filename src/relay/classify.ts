import type { Policy } from '../company/store.js';
import { allCues, type ClassifiedView, type Cue, type Placed, type Topic, WEIGHT } from './cues.js';
import { RULES_VERSION } from './phrases.js';
import { REGRETS } from './topics.js';

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

/** How far behind a decision, in characters, something contrary still belongs to it and not to the small print. */
const REACH = 200;

/** Where the first decision ends that counts in a mail about this; undefined without one. */
function decisionEnd(cues: readonly Placed[], topic: Topic): number | undefined {
  if (!topic.application || topic.foreignEn) return undefined;
  const general = cues.filter(({ weight }) => weight === WEIGHT.general);
  const borne = topic.courtesy || new Set(general.map(({ phrase }) => phrase)).size > 1;
  const counted = borne && topic.employment && !topic.foreignJa ? general : [];
  const ends = [...cues.filter(({ weight }) => weight === WEIGHT.decisive), ...counted].map(({ end }) => end);
  return ends.length === 0 ? undefined : Math.min(...ends);
}

function judge(view: ClassifiedView, cues: readonly Placed[], topic: Topic): Verdict['verdict'] {
  const has = (weight: number) => cues.some((cue) => cue.weight === weight);
  const end = decisionEnd(cues, topic);
  if (end !== undefined) {
    const contrary = cues.some((cue) => cue.weight === WEIGHT.contrary && cue.end <= end + REACH);
    return contrary || has(WEIGHT.elsewhere) || view.listUnsubscribe ? 'unsure' : 'rejection';
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
  if (view.isReport) return { verdict: 'other', cues: [], rulesVersion: RULES_VERSION };
  const { cues, topic } = allCues(view);
  const verdict = judge(view, cues, topic);
  return { verdict, cues: cues.map(({ end: _end, ...cue }) => cue), rulesVersion: RULES_VERSION };
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
