import { digest } from '../keys.js';
import type { ProgramRules } from './program.js';

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
}>;

/** A credit that can still be redeemed or revoked: its `earned` entry and the threshold it was earned at. */
export type OpenCredit = Readonly<{ sequence: number; threshold: number }>;

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
  };
}

/**
 * What has to follow a referral or a reversal (design §6): a credit is revoked while progress is below zero and one is
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
