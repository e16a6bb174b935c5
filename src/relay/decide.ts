import type { Policy } from '../company/store.js';
import { decideInsertion, type UntouchedByPolicy, type Verdict } from './classify.js';
import { candidateOf } from './recipients.js';
import type { MessageView } from './view.js';

/** Why a message goes out as it came although nothing failed. */
export type Untouched =
  | UntouchedByPolicy
  | 'null-sender'
  | 'auto-submitted'
  | 'report'
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

/** What to do with a message. Pure; the first rule that applies decides. */
export function decide(
  view: MessageView,
  verdict: Verdict,
  policy: Policy,
  envelope: Readonly<{ from: string; recipients: readonly string[] }>,
): Decision {
  if (envelope.from === '<>') return { kind: 'untouched', reason: 'null-sender' };
  if (view.isReport) return { kind: 'untouched', reason: 'report' };
  // Automatic replies stay as they are whatever is said of them: `messageObstacle` sees to that.
  if (view.autoSubmitted && !isSpokenFor(verdict)) return { kind: 'untouched', reason: 'auto-submitted' };
  const wanted = decideInsertion(verdict, policy);
  if (!wanted.insert) return { kind: 'untouched', reason: wanted.reason };
  const recipient = candidateOf(envelope.from, envelope.recipients);
  if (recipient) return { kind: 'candidate-link', recipient };
  if (view.hasPlaceholder) return { kind: 'static-link' };
  return { kind: 'untouched', reason: 'several-recipients' };
}
