import fc from 'fast-check';
import { Model } from '../credit/model.js';

const DAY = 86_400_000;
export type Event = 'registered' | 'verified' | 'accepted';
export type Reported = 'pending' | 'verified' | 'accepted' | 'rejected' | 'withdrawn';
const MILESTONES = ['none', 'pending', 'verified', 'accepted'];
const RANKS = ['pending', 'verified', 'accepted', 'rejected', 'withdrawn', 'reversed'];

/** A registration as the rules see it. `person`: who, until he is erased. */
export type Held = {
  readonly company: number;
  readonly origin: 'form' | 'postback';
  person: string | null;
  status: string;
  milestone: string;
  counted: boolean;
  countedAt: number;
  reason: string | null;
  erased: boolean;
  withdrawn: boolean;
};

export type Rules = { event: Event; personWindowDays: number };

/** What counts for whom, written as simply as it can be; the money is the ledger's model. */
export class CountModel {
  readonly held = new Map<string, Held>();
  readonly ledgers: readonly Model[];
  readonly rules: readonly Rules[];
  readonly excluded = new Set<string>();

  constructor(companies: number) {
    this.ledgers = Array.from({ length: companies }, () => new Model());
    this.rules = Array.from({ length: companies }, () => ({ event: 'verified', personWindowDays: 365 }));
  }

  private count(key: string, one: Held, now: number): void {
    const { event, personWindowDays } = this.rules[one.company]!;
    if (one.counted || (one.reason !== null && one.reason !== 'closed')) return;
    const ended = one.status === 'rejected' || one.status === 'withdrawn';
    if (one.status === 'reversed' || one.erased || (ended && one.withdrawn)) one.reason ??= 'closed';
    else if (one.person !== null && this.excluded.has(`${one.company} ${one.person}`))
      one.reason = 'excluded';
    else if (
      MILESTONES.indexOf(one.milestone) < MILESTONES.indexOf(event === 'registered' ? 'pending' : event)
    )
      one.reason = ended ? 'closed' : one.reason;
    else {
      const same = [...this.held.values()].filter((other) => other.counted && other.person === one.person);
      const others = one.person === null ? [] : same;
      if (others.some((other) => other.company === one.company)) one.reason = 'duplicate_company';
      else if (others.some((other) => other.countedAt > now - personWindowDays * DAY))
        one.reason = 'duplicate_program';
      else {
        Object.assign(one, { counted: true, reason: null, countedAt: now });
        this.ledgers[one.company]!.refer(key, now);
      }
    }
  }

  add(key: string, company: number, person: string | null, origin: Held['origin']): void {
    const fresh = { status: 'pending', milestone: 'none', counted: false, countedAt: 0, reason: null };
    this.held.set(key, { company, origin, person, ...fresh, erased: false, withdrawn: false });
  }

  confirm(key: string, now: number): void {
    const one = this.held.get(key)!;
    one.status = one.milestone = 'verified';
    this.count(key, one, now);
  }

  report(key: string, status: Reported, now: number): void {
    const one = this.held.get(key)!;
    if (RANKS.indexOf(status) > RANKS.indexOf(one.status)) one.status = status;
    if (MILESTONES.indexOf(status) > MILESTONES.indexOf(one.milestone)) one.milestone = status;
    this.count(key, one, now);
  }

  reverse(key: string, now: number): void {
    const one = this.held.get(key)!;
    if (one.status === 'reversed') return;
    if (one.counted) this.ledgers[one.company]!.reverse(key, now);
    Object.assign(one, { status: 'reversed', counted: false, reason: 'reversed' });
  }

  erase(person: string): void {
    for (const one of this.held.values()) {
      if (one.person !== person) continue;
      const closes = !one.counted && RANKS.indexOf(one.status) < RANKS.indexOf('rejected');
      Object.assign(one, { person: null, erased: true, withdrawn: true });
      if (!closes) continue;
      one.status = 'withdrawn';
      one.reason ??= 'closed';
    }
    for (const key of this.excluded) if (key.endsWith(` ${person}`)) this.excluded.delete(key);
  }
}

export type Step =
  | Readonly<{ kind: 'form'; person: number; company: number }>
  | Readonly<{ kind: 'confirm' | 'reverse'; pick: number }>
  | Readonly<{
      kind: 'report';
      id: number;
      person: number;
      company: number;
      status: Reported;
      byClick: boolean;
    }>
  | Readonly<{ kind: 'erase'; person: number }>
  | Readonly<{ kind: 'exclude'; person: number; company: number }>
  | Readonly<{ kind: 'redeem' | 'cancel'; company: number; reference: string }>
  | Readonly<{ kind: 'wait'; days: number }>
  | Readonly<{ kind: 'expire' }>
  | Readonly<{
      kind: 'rules';
      company: number;
      threshold: number;
      event: Event;
      days: number;
      expires: number | null;
    }>;

export const COMPANIES = 3;
export const PEOPLE = 4;

const person = fc.nat(PEOPLE - 1);
const company = fc.nat(COMPANIES - 1);
const pick = fc.nat(99);
const reference = fc.constantFrom('a', 'b', 'c');
const event = fc.constantFrom<Event>('registered', 'verified', 'accepted');
const status = fc.constantFrom<Reported>(
  'pending',
  'verified',
  'verified',
  'accepted',
  'rejected',
  'withdrawn',
);

function step<Kind extends Step['kind'], Rest extends object>(
  kind: Kind,
  weight: number,
  rest: fc.Arbitrary<Rest>,
) {
  return { weight, arbitrary: rest.map((values) => ({ kind, ...values })) as unknown as fc.Arbitrary<Step> };
}

/** Histories of some people at some companies. Waits are short: links and clicks stay inside the attribution window. */
export const histories = fc.array(
  fc.oneof(
    step('form', 5, fc.record({ person, company })),
    step('confirm', 5, fc.record({ pick })),
    step(
      'report',
      7,
      fc.record({ id: fc.nat(14), person: fc.nat(PEOPLE), company, status, byClick: fc.boolean() }),
    ),
    step('reverse', 3, fc.record({ pick })),
    step('erase', 1, fc.record({ person })),
    step('exclude', 1, fc.record({ person, company })),
    step('redeem', 2, fc.record({ company, reference })),
    step('cancel', 1, fc.record({ company, reference })),
    step('wait', 2, fc.record({ days: fc.integer({ min: 1, max: 3 }) })),
    step('expire', 1, fc.constant({})),
    step(
      'rules',
      3,
      fc.record({
        company,
        threshold: fc.integer({ min: 1, max: 3 }),
        event,
        days: fc.integer({ min: 1, max: 3 }),
        expires: fc.option(fc.integer({ min: 1, max: 5 })),
      }),
    ),
  ),
  { minLength: 8, maxLength: 30 },
);
