import fc from 'fast-check';
import type { Event, Reported } from './reference.js';

export const COMPANIES = 3;
export const PEOPLE = 4;

export type Step =
  | Readonly<{ kind: 'click'; company: number; visitor: 'human' | 'suspected' | 'scanner' | 'bot' }>
  | Readonly<{ kind: 'form'; person: number; company: number }>
  | Readonly<{ kind: 'exclude'; person: number; company: number }>
  | Readonly<{ kind: 'confirm' | 'reverse' | 'withdraw' | 'appear'; pick: number }>
  /** `person` PEOPLE: the agency names none. */
  | Readonly<{
      kind: 'report';
      id: number;
      person: number;
      company: number;
      status: Reported;
      by: 'code' | 'click';
    }>
  | Readonly<{ kind: 'reportForm'; pick: number; status: Reported }>
  | Readonly<{ kind: 'erase'; person: number }>
  | Readonly<{ kind: 'redeem'; company: number; quantity: number; reference: string }>
  | Readonly<{ kind: 'cancel'; company: number; reference: string }>
  | Readonly<{ kind: 'adjust'; company: number; referrals: number; progress: number; credits: number }>
  | Readonly<{ kind: 'wait'; days: number }>
  | Readonly<{ kind: 'expire' }>
  | Readonly<{
      kind: 'rules';
      company: number;
      threshold: number;
      event: Event;
      personDays: number;
      attributionDays: number;
      expiresAfterDays: number | null;
    }>;

// One of each comes up more often than the others: in a short history things must happen to the same.
const person = fc.constantFrom(0, 0, ...Array(PEOPLE).keys());
const company = fc.constantFrom(0, 0, ...Array(COMPANIES).keys());
const pick = fc.nat(99);
const reference = fc.constantFrom('a', 'a', 'b');
const small = fc.integer({ min: -3, max: 3 });
const status = fc.constantFrom<Reported>(
  'pending',
  'verified',
  'verified',
  'accepted',
  'rejected',
  'withdrawn',
);

function step(kind: Step['kind'], weight: number, rest: Readonly<Record<string, fc.Arbitrary<unknown>>>) {
  const arbitrary = fc.record(rest).map((values) => ({ kind, ...values }));
  return { weight, arbitrary: arbitrary as unknown as fc.Arbitrary<Step> };
}

const steps = fc.oneof(
  step('click', 2, { company, visitor: fc.constantFrom('human', 'suspected', 'scanner', 'bot') }),
  step('form', 5, { person, company }),
  step('confirm', 6, { pick }),
  step('report', 9, {
    id: fc.nat(5),
    person: fc.oneof({ weight: 9, arbitrary: person }, { weight: 1, arbitrary: fc.constant(PEOPLE) }),
    company,
    status,
    by: fc.constantFrom('code', 'code', 'click'),
  }),
  step('reportForm', 2, { pick, status }),
  step('appear', 1, { pick }),
  step('reverse', 3, { pick }),
  step('withdraw', 1, { pick }),
  step('erase', 1, { person }),
  step('exclude', 1, { person, company }),
  step('redeem', 3, { company, quantity: fc.integer({ min: 1, max: 2 }), reference }),
  step('cancel', 2, { company, reference }),
  step('adjust', 2, { company, referrals: small, progress: small, credits: small }),
  step('wait', 4, { days: fc.integer({ min: 1, max: 9 }) }),
  step('expire', 2, {}),
  step('rules', 2, {
    company,
    threshold: fc.integer({ min: 1, max: 3 }),
    event: fc.constantFrom('registered', 'verified', 'accepted'),
    personDays: fc.integer({ min: 1, max: 9 }),
    attributionDays: fc.integer({ min: 1, max: 9 }),
    expiresAfterDays: fc.option(fc.integer({ min: 1, max: 9 })),
  }),
);

/** Plays one step on both sides, and throws where they differ. */
export type Player = Readonly<{ perform(step: Step): Promise<void> }>;

class Played implements fc.AsyncCommand<object, Player, true> {
  constructor(private readonly step: Step) {}

  /** A step that finds nothing to do does nothing: none is left out. */
  async check(): Promise<boolean> {
    return true;
  }

  run(_: object, player: Player): Promise<void> {
    return player.perform(this.step);
  }

  toString(): string {
    return JSON.stringify(this.step);
  }
}

/** Histories of some people at some companies. */
export const histories = fc.commands<object, Player, true>([steps.map((one) => new Played(one))], {
  maxCommands: 16,
  size: 'max',
  disableReplayLog: true,
});
