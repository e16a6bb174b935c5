import type { Tx } from '../db/db.js';
import type { Deps } from '../deps.js';
import { type Adjustment, decideAdjustment, insertAdjustment, lockAdjustment } from './adjustment-store.js';
import { adjustedDraft, entriesOfAdjustment, storable } from './drafts.js';
import type { Head, LedgerEntry, Posting } from './entry.js';
import { noticesOf } from './notice.js';
import { expireOverdue, mustCreate, type Posted, settle, sumsOf, told } from './posting.js';
import { type ProgramRules, rulesInForce } from './program.js';
import { lockHead, newestOpenCredit } from './store.js';

export type Proposal = Posting &
  Readonly<{
    id: string;
    companyId: string;
    referrals: number;
    progress: number;
    credits: number;
    reason: string;
  }>;

/** Writes an adjustment down. Nothing is posted until another operator approves it. */
export async function proposeAdjustment(tx: Tx, proposal: Proposal): Promise<Adjustment> {
  const { actor, at, ...wanted } = proposal;
  const adjustment = { ...wanted, reason: storable(wanted.reason), proposedBy: actor, proposedAt: at };
  await insertAdjustment(tx, adjustment);
  return { ...adjustment, decision: null, decidedBy: null, decidedAt: null };
}

export type Decision = Posting & Readonly<{ id: string }>;
export type DecisionOutcome =
  | Readonly<{ kind: 'done'; adjustment: Adjustment }>
  /** This operator decided the same before. */
  | Readonly<{ kind: 'repeated'; adjustment: Adjustment }>
  | Readonly<{ kind: 'unknown' }>
  /** Four eyes: whoever proposed it cannot approve it. */
  | Readonly<{ kind: 'same_operator' }>
  | Readonly<{ kind: 'decided'; adjustment: Adjustment }>
  /** It takes more credits than are open. */
  | Readonly<{ kind: 'not_available'; available: number }>;

/** Closes an adjustment without posting it. Any operator may, whoever proposed it too. */
export async function rejectAdjustment(tx: Tx, decision: Decision): Promise<DecisionOutcome> {
  const adjustment = await lockAdjustment(tx, decision.id);
  if (!adjustment) return { kind: 'unknown' };
  if (adjustment.decision) return decidedBefore(adjustment, 'rejected', decision.actor);
  return { kind: 'done', adjustment: await decideAdjustment(tx, adjustment, 'rejected', decision) };
}

/** Posts an adjustment that another operator proposed, then what follows from it: credits earned and revoked. */
export async function approveAdjustment(deps: Deps, tx: Tx, decision: Decision): Promise<DecisionOutcome> {
  const adjustment = await lockAdjustment(tx, decision.id);
  if (!adjustment) return { kind: 'unknown' };
  if (adjustment.proposedBy === decision.actor) return { kind: 'same_operator' };
  if (adjustment.decision) return decidedBefore(adjustment, 'approved', decision.actor);
  const posted = await postAdjustment(deps, tx, adjustment, decision);
  if ('available' in posted) return { kind: 'not_available', available: posted.available };
  return { kind: 'done', adjustment: await decideAdjustment(tx, adjustment, 'approved', decision) };
}

function decidedBefore(
  adjustment: Adjustment,
  wanted: 'approved' | 'rejected',
  actor: string,
): DecisionOutcome {
  const same = adjustment.decision === wanted && adjustment.decidedBy === actor;
  return { kind: same ? 'repeated' : 'decided', adjustment };
}

/** One entry for each credit that it gives or takes, then the settlement. Takes the newest credits, as revoking does. */
async function postAdjustment(
  deps: Deps,
  tx: Tx,
  adjustment: Adjustment,
  by: Posting,
): Promise<Posted | { available: number }> {
  const { companyId, credits } = adjustment;
  const rules = await rulesInForce(tx, companyId, by.at);
  const current = await expireOverdue(tx, await lockHead(tx, companyId), by);
  if (current.head.credits + credits < 0) return { available: current.head.credits };
  const adjusted = await postParts(tx, current.head, adjustment, rules, by);
  const settled = await settle(tx, adjusted.head, rules, by);
  const entries = [...current.entries, ...adjusted.entries, ...settled.entries];
  await noticesOf(deps, tx, { entries, progress: settled.head.progress, threshold: rules.threshold });
  told(deps, entries);
  return { ...sumsOf(settled.head), entries };
}

async function postParts(
  tx: Tx,
  start: Head,
  adjustment: Adjustment,
  rules: ProgramRules,
  by: Posting,
): Promise<{ head: Head; entries: LedgerEntry[] }> {
  let head = start;
  const entries: LedgerEntry[] = [];
  for (let nth = 1; nth <= entriesOfAdjustment(adjustment.credits); nth += 1) {
    const taken = adjustment.credits < 0 ? await newestOpenCredit(tx, head.companyId) : undefined;
    const draft = adjustedDraft(adjustment, nth, taken?.sequence ?? null, rules, by);
    const posted = await mustCreate(tx, head, draft);
    head = posted.head;
    entries.push(posted.entry);
  }
  return { head, entries };
}
