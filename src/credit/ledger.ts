import type { Queryable, Tx } from '../db/db.js';
import type { Deps } from '../deps.js';
import { AppError, type FieldFault } from '../errors.js';
import { sameBytes } from '../keys.js';
import {
  chained,
  type EntryDraft,
  earnedDraft,
  type Head,
  headAfter,
  inputHashOf,
  type LedgerEntry,
  type Posting,
  redeemedDraft,
  redeemedKey,
  referralDraft,
  referralKey,
  reversalDraft,
  revokedDraft,
  settlementOf,
  storable,
} from './entry.js';
import { noticesOf } from './notice.js';
import { type ProgramRules, rulesInForce } from './program.js';
import {
  findByKey,
  findHead,
  insertEntry,
  lockHead,
  newestOpenCredit,
  oldestOpenCredits,
  updateHead,
} from './store.js';

export type { LedgerEntry } from './entry.js';

/** The sums after a posting, and the entries that it wrote, in their order. */
export type Posted = Readonly<{
  entries: readonly LedgerEntry[];
  referrals: number;
  progress: number;
  credits: number;
}>;

export type Referral = Posting & Readonly<{ companyId: string; registrationId: string }>;
export type ReferralOutcome = (Readonly<{ kind: 'counted' }> & Posted) | Readonly<{ kind: 'exists' }>;

export type Reversal = Referral & Readonly<{ reason: string }>;
export type ReversalOutcome =
  | (Readonly<{ kind: 'reversed' }> & Posted)
  | Readonly<{ kind: 'exists' }>
  /** The registration was never counted for this company. */
  | Readonly<{ kind: 'not_counted' }>;

export type Redemption = Posting & Readonly<{ companyId: string; quantity: number; reference: string }>;
export type RedemptionOutcome =
  | (Readonly<{ kind: 'redeemed' }> & Posted)
  | Readonly<{ kind: 'exists' }>
  /** This reference redeemed another quantity before. */
  | Readonly<{ kind: 'conflict' }>
  | Readonly<{ kind: 'not_available'; available: number }>;

/** `exists`: the same was posted before; `conflict`: its key was, with another input. Nothing is written in both. */
export type EntryOutcome =
  | Readonly<{ kind: 'created'; head: Head; entry: LedgerEntry }>
  | Readonly<{ kind: 'exists' }>
  | Readonly<{ kind: 'conflict' }>;

/**
 * Counts a registration as a referral of a company, earns the credits that follow from it and writes the notices, all
 * in `tx` and once per registration. Takes the lock of the company's ledger, so `tx` should be short.
 * @param referral `actor` is the id of who caused it; `at` decides which program rules are in force
 */
export async function postReferral(deps: Deps, tx: Tx, referral: Referral): Promise<ReferralOutcome> {
  const head = await lockHead(tx, referral.companyId);
  const rules = await rulesInForce(tx, referral.companyId, referral.at);
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
  const head = await lockHead(tx, companyId);
  const referral = await findByKey(tx, companyId, referralKey(registrationId));
  if (!referral) return { kind: 'not_counted' };
  const rules = await rulesInForce(tx, companyId, reversal.at);
  const draft = reversalDraft(registrationId, referral.sequence, reason, rules, reversal);
  const posted = await postEntry(tx, head, draft);
  if (posted.kind !== 'created') return existsOf(posted.kind);
  const settled = await settle(tx, posted.head, rules, reversal);
  const entries = [posted.entry, ...settled.entries];
  await noticesOf(deps, tx, { entries, progress: settled.head.progress, threshold: rules.threshold });
  told(deps, entries);
  return { kind: 'reversed', ...sumsOf(settled.head), entries };
}

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
    return { kind: same ? 'exists' : 'conflict' };
  }
  const credits = await oldestOpenCredits(tx, companyId, quantity);
  if (credits.length < quantity) return { kind: 'not_available', available: locked.credits };
  let head = locked;
  const entries: LedgerEntry[] = [];
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
 * Appends one entry to a company's chain.
 * @param head the company's, as `lockHead` gave it in this transaction or as the last posting left it
 */
export async function postEntry(tx: Tx, head: Head, draft: EntryDraft): Promise<EntryOutcome> {
  const entry = chained(head, draft);
  if (await insertEntry(tx, entry)) {
    const next = headAfter(head, entry);
    await updateHead(tx, next);
    return { kind: 'created', head: next, entry };
  }
  const before = await findByKey(tx, head.companyId, draft.idempotencyKey);
  return { kind: before && sameBytes(before.inputHash, draft.inputHash) ? 'exists' : 'conflict' };
}

/** For entries that follow from others under the lock: that they are there already is a fault of the ledger. */
async function mustCreate(tx: Tx, head: Head, draft: EntryDraft) {
  const posted = await postEntry(tx, head, draft);
  if (posted.kind === 'created') return posted;
  throw new AppError('internal', `ledger of ${head.companyId}: ${draft.idempotencyKey} ${posted.kind}`);
}

/** Earns and revokes until nothing has to follow any more. It ends: earning never leads below zero. */
async function settle(
  tx: Tx,
  start: Head,
  rules: ProgramRules,
  by: Posting,
): Promise<{ head: Head; entries: LedgerEntry[] }> {
  let head = start;
  const entries: LedgerEntry[] = [];
  for (;;) {
    const next = settlementOf(head, rules.threshold);
    if (!next) return { head, entries };
    const draft =
      next === 'earned'
        ? earnedDraft(head, rules, by)
        : revokedDraft(head, await creditToRevoke(tx, head.companyId), rules, by);
    const posted = await mustCreate(tx, head, draft);
    head = posted.head;
    entries.push(posted.entry);
  }
}

async function creditToRevoke(tx: Tx, companyId: string) {
  const credit = await newestOpenCredit(tx, companyId);
  if (!credit)
    throw new AppError('internal', `ledger of ${companyId}: its head counts a credit that no entry shows`);
  return credit;
}

/** The key of a referral or a reversal holds its whole input, so another input under it means a broken ledger. */
function existsOf(kind: 'exists' | 'conflict'): { kind: 'exists' } {
  if (kind === 'exists') return { kind };
  throw new AppError('internal', 'ledger: an entry does not carry the input of its key');
}

function sumsOf(head: Head): Pick<Head, 'referrals' | 'progress' | 'credits'> {
  return { referrals: head.referrals, progress: head.progress, credits: head.credits };
}

/** Inside the transaction: one rolled back later leaves a line too many. The ledger is the evidence, not the log. */
function told(deps: Pick<Deps, 'events'>, entries: readonly LedgerEntry[]): void {
  for (const { kind, companyId, sequence, credits } of entries) {
    if (credits !== 0) deps.events.creditChanged({ kind, companyId, sequence });
  }
}

/** The sums of a company's ledger. `earned`, `redeemed`, `expired` and `revoked` count credits. */
export async function balances(db: Queryable, companyId: string): Promise<Omit<Head, 'companyId' | 'hash'>> {
  const { companyId: _company, hash: _hash, ...sums } = await findHead(db, companyId);
  return sums;
}
