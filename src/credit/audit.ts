import { sameBytes } from '../keys.js';
import {
  type EntryKind,
  emptyHead,
  type Head,
  hashOf,
  headAfter,
  inputHashOf,
  type LedgerEntry,
  settlementOf,
} from './entry.js';

/** What can be wrong with a ledger; each has a test named after it. */
export type Wrong =
  /** The sequence has a gap here, or the chain ends before the head does. */
  | 'missing'
  /** The entry does not continue the one before it. */
  | 'previous_hash'
  /** The entry's content is not what was hashed. */
  | 'hash'
  /** No posting function of this version writes this kind. */
  | 'kind'
  /** The deltas are not those of its kind, of its rules or of the credit it names. */
  | 'deltas'
  /** The idempotency key or the input hash is not that of its content. */
  | 'key'
  /** It is about an entry that it cannot be about: another referral, a credit that is not open or not the newest. */
  | 'about'
  /** It names rules that do not exist, belong to another company or were not in force yet. */
  | 'rules'
  /** A credit is earned or revoked here though nothing asked for it. */
  | 'not_due'
  /** A credit had to be earned or revoked here, and was not. */
  | 'due'
  /** The head is gone, or does not stand where the entries end, or its sums are not theirs. */
  | 'head';

/** The first entry of a company's ledger that does not hold. */
export type Break = Readonly<{ companyId: string; sequence: number; wrong: Wrong; detail: string }>;

export type AuditedRules = Readonly<{
  id: string;
  companyId: string | null;
  effectiveAt: Date;
  threshold: number;
}>;
export type RulesById = ReadonlyMap<string, AuditedRules>;

/** An entry as stored, with what it is about. */
export type AuditedEntry = LedgerEntry &
  Readonly<{
    /** The stored time has no more than the milliseconds that are hashed. */
    wholeMilliseconds: boolean;
    aboutKind: EntryKind | null;
    aboutRegistrationId: string | null;
  }>;

/** How far a company's chain was followed. `open` holds its open credits: sequence → threshold, oldest first. */
export type Trail = {
  head: Head;
  readonly open: Map<number, number>;
  /** The rules of the referral or reversal whose consequences come next. */
  settling: AuditedRules | undefined;
};

export function newTrail(companyId: string): Trail {
  return { head: emptyHead(companyId), open: new Map(), settling: undefined };
}

type Fault = Readonly<{ wrong: Wrong; detail: string }>;

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

