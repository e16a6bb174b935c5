import { sameBytes } from '../keys.js';
import { adjustmentOf, kindFault } from './audit-kinds.js';
import type { AuditedEntry, Break, Fault, RulesById, Trail } from './audit-trail.js';
import { type EntryKind, emptyHead, type Head, hashOf, headAfter, settlementOf } from './entry.js';

export function newTrail(companyId: string): Trail {
  return {
    head: emptyHead(companyId),
    open: new Map(),
    redeemed: new Map(),
    settling: undefined,
    adjusting: undefined,
  };
}

/** Follows the chain by one entry. @returns what does not hold; the trail must not be used after that */
export function follow(trail: Trail, entry: AuditedEntry, rules: RulesById): Break | undefined {
  const { companyId, sequence } = trail.head;
  const expected = sequence + 1;
  if (entry.sequence !== expected) {
    const detail = `entry ${expected} is missing: after ${sequence} comes ${entry.sequence}`;
    return { companyId, sequence: expected, wrong: 'missing', detail };
  }
  const fault = chainFault(trail.head, entry) ?? contentFault(trail, entry, rules);
  if (fault) return { companyId, sequence: expected, ...fault };
  advance(trail, entry, rules);
  return undefined;
}

function chainFault(head: Head, entry: AuditedEntry): Fault | undefined {
  if (!sameBytes(entry.previousHash, head.hash)) {
    return { wrong: 'previous_hash', detail: 'its previous hash is not the hash of the entry before it' };
  }
  if (!entry.wholeMilliseconds || !sameBytes(entry.hash, hashOf(entry))) {
    return {
      wrong: 'hash',
      detail: 'its content does not have its hash: it was changed after it was posted',
    };
  }
  return undefined;
}

/** What had to follow the entries so far and is not there. @param next the kind that comes instead */
function dueFault(trail: Trail, next: EntryKind | undefined): Fault | undefined {
  const { adjusting } = trail;
  if (adjusting && next !== 'adjusted') {
    const detail = `${adjusting.of - adjusting.nth} more entries of adjustment ${adjusting.id} had to follow`;
    return { wrong: 'due', detail };
  }
  const due = dueOf(trail);
  // What has expired by then is gone before anything follows from the posting that opened it.
  if (!due || next === due || next === 'expired' || next === 'redemption_cancelled') return undefined;
  return {
    wrong: 'due',
    detail: `${article(due)} entry had to follow${next ? `; this one is ${next}` : ''}`,
  };
}

function dueOf(trail: Trail): 'earned' | 'revoked' | undefined {
  return trail.settling && !trail.adjusting ? settlementOf(trail.head, trail.settling.threshold) : undefined;
}

function contentFault(trail: Trail, entry: AuditedEntry, rules: RulesById): Fault | undefined {
  const due = dueFault(trail, entry.kind);
  if (due) return due;
  const isSettlement = entry.kind === 'earned' || entry.kind === 'revoked';
  if (isSettlement && dueOf(trail) !== entry.kind) {
    return { wrong: 'not_due', detail: `progress ${trail.head.progress} asks for no ${entry.kind} entry` };
  }
  if (isSettlement && entry.ruleId !== trail.settling?.id) {
    return { wrong: 'rules', detail: 'it names other rules than the entry that it follows from' };
  }
  return kindFault(trail, entry, rules);
}

function article(kind: 'earned' | 'revoked'): string {
  return kind === 'earned' ? 'an earned' : 'a revoked';
}

function advance(trail: Trail, entry: AuditedEntry, rules: RulesById): void {
  trail.head = headAfter(trail.head, entry);
  const settling = entry.ruleId === null ? undefined : rules.get(entry.ruleId);
  switch (entry.kind) {
    case 'referral':
    case 'reversal':
      trail.settling = settling;
      return;
    case 'earned':
      open(trail, entry);
      return;
    case 'revoked':
      trail.open.delete(entry.about!);
      return;
    case 'redeemed':
      trail.redeemed.set(entry.idempotencyKey, { sequence: entry.about!, ...trail.open.get(entry.about!)! });
      trail.open.delete(entry.about!);
      trail.settling = undefined;
      return;
    case 'redemption_cancelled':
      reopen(trail, entry);
      trail.settling = settling;
      return;
    case 'expired':
      trail.open.delete(entry.about!);
      return;
    case 'adjusted':
      advanceAdjusted(trail, entry, rules);
      trail.settling = settling;
  }
}

function open(trail: Trail, entry: AuditedEntry, threshold = -entry.progress): void {
  trail.open.set(entry.sequence, { threshold, ruleId: entry.ruleId!, at: entry.at });
}

function advanceAdjusted(trail: Trail, entry: AuditedEntry, rules: RulesById): void {
  const { id, nth, of } = adjustmentOf(entry)!;
  trail.adjusting = nth < of ? { id, nth, of } : undefined;
  if (entry.credits > 0) open(trail, entry, rules.get(entry.ruleId!)!.threshold);
  if (entry.credits < 0) trail.open.delete(entry.about!);
}

function reopen(trail: Trail, entry: AuditedEntry): void {
  const key = entry.idempotencyKey.replace('redemption_cancelled', 'redeemed');
  const { sequence, ...credit } = trail.redeemed.get(key)!;
  trail.redeemed.delete(key);
  trail.open.set(sequence, credit);
}
const SUMS = [
  'referrals',
  'progress',
  'credits',
  'earned',
  'redeemed',
  'expired',
  'revoked',
  'adjusted',
] as const;

/** Compares the end of the chain with the head that is stored. */
export function finish(trail: Trail, stored: Head | null): Break | undefined {
  const { companyId, sequence, hash } = trail.head;
  const due = dueFault(trail, undefined);
  const end = { companyId, sequence };
  if (stored && stored.sequence > sequence) {
    const detail = `the chain ends at ${sequence}, its head says ${stored.sequence}`;
    return { companyId, sequence: sequence + 1, wrong: 'missing', detail };
  }
  if (due) return { companyId, sequence: sequence + 1, ...due };
  if (!stored) return { ...end, wrong: 'head', detail: 'there are entries, and no head' };
  if (!sameBytes(stored.hash, hash)) {
    return { ...end, wrong: 'head', detail: "the head's hash is not the last entry's" };
  }
  const sum = SUMS.find((name) => stored[name] !== trail.head[name]);
  if (!sum) return undefined;
  const detail = `the head says ${sum} ${stored[sum]}, the entries add up to ${trail.head[sum]}`;
  return { ...end, wrong: 'head', detail };
}
