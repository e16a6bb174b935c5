import { sameBytes } from '../keys.js';
import type { AuditedEntry, Fault, RulesById, Trail } from './audit-trail.js';
import { adjustedDeltas, cancelledKey, entriesOfAdjustment, redeemedKey } from './drafts.js';
import { inputHashOf } from './entry.js';

const DAY = 86_400_000;

/** What of an entry's content is not as its kind asks for it. */
export function kindFault(trail: Trail, entry: AuditedEntry, rules: RulesById): Fault | undefined {
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
      return rulesFault(entry, rules) ?? deltaFault(entry, [0, 0, 1]) ?? cancelledFault(trail, entry);
    case 'expired':
      return openFault(trail, entry) ?? deltaFault(entry, [0, 0, -1]) ?? expiredFault(trail, entry, rules);
    case 'adjusted':
      return rulesFault(entry, rules) ?? adjustedFault(trail, entry);
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
  return (
    newestFault(trail, entry) ??
    deltaFault(entry, [0, trail.open.get(entry.about!)!.threshold, -1]) ??
    keyFault(entry, `revoked:${entry.about}`, ['revoked', entry.about!])
  );
}

/** A cancelled redemption opens an old credit again, so the newest is not always the last that was opened. */
function newestFault(trail: Trail, entry: AuditedEntry): Fault | undefined {
  const newest = Math.max(...trail.open.keys());
  if (entry.about === newest) return undefined;
  return { wrong: 'about', detail: `the newest open credit is entry ${newest}` };
}

const CANCELLED =
  /^credit of entry \d+ open again \((\d+) of (\d+): redemption ("(?:[^"\\\x00-\x1f]|\\(?:["\\bfnrt]|u[0-9a-f]{4}))*") cancelled\): /s;

function cancelledFault(trail: Trail, entry: AuditedEntry): Fault | undefined {
  const told = CANCELLED.exec(entry.cause);
  if (!told) return { wrong: 'key', detail: 'its cause does not say which redemption was cancelled' };
  const reference: string = JSON.parse(told[3]!);
  const [nth, quantity] = [Number(told[1]), Number(told[2])];
  const redeemed = trail.redeemed.get(redeemedKey(reference, nth));
  if (!redeemed || redeemed.sequence !== entry.about) {
    return { wrong: 'about', detail: `no redemption that stands took the credit of entry ${entry.about}` };
  }
  const input = ['redemption_cancelled', reference, quantity, nth];
  return keyFault(entry, cancelledKey(reference, nth), input);
}

function expiredFault(trail: Trail, entry: AuditedEntry, rules: RulesById): Fault | undefined {
  const credit = trail.open.get(entry.about!)!;
  if (entry.ruleId !== credit.ruleId) {
    return { wrong: 'rules', detail: 'it names other rules than the credit that expired' };
  }
  const days = rules.get(credit.ruleId)?.creditExpiresAfterDays ?? null;
  if (days === null || credit.at.getTime() + days * DAY > entry.at.getTime()) {
    return { wrong: 'not_due', detail: `the credit of entry ${entry.about} had not expired at its time` };
  }
  return keyFault(entry, `expired:${entry.about}`, ['expired', entry.about!]);
}

const ADJUSTED = /^adjustment (\S+) \((\d+) of (\d+): (-?\d+), (-?\d+), (-?\d+)\) proposed by (\S+): /;

type Told = Readonly<{ id: string; nth: number; of: number; sums: readonly number[]; proposedBy: string }>;

/** What the cause of an `adjusted` entry says was agreed on. */
export function adjustmentOf({ cause }: AuditedEntry): Told | undefined {
  const told = ADJUSTED.exec(cause);
  if (!told) return undefined;
  const [, id = '', nth, of, referrals, progress, credits, proposedBy = ''] = told;
  const sums = [referrals, progress, credits].map(Number);
  return { id, nth: Number(nth), of: Number(of), sums, proposedBy };
}

/** The sums that were agreed on stand in its cause; its deltas and its key must be made of them. */
function adjustedFault(trail: Trail, entry: AuditedEntry): Fault | undefined {
  const told = adjustmentOf(entry);
  if (!told) return { wrong: 'key', detail: 'its cause does not say what was agreed on' };
  const [referrals = 0, progress = 0, credits = 0] = told.sums;
  const before = trail.adjusting;
  const next = before ? told.id === before.id && told.nth === before.nth + 1 : told.nth === 1;
  if (!next || told.of !== entriesOfAdjustment(credits)) {
    return { wrong: 'due', detail: `it is not the entry of an adjustment that comes here` };
  }
  if (told.proposedBy === entry.actor) {
    return { wrong: 'four_eyes', detail: `${entry.actor} proposed and approved it` };
  }
  return (
    deltaFault(entry, adjustedDeltas({ referrals, progress, credits }, told.nth)) ??
    takenFault(trail, entry) ??
    keyFault(entry, `adjusted:${told.nth}:${told.id}`, ['adjusted', told.id, told.nth, ...told.sums])
  );
}

function takenFault(trail: Trail, entry: AuditedEntry): Fault | undefined {
  if (entry.credits < 0) return openFault(trail, entry) ?? newestFault(trail, entry);
  return entry.about === null ? undefined : { wrong: 'about', detail: 'it takes no credit, and names one' };
}