function contentFault(trail: Trail, entry: AuditedEntry, rules: RulesById): Fault | undefined {
  const due = trail.settling && settlementOf(trail.head, trail.settling.threshold);
  if (due && entry.kind !== due) {
    return { wrong: 'due', detail: `${article(due)} entry had to follow; this one is ${entry.kind}` };
  }
  const isSettlement = entry.kind === 'earned' || entry.kind === 'revoked';
  if (isSettlement && !due) {
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

function kindFault(trail: Trail, entry: AuditedEntry, rules: RulesById): Fault | undefined {
  switch (entry.kind) {
    case 'referral':
      return (
        rulesFault(entry, rules) ??
        deltaFault(entry, [1, 1, 0]) ??
        keyFault(entry, `referral:${entry.registrationId}`, ['referral', String(entry.registrationId)])
      );
    case 'reversal':
      return (
        rulesFault(entry, rules) ??
        deltaFault(entry, [-1, -1, 0]) ??
        reversedFault(entry) ??
        keyFault(entry, `reversal:${entry.registrationId}`, ['reversal', String(entry.registrationId)])
      );
    case 'earned': {
      const nth = trail.head.earned + 1;
      return (
        deltaFault(entry, [0, -trail.settling!.threshold, 1]) ??
        keyFault(entry, `earned:${nth}`, ['earned', nth])
      );
    }
    case 'revoked':
      return revokedFault(trail, entry);
    case 'redeemed':
      return openFault(trail, entry) ?? deltaFault(entry, [0, 0, -1]) ?? referenceFault(entry);
    case 'redemption_cancelled':
    case 'expired':
    case 'adjusted':
      return { wrong: 'kind', detail: `no part of the program posts ${entry.kind}` };
  }
}

function rulesFault(entry: AuditedEntry, rules: RulesById): Fault | undefined {
  const named = entry.ruleId === null ? undefined : rules.get(entry.ruleId);
  if (!named) return { wrong: 'rules', detail: 'it names no program rules that exist' };
  if (named.companyId !== null && named.companyId !== entry.companyId) {
    return { wrong: 'rules', detail: `the rules ${named.id} are another company's` };
  }
  if (named.effectiveAt > entry.at) {
    return { wrong: 'rules', detail: `the rules ${named.id} were not in force at its time` };
  }
  return undefined;
}

type Deltas = readonly [referrals: number, progress: number, credits: number];

function deltaFault(entry: AuditedEntry, [referrals, progress, credits]: Deltas): Fault | undefined {
  if (entry.referrals === referrals && entry.progress === progress && entry.credits === credits) {
    return undefined;
  }
  const found = `${entry.referrals}, ${entry.progress}, ${entry.credits}`;
  const wanted = `${referrals}, ${progress}, ${credits}`;
  return { wrong: 'deltas', detail: `referrals, progress, credits are ${found} and should be ${wanted}` };
}

function keyFault(entry: AuditedEntry, key: string, input: readonly (string | number)[]): Fault | undefined {
  if (entry.idempotencyKey === key && sameBytes(entry.inputHash, inputHashOf(...input))) return undefined;
  return { wrong: 'key', detail: `its idempotency key or input hash is not that of ${key}` };
}

/** The reference and the quantity stand in its cause; its key must be made of them. */
function referenceFault(entry: AuditedEntry): Fault | undefined {
  const told = /^credit of entry \d+ redeemed \((\d+) of (\d+)\): (.*)$/s.exec(entry.cause);
  if (!told) return { wrong: 'key', detail: 'its cause does not say what was redeemed' };
  const [, nth, quantity, reference = ''] = told;
  const key = `redeemed:${nth}:${reference}`;
  return keyFault(entry, key, ['redeemed', reference, Number(quantity), Number(nth)]);
}

function reversedFault(entry: AuditedEntry): Fault | undefined {
  const right =
    entry.about !== null &&
    entry.about < entry.sequence &&
    entry.aboutKind === 'referral' &&
    entry.aboutRegistrationId === entry.registrationId;
  return right ? undefined : { wrong: 'about', detail: 'it does not name the referral of its registration' };
}

function openFault(trail: Trail, entry: AuditedEntry): Fault | undefined {
  if (entry.about !== null && trail.open.has(entry.about)) return undefined;
  return { wrong: 'about', detail: `entry ${entry.about} is not an open credit` };
}

function revokedFault(trail: Trail, entry: AuditedEntry): Fault | undefined {
  const open = openFault(trail, entry);
  if (open) return open;
  const newest = [...trail.open.keys()].at(-1);
  if (entry.about !== newest) return { wrong: 'about', detail: `the newest open credit is entry ${newest}` };
  return (
    deltaFault(entry, [0, trail.open.get(newest!)!, -1]) ??
    keyFault(entry, `revoked:${newest}`, ['revoked', newest!])
  );
}

function advance(trail: Trail, entry: AuditedEntry, rules: RulesById): void {
  trail.head = headAfter(trail.head, entry);
  switch (entry.kind) {
    case 'referral':
    case 'reversal':
      trail.settling = rules.get(entry.ruleId!);
      return;
    case 'earned':
      trail.open.set(entry.sequence, -entry.progress);
      return;
    case 'revoked':
      trail.open.delete(entry.about!);
      return;
    default:
      trail.open.delete(entry.about!);
      trail.settling = undefined;
  }
}

const SUMS = ['referrals', 'progress', 'credits', 'earned', 'redeemed', 'expired', 'revoked'] as const;

/** Compares the end of the chain with the head that is stored. */
export function finish(trail: Trail, stored: Head | null): Break | undefined {
  const { companyId, sequence, hash } = trail.head;
  const due = trail.settling && settlementOf(trail.head, trail.settling.threshold);
  const end = { companyId, sequence };
  if (stored && stored.sequence > sequence) {
    const detail = `the chain ends at ${sequence}, its head says ${stored.sequence}`;
    return { companyId, sequence: sequence + 1, wrong: 'missing', detail };
  }
  if (due) {
    return { companyId, sequence: sequence + 1, wrong: 'due', detail: `${article(due)} entry had to follow` };
  }
  if (!stored) return { ...end, wrong: 'head', detail: 'there are entries, and no head' };
  if (!sameBytes(stored.hash, hash)) {
    return { ...end, wrong: 'head', detail: "the head's hash is not the last entry's" };
  }
  const sum = SUMS.find((name) => stored[name] !== trail.head[name]);
  if (!sum) return undefined;
  const detail = `the head says ${sum} ${stored[sum]}, the entries add up to ${trail.head[sum]}`;
  return { ...end, wrong: 'head', detail };
}
