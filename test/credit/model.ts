import fc from 'fast-check';

const DAY = 86_400_000;

type Credit = Readonly<{ born: number; threshold: number; ends: number }>;
type Redeemed = { readonly credits: readonly Credit[]; cancelled: boolean };

/** The rules of design §6 again, written as simply as they can be: no chain, no SQL, no entries. */
export class Model {
  threshold = 10;
  expiresAfterDays: number | null = null;
  progress = 0;
  referrals = 0;
  earned = 0;
  revoked = 0;
  redeemed = 0;
  expired = 0;
  adjusted = 0;
  readonly counted: string[] = [];
  private readonly reversed = new Set<string>();
  private readonly references = new Map<string, Redeemed>();
  /** The open credits, oldest first. */
  private open: Credit[] = [];
  private born = 0;

  private give(now: number) {
    const ends = this.expiresAfterDays === null ? Infinity : now + this.expiresAfterDays * DAY;
    this.open.push({ born: this.born++, threshold: this.threshold, ends });
  }

  private settle(now: number) {
    while (this.progress < 0 && this.open.length > 0) {
      this.progress += this.open.pop()!.threshold;
      this.revoked += 1;
    }
    while (this.progress >= this.threshold) {
      this.progress -= this.threshold;
      this.give(now);
      this.earned += 1;
    }
  }

  expire(now: number): void {
    const left = this.open.filter((credit) => credit.ends > now);
    this.expired += this.open.length - left.length;
    this.open = left;
  }

  refer(id: string, now: number): string {
    if (this.counted.includes(id)) return 'exists';
    this.counted.push(id);
    this.referrals += 1;
    this.progress += 1;
    this.settle(now);
    return 'counted';
  }

  reverse(id: string, now: number): string {
    if (!this.counted.includes(id)) return 'not_counted';
    if (this.reversed.has(id)) return 'exists';
    this.reversed.add(id);
    this.expire(now);
    this.referrals -= 1;
    this.progress -= 1;
    this.settle(now);
    return 'reversed';
  }

  /** What is not available leaves the transaction, and with it what would have expired, behind. */
  redeem(quantity: number, reference: string, now: number): string {
    const before = this.references.get(reference);
    if (before && before.credits.length !== quantity) return 'conflict';
    if (before) return before.cancelled ? 'cancelled' : 'exists';
    this.expire(now);
    if (this.open.length < quantity) return 'not_available';
    this.references.set(reference, { credits: this.open.splice(0, quantity), cancelled: false });
    this.redeemed += quantity;
    return 'redeemed';
  }

  cancel(reference: string, now: number): string {
    const before = this.references.get(reference);
    if (!before) return 'not_redeemed';
    if (before.cancelled) return 'exists';
    before.cancelled = true;
    this.redeemed -= before.credits.length;
    this.open = [...this.open, ...before.credits].sort((left, right) => left.born - right.born);
    this.expire(now);
    this.settle(now);
    return 'cancelled';
  }

  adjust(referrals: number, progress: number, credits: number, now: number): string {
    this.expire(now);
    if (this.open.length + credits < 0) return 'not_available';
    this.referrals += referrals;
    this.progress += progress;
    this.adjusted += credits;
    for (let nth = 0; nth < credits; nth += 1) this.give(now);
    if (credits < 0) this.open.splice(credits);
    this.settle(now);
    return 'done';
  }

  sums() {
    const { referrals, progress, earned, revoked, redeemed, expired, adjusted } = this;
    return { referrals, progress, credits: this.open.length, earned, revoked, redeemed, expired, adjusted };
  }
}

/** What is held against the model. Each answer is the kind of the outcome. */
export interface Ledger {
  now(): number;
  wait(milliseconds: number): void;
  newId(): string;
  refer(id: string): Promise<string> | string;
  reverse(id: string): Promise<string> | string;
  redeem(quantity: number, reference: string): Promise<string> | string;
  cancel(reference: string): Promise<string> | string;
  adjust(referrals: number, progress: number, credits: number): Promise<string> | string;
  expire(): Promise<unknown> | unknown;
  setRules(threshold: number, expiresAfterDays: number | null): Promise<unknown> | unknown;
  sums(): Promise<ReturnType<Model['sums']>> | ReturnType<Model['sums']>;
}

