import { type EntryDraft, type Head, inputHashOf, type OpenCredit, type Posting } from './entry.js';
import type { ProgramRules } from './program.js';

const CANONICAL_UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * The key that a registration counts under.
 * @throws Error for an id in another form than PostgreSQL gives back: it would count again, and not have its hash
 */
export function referralKey(registrationId: string): string {
  if (!CANONICAL_UUID.test(registrationId)) throw new Error(`not a canonical UUID: ${registrationId}`);
  return `referral:${registrationId}`;
}

/** Text as PostgreSQL gives it back, so that what is hashed is what is stored: no NUL, no half surrogate pair. */
export function storable(text: string): string {
  return Buffer.from(text.replaceAll('\0', '')).toString();
}

export function referralDraft(registrationId: string, rules: ProgramRules, by: Posting): EntryDraft {
  return {
    kind: 'referral',
    referrals: 1,
    progress: 1,
    credits: 0,
    idempotencyKey: referralKey(registrationId),
    inputHash: inputHashOf('referral', registrationId),
    registrationId,
    about: null,
    ruleId: rules.id,
    actor: by.actor,
    cause: `registration counted: ${rules.countEvent}`,
    at: by.at,
  };
}

/** @param referral the sequence of the entry that is taken back */
export function reversalDraft(
  registrationId: string,
  referral: number,
  reason: string,
  rules: ProgramRules,
  by: Posting,
): EntryDraft {
  return {
    kind: 'reversal',
    referrals: -1,
    progress: -1,
    credits: 0,
    idempotencyKey: `reversal:${registrationId}`,
    inputHash: inputHashOf('reversal', registrationId),
    registrationId,
    about: referral,
    ruleId: rules.id,
    actor: by.actor,
    cause: `referral ${referral} reversed: ${storable(reason)}`,
    at: by.at,
  };
}

/** @param head the balance that reached the threshold */
export function earnedDraft(head: Head, rules: ProgramRules, by: Posting): EntryDraft {
  const nth = head.earned + 1;
  return {
    kind: 'earned',
    referrals: 0,
    progress: -rules.threshold,
    credits: 1,
    idempotencyKey: `earned:${nth}`,
    inputHash: inputHashOf('earned', nth),
    registrationId: null,
    about: null,
    ruleId: rules.id,
    actor: by.actor,
    cause: `credit ${nth} earned: progress ${head.progress} reached the threshold ${rules.threshold}`,
    at: by.at,
  };
}

/** @param credit the credit that is taken back; its threshold returns to the progress */
export function revokedDraft(head: Head, credit: OpenCredit, rules: ProgramRules, by: Posting): EntryDraft {
  return {
    kind: 'revoked',
    referrals: 0,
    progress: credit.threshold,
    credits: -1,
    idempotencyKey: `revoked:${credit.sequence}`,
    inputHash: inputHashOf('revoked', credit.sequence),
    registrationId: null,
    about: credit.sequence,
    ruleId: rules.id,
    actor: by.actor,
    cause: `credit of entry ${credit.sequence} revoked: progress fell to ${head.progress}`,
    at: by.at,
  };
}

/** The `nth` of the `quantity` credits that one reference redeems. */
export function redeemedDraft(
  credit: OpenCredit,
  redemption: Readonly<{ reference: string; quantity: number; nth: number }>,
  by: Posting,
): EntryDraft {
  const { reference, quantity, nth } = redemption;
  return {
    kind: 'redeemed',
    referrals: 0,
    progress: 0,
    credits: -1,
    idempotencyKey: redeemedKey(reference, nth),
    inputHash: inputHashOf('redeemed', reference, quantity, nth),
    registrationId: null,
    about: credit.sequence,
    ruleId: null,
    actor: by.actor,
    cause: `credit of entry ${credit.sequence} redeemed (${nth} of ${quantity}): ${reference}`,
    at: by.at,
  };
}

/** The number first: a reference may contain a colon, and two references must never share a key. */
export function redeemedKey(reference: string, nth: number): string {
  return `redeemed:${nth}:${reference}`;
}

