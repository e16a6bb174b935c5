import type { Policy } from '../company/store.js';
import { isExcluded, type LabelExclusions } from './block-wording.js';
import { decideInsertion, type UntouchedByPolicy, type Verdict } from './classify.js';
import { candidateOf } from './recipients.js';
import type { MessageView } from './view.js';

/** Why a message goes out as it came although nothing failed. */
export type Untouched =
  | UntouchedByPolicy
  | 'null-sender'
  | 'auto-submitted'
  | 'report'
  /** The company gives no link for its job or stage. */
  | 'label-excluded'
  | 'several-recipients';

export type Decision =
  | Readonly<{ kind: 'candidate-link'; recipient: string }>
  /** Several people read it: placeholders become the company's own link, and nothing else is added. */
  | Readonly<{ kind: 'static-link' }>
  | Readonly<{ kind: 'untouched'; reason: Untouched }>;

/** Whether a header, a placeholder, the policy `all` or a rule of the company said what the mail is, so that no words had to be judged. */
function isSpokenFor({ cues }: Verdict): boolean {
  const signals: readonly string[] = ['header', 'placeholder', 'policy', 'rule'];
  return cues.some(({ where }) => signals.includes(where));
}

/** Whether the mail itself asks for its link, by header or placeholder. */
function asksForLink({ cues }: Verdict): boolean {
  return cues.some(({ where }) => where === 'header' || where === 'placeholder');
}

/** Doubt, and what would have been inserted but for the shadow or the label of automatic mails: there a person is asked. */
export function isAskedAbout({ verdict }: Verdict, decision: Decision): boolean {
  if (decision.kind !== 'untouched' || verdict === 'other') return false;
  return ['unsure', 'policy-shadow', 'auto-submitted'].includes(decision.reason);
}

/**
 * What to do with a message. Pure; the first rule that applies decides.
 * @param exclusions jobs and stages whose mails get no link, unless the mail itself asks for one
 */
export function decide(
  view: MessageView,
  verdict: Verdict,
  policy: Policy,
  envelope: Readonly<{ from: string; recipients: readonly string[] }>,
  exclusions?: LabelExclusions,
): Decision {
  if (envelope.from === '<>') return { kind: 'untouched', reason: 'null-sender' };
  if (view.isReport) return { kind: 'untouched', reason: 'report' };
  // Automatic replies stay as they are whatever is said of them: `messageObstacle` sees to that.
  if (view.autoSubmitted && !isSpokenFor(verdict)) return { kind: 'untouched', reason: 'auto-submitted' };
  const wanted = decideInsertion(verdict, policy);
  if (!wanted.insert) return { kind: 'untouched', reason: wanted.reason };
  if (exclusions && !asksForLink(verdict) && isExcluded(view.control, exclusions)) {
    return { kind: 'untouched', reason: 'label-excluded' };
  }
  const recipient = candidateOf(envelope.from, envelope.recipients);
  if (recipient) return { kind: 'candidate-link', recipient };
  if (view.hasPlaceholder) return { kind: 'static-link' };
  return { kind: 'untouched', reason: 'several-recipients' };
}