export type Command =
  | Readonly<{ kind: 'refer'; times: number }>
  | Readonly<{ kind: 'again' | 'reverse'; pick: number }>
  | Readonly<{ kind: 'redeem'; quantity: number; reference: string }>
  | Readonly<{ kind: 'cancel'; reference: string }>
  | Readonly<{ kind: 'adjust'; referrals: number; progress: number; credits: number }>
  | Readonly<{ kind: 'wait'; days: number }>
  | Readonly<{ kind: 'expire' }>
  | Readonly<{ kind: 'rules'; threshold: number; expiresAfterDays: number | null }>;

const reference = fc.constantFrom('a', 'b', 'c', 'd', 'e');
const pick = fc.nat(100);
const small = fc.integer({ min: -6, max: 6 });

function of<Kind extends Command['kind'], Rest extends object>(
  kind: Kind,
  weight: number,
  rest: fc.Arbitrary<Rest>,
) {
  return { weight, arbitrary: rest.map((values) => ({ kind, ...values })) as fc.Arbitrary<Command> };
}

const command = fc.oneof(
  of('refer', 5, fc.record({ times: fc.integer({ min: 1, max: 6 }) })),
  of('again', 1, fc.record({ pick })),
  of('reverse', 4, fc.record({ pick })),
  of('redeem', 3, fc.record({ quantity: fc.integer({ min: 1, max: 3 }), reference })),
  of('cancel', 2, fc.record({ reference })),
  of('adjust', 1, fc.record({ referrals: small, progress: small, credits: fc.integer({ min: -2, max: 2 }) })),
  of('wait', 2, fc.record({ days: fc.integer({ min: 1, max: 40 }) })),
  of('expire', 1, fc.constant({})),
  of(
    'rules',
    1,
    fc.record({
      threshold: fc.integer({ min: 1, max: 12 }),
      expiresAfterDays: fc.option(fc.integer({ min: 1, max: 60 })),
    }),
  ),
);

/** Histories of some companies that share a clock. */
export function histories(companies: number) {
  return fc.array(fc.tuple(fc.nat(companies - 1), command), { minLength: 10, maxLength: 60 });
}

/** Does one command to both. @returns what each says: pairs that must be equal */
export async function play(ledger: Ledger, model: Model, command: Command): Promise<[string, string]> {
  const chosen = (index: number) => model.counted[index % model.counted.length] ?? ledger.newId();
  switch (command.kind) {
    case 'refer': {
      const said: [string[], string[]] = [[], []];
      for (let time = 0; time < command.times; time += 1) {
        const id = ledger.newId();
        said[0].push(await ledger.refer(id));
        said[1].push(model.refer(id, ledger.now()));
      }
      return [said[0].join(), said[1].join()];
    }
    case 'again': {
      const id = chosen(command.pick);
      return [await ledger.refer(id), model.refer(id, ledger.now())];
    }
    case 'reverse': {
      const id = chosen(command.pick);
      return [await ledger.reverse(id), model.reverse(id, ledger.now())];
    }
    case 'redeem': {
      const { quantity } = command;
      const said = await ledger.redeem(quantity, command.reference);
      return [said, model.redeem(quantity, command.reference, ledger.now())];
    }
    case 'cancel':
      return [await ledger.cancel(command.reference), model.cancel(command.reference, ledger.now())];
    case 'adjust': {
      const { referrals, progress, credits } = command;
      if (referrals === 0 && progress === 0 && credits === 0) return ['', ''];
      const said = await ledger.adjust(referrals, progress, credits);
      return [said, model.adjust(referrals, progress, credits, ledger.now())];
    }
    case 'wait':
      ledger.wait(command.days * DAY);
      return ['', ''];
    case 'expire':
      await ledger.expire();
      model.expire(ledger.now());
      return ['', ''];
    case 'rules':
      model.threshold = command.threshold;
      model.expiresAfterDays = command.expiresAfterDays;
      await ledger.setRules(command.threshold, command.expiresAfterDays);
      return ['', ''];
  }
}
