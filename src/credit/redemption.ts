import type { Tx } from '../db/db.js';
import type { Deps } from '../deps.js';
import { AppError, type FieldFault } from '../errors.js';
import { sameBytes } from '../keys.js';
import { cancelledDraft, cancelledKey, redeemedDraft, redeemedKey, storable } from './drafts.js';
import { inputHashOf, type LedgerEntry, type Posting } from './entry.js';
import { noticesOf } from './notice.js';
import { expireOverdue, mustCreate, type Posted, settle, sumsOf, told } from './posting.js';
import { rulesInForce } from './program.js';
import { creditsRedeemedBy, findByKey, lockHead, oldestOpenCredits } from './store.js';

export type Redemption = Posting & Readonly<{ companyId: string; quantity: number; reference: string }>;
/** `reference` as it redeemed; `reason` for the record. */
export type Cancellation = Posting & Readonly<{ companyId: string; reference: string; reason: string }>;
export type CancellationOutcome =
  | (Readonly<{ kind: 'cancelled'; quantity: number }> & Posted)
  | Readonly<{ kind: 'exists'; quantity: number }>
  /** This reference redeemed nothing. */
  | Readonly<{ kind: 'not_redeemed' }>;

export type RedemptionOutcome =
  | (Readonly<{ kind: 'redeemed' }> & Posted)
  | Readonly<{ kind: 'exists' }>
  /** This reference redeemed another quantity before. */
  | Readonly<{ kind: 'conflict' }>
  /** What this reference redeemed was cancelled: another redemption needs another reference. */
  | Readonly<{ kind: 'cancelled' }>
  | Readonly<{ kind: 'not_available'; available: number }>;

/** @throws AppError `invalid_input` */
function checkRedemption({ quantity, reference }: Redemption): void {
  const faults: FieldFault[] = [];
  if (!Number.isSafeInteger(quantity) || quantity < 1) {
    faults.push({ field: 'quantity', message: 'must be a whole number from 1' });
  }
  if (reference === '' || storable(reference) !== reference) {
    faults.push({ field: 'reference', message: 'must be text without NUL and broken characters' });
  }
  const [first] = faults;
  if (first) throw new AppError('invalid_input', `${first.field}: ${first.message}`, faults);
}

/**
 * Redeems credits, the oldest first: one entry for each, all of them or none.
 * @param redemption `reference` names the introduction or order and is used once per company; `quantity` ≥ 1
 */
export async function redeem(deps: Deps, tx: Tx, redemption: Redemption): Promise<RedemptionOutcome> {
  const { companyId, quantity, reference } = redemption;
  checkRedemption(redemption);
  const locked = await lockHead(tx, companyId);
  const before = await findByKey(tx, companyId, redeemedKey(reference, 1));
  if (before) {
    const same = sameBytes(before.inputHash, inputHashOf('redeemed', reference, quantity, 1));
    if (!same) return { kind: 'conflict' };
    const cancelled = await findByKey(tx, companyId, cancelledKey(reference, 1));
    return { kind: cancelled ? 'cancelled' : 'exists' };
  }
  const current = await expireOverdue(tx, locked, redemption);
  const credits = await oldestOpenCredits(tx, companyId, quantity);
  if (credits.length < quantity) return { kind: 'not_available', available: current.head.credits };
  let { head } = current;
  const entries = [...current.entries];
  for (const [index, credit] of credits.entries()) {
    const draft = redeemedDraft(credit, { reference, quantity, nth: index + 1 }, redemption);
    const posted = await mustCreate(tx, head, draft);
    head = posted.head;
    entries.push(posted.entry);
  }
  told(deps, entries);
  return { kind: 'redeemed', ...sumsOf(head), entries };
}

/**
 * Takes back what one reference redeemed, once and whole. Its credits are open again, with two consequences in the same
 * posting: one whose time is over by now expires, and while progress is below zero one is revoked, so that a cancelled
 * redemption cannot outlive the referrals it was earned by.
 */
export async function cancelRedemption(
  deps: Deps,
  tx: Tx,
  cancellation: Cancellation,
): Promise<CancellationOutcome> {
  const { companyId, reference, reason } = cancellation;
  const rules = await rulesInForce(tx, companyId, cancellation.at);
  let head = await lockHead(tx, companyId);
  const credits = await creditsRedeemedBy(tx, companyId, reference);
  const quantity = credits.length;
  if (quantity === 0) return { kind: 'not_redeemed' };
  if (await findByKey(tx, companyId, cancelledKey(reference, 1))) return { kind: 'exists', quantity };
  const entries: LedgerEntry[] = [];
  for (const [index, credit] of credits.entries()) {
    const draft = cancelledDraft(
      credit,
      { reference, quantity, nth: index + 1, reason },
      rules,
      cancellation,
    );
    const posted = await mustCreate(tx, head, draft);
    head = posted.head;
    entries.push(posted.entry);
  }
  const current = await expireOverdue(tx, head, cancellation);
  const settled = await settle(tx, current.head, rules, cancellation);
  entries.push(...current.entries, ...settled.entries);
  await noticesOf(deps, tx, { entries, progress: settled.head.progress, threshold: rules.threshold });
  told(deps, entries);
  return { kind: 'cancelled', quantity, ...sumsOf(settled.head), entries };
}