/** What one reference redeemed and is given back: each credit becomes open again. `nth` as it was redeemed. */
export function cancelledDraft(
  credit: number,
  cancellation: Readonly<{ reference: string; quantity: number; nth: number; reason: string }>,
  rules: ProgramRules,
  by: Posting,
): EntryDraft {
  const { reference, quantity, nth, reason } = cancellation;
  // The reference in quotes, so that an auditor can tell where it ends and the reason begins.
  const what = `${nth} of ${quantity}: redemption ${JSON.stringify(reference)} cancelled`;
  return {
    kind: 'redemption_cancelled',
    referrals: 0,
    progress: 0,
    credits: 1,
    idempotencyKey: cancelledKey(reference, nth),
    inputHash: inputHashOf('redemption_cancelled', reference, quantity, nth),
    registrationId: null,
    about: credit,
    ruleId: rules.id,
    actor: by.actor,
    cause: `credit of entry ${credit} open again (${what}): ${storable(reason)}`,
    at: by.at,
  };
}

export function cancelledKey(reference: string, nth: number): string {
  return `redemption_cancelled:${nth}:${reference}`;
}

/** @param credit one whose time is over; its entry names the rules that it was given under, as the credit does */
export function expiredDraft(credit: OpenCredit, by: Posting): EntryDraft {
  return {
    kind: 'expired',
    referrals: 0,
    progress: 0,
    credits: -1,
    idempotencyKey: `expired:${credit.sequence}`,
    inputHash: inputHashOf('expired', credit.sequence),
    registrationId: null,
    about: credit.sequence,
    ruleId: credit.ruleId,
    actor: by.actor,
    cause: `credit of entry ${credit.sequence} expired: ${credit.expiresAfterDays} days are over`,
    at: by.at,
  };
}

/** What two operators agreed on. Posted as one entry for each credit, the sums of referrals and progress in the first. */
export type Agreed = Readonly<{
  /** Of the row of `adjustments`. */
  id: string;
  referrals: number;
  progress: number;
  credits: number;
  reason: string;
  proposedBy: string;
}>;

/** How many entries an adjustment is: one for each credit it gives or takes, and at least one. */
export function entriesOfAdjustment(credits: number): number {
  return Math.max(1, Math.abs(credits));
}

/** The deltas of the `nth` entry of an adjustment: referrals, progress, credits. */
export function adjustedDeltas(
  { referrals, progress, credits }: Pick<Agreed, 'referrals' | 'progress' | 'credits'>,
  nth: number,
): readonly [number, number, number] {
  const [first, second] = nth === 1 ? [referrals, progress] : [0, 0];
  return [first, second, Math.sign(credits)];
}

/** @param taken the credit that this entry takes; null where it gives one or none */
export function adjustedDraft(
  agreed: Agreed,
  nth: number,
  taken: number | null,
  rules: ProgramRules,
  by: Posting,
): EntryDraft {
  const [referrals, progress, credits] = adjustedDeltas(agreed, nth);
  const sums = [agreed.referrals, agreed.progress, agreed.credits];
  const of = entriesOfAdjustment(agreed.credits);
  return {
    kind: 'adjusted',
    referrals,
    progress,
    credits,
    idempotencyKey: `adjusted:${nth}:${agreed.id}`,
    inputHash: inputHashOf('adjusted', agreed.id, nth, ...sums),
    registrationId: null,
    about: taken,
    ruleId: rules.id,
    actor: by.actor,
    cause: `adjustment ${agreed.id} (${nth} of ${of}: ${sums.join(', ')}) proposed by ${agreed.proposedBy}: ${storable(agreed.reason)}`,
    at: by.at,
  };
}

/** The reference in the cause of a redemption or of its cancellation; undefined for other causes. */
export function referenceOf(cause: string): string | undefined {
  const redeemed = /^credit of entry \d+ redeemed \(\d+ of \d+\): (.*)$/s.exec(cause)?.[1];
  const cancelled =
    /^credit of entry \d+ open again \(\d+ of \d+: redemption ("(?:[^"\\]|\\.)*") cancelled\)/s.exec(
      cause,
    )?.[1];
  return cancelled === undefined ? redeemed : (JSON.parse(cancelled) as string);
}
