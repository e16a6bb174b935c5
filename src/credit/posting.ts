import type { Tx } from '../db/db.js';
import type { Deps } from '../deps.js';
import { AppError } from '../errors.js';
import { sameBytes } from '../keys.js';
import { earnedDraft, expiredDraft, revokedDraft } from './drafts.js';
import {
  chained,
  type EntryDraft,
  type Head,
  headAfter,
  type LedgerEntry,
  type Posting,
  settlementOf,
} from './entry.js';
import type { ProgramRules } from './program.js';
import { appendEntry, findByKey, newestOpenCredit, overdueCredits } from './store.js';

/** The sums after a posting, and the entries that it wrote, in their order. */
export type Posted = Readonly<{
  entries: readonly LedgerEntry[];
  referrals: number;
  progress: number;
  credits: number;
}>;

/** `exists`: the same was posted before; `conflict`: its key was, with another input. Nothing is written in both. */
export type EntryOutcome =
  | Readonly<{ kind: 'created'; head: Head; entry: LedgerEntry }>
  | Readonly<{ kind: 'exists' }>
  | Readonly<{ kind: 'conflict' }>;

/**
 * Appends one entry to a company's chain.
 * @param head the company's, as `lockHead` gave it in this transaction or as the last posting left it
 */
export async function postEntry(tx: Tx, head: Head, draft: EntryDraft): Promise<EntryOutcome> {
  const entry = chained(head, draft);
  const next = headAfter(head, entry);
  if (await appendEntry(tx, entry, next)) return { kind: 'created', head: next, entry };
  const before = await findByKey(tx, head.companyId, draft.idempotencyKey);
  return { kind: before && sameBytes(before.inputHash, draft.inputHash) ? 'exists' : 'conflict' };
}

/** For entries that follow from others under the lock: that they are there already is a fault of the ledger. */
export async function mustCreate(tx: Tx, head: Head, draft: EntryDraft) {
  const posted = await postEntry(tx, head, draft);
  if (posted.kind === 'created') return posted;
  throw new AppError('internal', `ledger of ${head.companyId}: ${draft.idempotencyKey} ${posted.kind}`);
}

/** Earns and revokes until nothing has to follow any more. It ends: earning never leads below zero. */
export async function settle(
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

export function sumsOf(head: Head): Pick<Head, 'referrals' | 'progress' | 'credits'> {
  return { referrals: head.referrals, progress: head.progress, credits: head.credits };
}

/** Inside the transaction: one rolled back later leaves a line too many. The ledger is the evidence, not the log. */
export function told(deps: Pick<Deps, 'events'>, entries: readonly LedgerEntry[]): void {
  for (const { kind, companyId, sequence, credits } of entries) {
    if (credits !== 0) deps.events.creditChanged({ kind, companyId, sequence });
  }
}

/**
 * Posts `expired` for each open credit whose time is over, the oldest first. Comes before whatever takes a credit, so
 * that no outcome hangs on when the job ran last.
 */
export async function expireOverdue(
  tx: Tx,
  start: Head,
  by: Posting,
): Promise<{ head: Head; entries: LedgerEntry[] }> {
  let head = start;
  const entries: LedgerEntry[] = [];
  for (const credit of await overdueCredits(tx, head.companyId, by.at)) {
    const posted = await mustCreate(tx, head, expiredDraft(credit, by));
    head = posted.head;
    entries.push(posted.entry);
  }
  return { head, entries };
}
