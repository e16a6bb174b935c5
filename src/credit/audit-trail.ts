import type { EntryKind, Head, LedgerEntry } from './entry.js';

/** What can be wrong with a ledger; each has a test named after it. */
export type Wrong =
  /** The sequence has a gap here, or the chain ends before the head does. */
  | 'missing'
  /** The entry does not continue the one before it. */
  | 'previous_hash'
  /** The entry's content is not what was hashed. */
  | 'hash'
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
  /** An adjustment was proposed and approved by one operator. */
  | 'four_eyes'
  /** The head is gone, or does not stand where the entries end, or its sums are not theirs. */
  | 'head'
  /** The entry has another hash than somebody kept of it: the ledger was rewritten since, or removed. */
  | 'anchor';

/** The first entry of a company's ledger that does not hold. */
export type Break = Readonly<{ companyId: string; sequence: number; wrong: Wrong; detail: string }>;

export type AuditedRules = Readonly<{
  id: string;
  companyId: string | null;
  effectiveAt: Date;
  threshold: number;
  creditExpiresAfterDays: number | null;
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

/** What the entry that gave a credit says of it. */
export type Credit = Readonly<{ threshold: number; ruleId: string; at: Date }>;

/** How far a company's chain was followed. All maps hold as much as the company ever redeemed or has open. */
export type Trail = {
  head: Head;
  /** The open credits by the sequence of the entry that gave them. */
  readonly open: Map<number, Credit>;
  /** Credits that are redeemed, by the key of the entry that did. */
  readonly redeemed: Map<string, Credit & { sequence: number }>;
  /** The rules of the posting whose consequences come next. */
  settling: AuditedRules | undefined;
  /** An adjustment of which entries are still to come. */
  adjusting: Readonly<{ id: string; nth: number; of: number }> | undefined;
};

export type Fault = Readonly<{ wrong: Wrong; detail: string }>;
