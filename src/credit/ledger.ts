import type { Queryable, Tx } from '../db/db.js';
import type { Deps } from '../deps.js';
import { AppError } from '../errors.js';
import { referralDraft, referralKey, reversalDraft } from './drafts.js';
import type { Head, Posting } from './entry.js';
import { noticesOf } from './notice.js';
import { expireOverdue, type Posted, postEntry, settle, sumsOf, told } from './posting.js';
import { rulesInForce } from './program.js';
import { findByKey, findHead, lockHead } from './store.js';

export type { LedgerEntry } from './entry.js';
export { cancelRedemption, redeem } from './redemption.js';

export type Referral = Posting & Readonly<{ companyId: string; registrationId: string }>;
export type ReferralOutcome = (Readonly<{ kind: 'counted' }> & Posted) | Readonly<{ kind: 'exists' }>;

export type Reversal = Referral & Readonly<{ reason: string }>;
export type ReversalOutcome =
  | (Readonly<{ kind: 'reversed' }> & Posted)
  | Readonly<{ kind: 'exists' }>
  /** The registration was never counted for this company. */
  | Readonly<{ kind: 'not_counted' }>;

/**
 * Counts a registration as a referral of a company, earns the credits that follow from it and writes the notices, all
 * in `tx` and once per registration. Takes the lock of the company's ledger, so `tx` should be short.
 * @param referral `actor` is the id of who caused it; `at` decides which program rules are in force
 */
export async function postReferral(deps: Deps, tx: Tx, referral: Referral): Promise<ReferralOutcome> {
  const rules = await rulesInForce(tx, referral.companyId, referral.at);
  const head = await lockHead(tx, referral.companyId);
  const posted = await postEntry(tx, head, referralDraft(referral.registrationId, rules, referral));
  if (posted.kind !== 'created') return existsOf(posted.kind);
  const settled = await settle(tx, posted.head, rules, referral);
  const entries = [posted.entry, ...settled.entries];
  await noticesOf(deps, tx, { entries, progress: settled.head.progress, threshold: rules.threshold });
  told(deps, entries);
  return { kind: 'counted', ...sumsOf(settled.head), entries };
}

/**
 * Takes one counted registration back, once, and revokes the credits that follow from it. What was redeemed is not
 * clawed back: progress stays below zero and is worked off (design §6).
 */
export async function postReversal(deps: Deps, tx: Tx, reversal: Reversal): Promise<ReversalOutcome> {
  const { companyId, registrationId, reason } = reversal;
  const rules = await rulesInForce(tx, companyId, reversal.at);
  const locked = await lockHead(tx, companyId);
  const referral = await findByKey(tx, companyId, referralKey(registrationId));
  if (!referral) return { kind: 'not_counted' };
  const draft = reversalDraft(registrationId, referral.sequence, reason, rules, reversal);
  const before = await findByKey(tx, companyId, draft.idempotencyKey);
  if (before) return { kind: 'exists' };
  const current = await expireOverdue(tx, locked, reversal);
  const posted = await postEntry(tx, current.head, draft);
  if (posted.kind !== 'created') return existsOf(posted.kind);
  const settled = await settle(tx, posted.head, rules, reversal);
  const entries = [...current.entries, posted.entry, ...settled.entries];
  await noticesOf(deps, tx, { entries, progress: settled.head.progress, threshold: rules.threshold });
  told(deps, entries);
  return { kind: 'reversed', ...sumsOf(settled.head), entries };
}

/** The key of a referral or a reversal holds its whole input, so another input under it means a broken ledger. */
function existsOf(kind: 'exists' | 'conflict'): { kind: 'exists' } {
  if (kind === 'exists') return { kind };
  throw new AppError('internal', 'ledger: an entry does not carry the input of its key');
}

/** The sums of a company's ledger. All but `referrals` and `progress` count credits. */
export async function balances(db: Queryable, companyId: string): Promise<Omit<Head, 'companyId' | 'hash'>> {
  const { companyId: _company, hash: _hash, ...sums } = await findHead(db, companyId);
  return sums;
}
