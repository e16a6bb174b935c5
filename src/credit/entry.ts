import { digest } from '../keys.js';

export type EntryKind =
  | 'referral'
  | 'reversal'
  | 'earned'
  | 'revoked'
  | 'redeemed'
  | 'redemption_cancelled'
  | 'expired'
  | 'adjusted';

/** An entry before it has its place in the chain. The three deltas are those of design §6. */
export type EntryDraft = Readonly<{
  kind: EntryKind;
  referrals: number;
  progress: number;
  credits: number;
  /** Unique within the company: posting the same thing twice finds the first. */
  idempotencyKey: string;
  /** SHA-256 of what was asked for: the same key with another input is a conflict. */
  inputHash: Buffer;
  registrationId: string | null;
  /** The sequence of the entry that this one is about. */
  about: number | null;
  /** The row of `program_rules` it was posted under; null where no rule is asked. */
  ruleId: string | null;
  /** Who: a credential's or member's id, or a role of the system. Never a name or an address. */
  actor: string;
  /** Why, in words that an auditor can follow. Never a candidate's name or address: it stays for ever. */
  cause: string;
  at: Date;
}>;

/** An entry in its place. Sequences run from 1 in each company, without gaps. */
export type LedgerEntry = EntryDraft &
  Readonly<{ companyId: string; sequence: number; previousHash: Buffer; hash: Buffer }>;

/** The end of a company's chain and the sums of its entries. */
export type Head = Readonly<{
  companyId: string;
  sequence: number;
  hash: Buffer;
  referrals: number;
  progress: number;
  credits: number;
  earned: number;
  /** Net of cancelled redemptions. */
  redeemed: number;
  expired: number;
  revoked: number;
  /** Net of what adjustments gave and took. */
  adjusted: number;
}>;

/**
 * A credit that can still be redeemed, revoked or expire: the entry that gave it (`earned` or `adjusted`) and what the
 * rules of that entry say of it.
 */
export type OpenCredit = Readonly<{
  sequence: number;
  threshold: number;
  ruleId: string;
  /** Times 24 hours from its entry on; null: never. */
  expiresAfterDays: number | null;
}>;

/** What every entry is told by its poster. */
export type Posting = Readonly<{ actor: string; at: Date }>;

/** Stands before the first entry: 32 zero bytes. */
export const GENESIS_HASH = Buffer.alloc(32);

/** The head of a company that has no entries. */
export function emptyHead(companyId: string): Head {
  return {
    companyId,
    sequence: 0,
    hash: GENESIS_HASH,
    referrals: 0,
    progress: 0,
    credits: 0,
    earned: 0,
    redeemed: 0,
    expired: 0,
    revoked: 0,
    adjusted: 0,
  };
}

/** SHA-256 of the JSON array of what was asked for. */
export function inputHashOf(...input: readonly (string | number)[]): Buffer {
  return digest(JSON.stringify(input));
}

/**
 * The hash that chains an entry to the one before it: SHA-256 over the 32 bytes of the previous hash followed by the
 * UTF-8 bytes of a JSON array without white space, in this order: "career-relay-ledger/1", company id, sequence, kind,
 * referrals, progress, credits, idempotency key, input hash (lower-case hex), registration id or null, about or null,
 * rule id or null, actor, cause, time (ISO 8601, UTC, milliseconds). Strings are escaped as ECMA-262 JSON.stringify does.
 * The format is fixed by docs/decisions/0020-ledger.md; another one needs another first element.
 */
export function hashOf(entry: Omit<LedgerEntry, 'hash'>): Buffer {
  const content = JSON.stringify([
    'career-relay-ledger/1',
    entry.companyId,
    entry.sequence,
    entry.kind,
    entry.referrals,
    entry.progress,
    entry.credits,
    entry.idempotencyKey,
    entry.inputHash.toString('hex'),
    entry.registrationId,
    entry.about,
    entry.ruleId,
    entry.actor,
    entry.cause,
    entry.at.toISOString(),
  ]);
  return digest(Buffer.concat([entry.previousHash, Buffer.from(content)]));
}

/** Gives a draft its place after `head`. */
export function chained(head: Head, draft: EntryDraft): LedgerEntry {
  const placed = {
    ...draft,
    companyId: head.companyId,
    sequence: head.sequence + 1,
    previousHash: head.hash,
  };
  return { ...placed, hash: hashOf(placed) };
}

/** How often a credit was redeemed net of cancellations, by one entry. */
function redeemedBy(kind: EntryKind): number {
  if (kind === 'redeemed') return 1;
  return kind === 'redemption_cancelled' ? -1 : 0;
}

/** The head once `entry` is its last. */
export function headAfter(head: Head, entry: LedgerEntry): Head {
  return {
    companyId: head.companyId,
    sequence: entry.sequence,
    hash: entry.hash,
    referrals: head.referrals + entry.referrals,
    progress: head.progress + entry.progress,
    credits: head.credits + entry.credits,
    earned: head.earned + (entry.kind === 'earned' ? 1 : 0),
    redeemed: head.redeemed + redeemedBy(entry.kind),
    expired: head.expired + (entry.kind === 'expired' ? 1 : 0),
    revoked: head.revoked + (entry.kind === 'revoked' ? 1 : 0),
    adjusted: head.adjusted + (entry.kind === 'adjusted' ? entry.credits : 0),
  };
}

/**
 * What has to follow a posting that changes progress or opens a credit (design §6): a credit is revoked while progress is below zero and one is
 * there to revoke; one is earned while progress reaches the threshold. `undefined`: the company is settled.
 */
export function settlementOf(
  balance: Pick<Head, 'progress' | 'credits'>,
  threshold: number,
): 'earned' | 'revoked' | undefined {
  if (balance.progress >= threshold) return 'earned';
  if (balance.progress < 0 && balance.credits > 0) return 'revoked';
  return undefined;
}
