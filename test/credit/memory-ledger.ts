import { finish, follow, newTrail } from '../../src/credit/audit.js';
import type { AuditedRules, Break } from '../../src/credit/audit-trail.js';
import {
  adjustedDraft,
  cancelledDraft,
  cancelledKey,
  earnedDraft,
  entriesOfAdjustment,
  expiredDraft,
  redeemedDraft,
  redeemedKey,
  referralDraft,
  referralKey,
  reversalDraft,
  revokedDraft,
} from '../../src/credit/drafts.js';
import {
  chained,
  type EntryDraft,
  emptyHead,
  type Head,
  headAfter,
  type LedgerEntry,
  type OpenCredit,
  settlementOf,
} from '../../src/credit/entry.js';
import type { ProgramRules } from '../../src/credit/program.js';
import type { Ledger } from './model.js';

const DAY = 86_400_000;
const COMPANY = '01990000-0000-7000-8000-000000000001';

type Held = OpenCredit & Readonly<{ ends: number }>;

/**
 * A ledger in memory out of the program's own pure parts: the drafts, the chain, the settlement. What lies between
 * them (the order of steps that ledger.ts, redemption.ts, adjustment.ts take) is written again here, without SQL; so it
 * shows the parts and the audit to be right by thousands of histories, and says nothing of locks and statements.
 */
export class MemoryLedger implements Ledger {
  private head: Head = emptyHead(COMPANY);
  private readonly entries: LedgerEntry[] = [];
  private readonly byKey = new Map<string, LedgerEntry>();
  private open: Held[] = [];
  private readonly gone = new Map<number, Held>();
  private readonly rulesById = new Map<string, AuditedRules>();
  private rules!: ProgramRules;
  private time = Date.parse('2026-11-22T01:00:00.000Z');
  private ids = 0;

  constructor() {
    this.setRules(10, null);
  }

  newId(): string {
    this.ids += 1;
    return `01990000-0000-7000-8000-${this.ids.toString(16).padStart(12, '0')}`;
  }

  now(): number {
    return this.time;
  }

  wait(milliseconds: number): void {
    this.time += milliseconds;
  }

  private by() {
    return { actor: 'test', at: new Date(this.time) };
  }

  private post(draft: EntryDraft): LedgerEntry {
    if (this.byKey.has(draft.idempotencyKey)) throw new Error(`posted twice: ${draft.idempotencyKey}`);
    const entry = chained(this.head, draft);
    this.head = headAfter(this.head, entry);
    this.entries.push(entry);
    this.byKey.set(draft.idempotencyKey, entry);
    return entry;
  }

  private give(draft: EntryDraft): void {
    const { sequence } = this.post(draft);
    const { threshold, id: ruleId, creditExpiresAfterDays: days } = this.rules;
    const ends = days === null ? Infinity : this.time + days * DAY;
    this.open.push({ sequence, threshold, ruleId, expiresAfterDays: days, ends });
  }

  private take(credit: Held, draft: EntryDraft): void {
    this.post(draft);
    this.open = this.open.filter((one) => one !== credit);
    this.gone.set(credit.sequence, credit);
  }

  private settle(): void {
    for (;;) {
      const next = settlementOf(this.head, this.rules.threshold);
      if (!next) return;
      const newest = this.open.at(-1)!;
      if (next === 'earned') this.give(earnedDraft(this.head, this.rules, this.by()));
      else this.take(newest, revokedDraft(this.head, newest, this.rules, this.by()));
    }
  }

  expire(): void {
    for (const credit of this.open.filter((one) => one.ends <= this.time)) {
      this.take(credit, expiredDraft(credit, this.by()));
    }
  }

  refer(id: string): string {
    if (this.byKey.has(referralKey(id))) return 'exists';
    this.post(referralDraft(id, this.rules, this.by()));
    this.settle();
    return 'counted';
  }

  reverse(id: string): string {
    const referral = this.byKey.get(referralKey(id));
    if (!referral) return 'not_counted';
    const draft = reversalDraft(id, referral.sequence, 'mistake', this.rules, this.by());
    if (this.byKey.has(draft.idempotencyKey)) return 'exists';
    this.expire();
    this.post(draft);
    this.settle();
    return 'reversed';
  }

  private redeemedBy(reference: string): LedgerEntry[] {
    const entries: LedgerEntry[] = [];
    for (let nth = 1; ; nth += 1) {
      const entry = this.byKey.get(redeemedKey(reference, nth));
      if (!entry) return entries;
      entries.push(entry);
    }
  }

  redeem(quantity: number, reference: string): string {
    const before = this.redeemedBy(reference).length;
    if (before > 0 && before !== quantity) return 'conflict';
    if (before > 0) return this.byKey.has(cancelledKey(reference, 1)) ? 'cancelled' : 'exists';
    this.expire();
    if (this.open.length < quantity) return 'not_available';
    for (const [index, credit] of this.open.slice(0, quantity).entries()) {
      this.take(credit, redeemedDraft(credit, { reference, quantity, nth: index + 1 }, this.by()));
    }
    return 'redeemed';
  }

  cancel(reference: string): string {
    const redeemed = this.redeemedBy(reference);
    const quantity = redeemed.length;
    if (quantity === 0) return 'not_redeemed';
    if (this.byKey.has(cancelledKey(reference, 1))) return 'exists';
    for (const [index, { about }] of redeemed.entries()) {
      const what = { reference, quantity, nth: index + 1, reason: 'mistake' };
      this.post(cancelledDraft(about!, what, this.rules, this.by()));
      this.open.push(this.gone.get(about!)!);
    }
    this.open.sort((left, right) => left.sequence - right.sequence);
    this.expire();
    this.settle();
    return 'cancelled';
  }

  adjust(referrals: number, progress: number, credits: number): string {
    this.expire();
    if (this.head.credits + credits < 0) return 'not_available';
    const agreed = { id: this.newId(), referrals, progress, credits, reason: 'x', proposedBy: 'other' };
    for (let nth = 1; nth <= entriesOfAdjustment(credits); nth += 1) {
      const newest = credits < 0 ? this.open.at(-1)! : undefined;
      const draft = adjustedDraft(agreed, nth, newest?.sequence ?? null, this.rules, this.by());
      if (newest) this.take(newest, draft);
      else if (credits > 0) this.give(draft);
      else this.post(draft);
    }
    this.settle();
    return 'done';
  }

  setRules(threshold: number, expiresAfterDays: number | null): void {
    this.time += 1_000;
    const id = this.newId();
    this.rules = {
      id,
      threshold,
      countEvent: 'verified',
      attributionWindowDays: 180,
      personWindowDays: 365,
      creditExpiresAfterDays: expiresAfterDays,
    };
    const effectiveAt = new Date(this.time);
    this.rulesById.set(id, {
      id,
      companyId: null,
      effectiveAt,
      threshold,
      creditExpiresAfterDays: expiresAfterDays,
    });
  }

  sums() {
    const { companyId: _company, hash: _hash, sequence: _sequence, ...sums } = this.head;
    return sums;
  }

  /** The program's own audit over what was posted. */
  audit(): Break | undefined {
    const trail = newTrail(COMPANY);
    for (const entry of this.entries) {
      const about = entry.about === null ? undefined : this.entries[entry.about - 1];
      const audited = {
        ...entry,
        wholeMilliseconds: true,
        aboutKind: about?.kind ?? null,
        aboutRegistrationId: about?.registrationId ?? null,
      };
      const broken = follow(trail, audited, this.rulesById);
      if (broken) return broken;
    }
    return finish(trail, this.entries.length > 0 ? this.head : emptyHead(COMPANY));
  }
}
