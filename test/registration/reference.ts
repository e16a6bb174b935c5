const DAY = 86_400_000;
const ENDS = ['rejected', 'withdrawn'];
const RANKS = ['pending', 'verified', 'accepted', 'rejected', 'withdrawn', 'reversed'];
const MILESTONES = ['', 'pending', 'verified', 'accepted'];

export type Event = 'registered' | 'verified' | 'accepted';
export type Reported = 'pending' | 'verified' | 'accepted' | 'rejected' | 'withdrawn';
export type Rules = Readonly<{
  threshold: number;
  event: Event;
  personDays: number;
  attributionDays: number;
  expiresAfterDays: number | null;
}>;
type Credit = Readonly<{ nth: number; threshold: number; ends: number }>;
type Redeemed = { readonly credits: readonly Credit[]; cancelled: boolean };

/** The credits of one company: no entries, no chain, no locks. Times are Unix milliseconds. */
export class Company {
  sums = { referrals: 0, progress: 0, earned: 0, revoked: 0, redeemed: 0, expired: 0, adjusted: 0 };
  private open: Credit[] = [];
  private born = 0;
  private readonly redeemed = new Map<string, Redeemed>();
  /** When its link was made or a person last clicked it; when a person last did. */
  seen: number;
  clicked = -Infinity;

  constructor(
    public rules: Rules,
    now: number,
  ) {
    this.seen = now;
  }

  get figures() {
    return { ...this.sums, credits: this.open.length };
  }

  click(now: number): void {
    this.seen = this.clicked = now;
  }

  private give(now: number): void {
    const { threshold, expiresAfterDays: days } = this.rules;
    this.open.push({ nth: this.born++, threshold, ends: days === null ? Infinity : now + days * DAY });
  }

  private settle(now: number): void {
    for (; this.sums.progress < 0 && this.open.length > 0; this.sums.revoked += 1)
      this.sums.progress += this.open.pop()!.threshold;
    for (; this.sums.progress >= this.rules.threshold; this.sums.earned += 1) {
      this.sums.progress -= this.rules.threshold;
      this.give(now);
    }
  }

  expire(now: number): void {
    const left = this.open.filter((credit) => credit.ends > now);
    this.sums.expired += this.open.length - left.length;
    this.open = left;
  }

  /** A referral (1), or the reversal of one (-1). */
  refer(by: 1 | -1, now: number): void {
    if (by < 0) this.expire(now);
    this.sums.referrals += by;
    this.sums.progress += by;
    this.settle(now);
  }

  /** What is over expires first, also where nothing is left to redeem then. */
  redeem(quantity: number, reference: string, now: number): string {
    const before = this.redeemed.get(reference);
    if (before && before.credits.length !== quantity) return 'conflict';
    if (before) return before.cancelled ? 'cancelled' : 'exists';
    this.expire(now);
    if (this.open.length < quantity) return 'not_available';
    this.redeemed.set(reference, { credits: this.open.splice(0, quantity), cancelled: false });
    this.sums.redeemed += quantity;
    return 'redeemed';
  }

  cancel(reference: string, now: number): string {
    const before = this.redeemed.get(reference);
    if (!before) return 'not_redeemed';
    if (before.cancelled) return 'exists';
    before.cancelled = true;
    this.sums.redeemed -= before.credits.length;
    this.open = [...this.open, ...before.credits].sort((left, right) => left.nth - right.nth);
    this.expire(now);
    this.settle(now);
    return 'cancelled';
  }

  adjust(by: Readonly<{ referrals: number; progress: number; credits: number }>, now: number): string {
    this.expire(now);
    if (this.open.length + by.credits < 0) return 'not_available';
    this.sums.referrals += by.referrals;
    this.sums.progress += by.progress;
    this.sums.adjusted += by.credits;
    for (let nth = 0; nth < by.credits; nth += 1) this.give(now);
    if (by.credits < 0) this.open.splice(by.credits);
    this.settle(now);
    return 'done';
  }
}

/** A registration as the rules see it. `by`: what it named, its company's link or a click; `person`: null once erased. */
export type Held = {
  readonly named: number;
  by: 'code' | 'click' | 'unknown_click';
  readonly form: boolean;
  readonly at: number;
  company: Company | null;
  person: string | null;
  status: string;
  milestone: string;
  countedAt: number | null;
  reason: string | null;
  closed: boolean;
  withdrawn: boolean;
};

/** Design §6 again, written as simply as it can be: what counts for whom, and why the rest does not. */
export class Reference {
  readonly held = new Map<string, Held>();
  readonly excluded = new Set<string>();

  constructor(readonly companies: readonly Company[]) {}

  /** By the link's code while the link, or a person's click on it, is young enough; by a click while one is. */
  private attribute(one: Held): void {
    const company = this.companies[one.named]!;
    const seen = { code: company.seen, click: company.clicked, unknown_click: -Infinity }[one.by];
    one.company = seen >= one.at - company.rules.attributionDays * DAY ? company : null;
  }

  private count(one: Held, now: number): void {
    if (one.countedAt !== null || (one.reason !== null && one.reason !== 'closed')) return;
    one.reason = this.obstacle(one, now);
    if (one.reason !== null || !this.reached(one)) return;
    one.countedAt = now;
    one.company!.refer(1, now);
  }

  private reached({ company, form, milestone }: Held): boolean {
    const { event } = company!.rules;
    const needed = event !== 'registered' ? event : form ? 'verified' : 'pending';
    return MILESTONES.indexOf(milestone) >= MILESTONES.indexOf(needed);
  }

  private obstacle(one: Held, now: number): string | null {
    const { company, person } = one;
    if (!company) return 'unattributed';
    const ended = ENDS.includes(one.status);
    if (one.closed || one.status === 'reversed' || (ended && one.withdrawn)) return 'closed';
    if (person !== null && this.excluded.has(`${one.named} ${person}`)) return 'excluded';
    if (!this.reached(one)) return ended ? 'closed' : one.reason;
    const counted = [...this.held.values()].filter(
      (other) => other.countedAt !== null && other.person === person,
    );
    if (person === null || counted.length === 0) return null;
    if (counted.some((other) => other.company === company)) return 'duplicate_company';
    const since = now - company.rules.personDays * DAY;
    return counted.some((other) => other.countedAt! > since) ? 'duplicate_program' : null;
  }

  register(key: string, what: Pick<Held, 'named' | 'by' | 'form' | 'person'>, now: number): void {
    const fresh = { status: 'pending', milestone: '', countedAt: null, closed: false, withdrawn: false };
    const one = { ...what, ...fresh, at: now, company: null, reason: null };
    this.attribute(one);
    this.held.set(key, one);
  }

  confirm(key: string, now: number): void {
    const one = this.held.get(key)!;
    one.status = one.milestone = 'verified';
    this.attribute(one);
    this.count(one, now);
  }

  report(key: string, status: Reported, now: number): void {
    const one = this.held.get(key)!;
    if (RANKS.indexOf(status) > RANKS.indexOf(one.status)) one.status = status;
    if (MILESTONES.indexOf(status) > MILESTONES.indexOf(one.milestone)) one.milestone = status;
    this.count(one, now);
  }

  /** The click that a report named appears: what waited for it counts after all. */
  appear(one: Held, now: number): void {
    this.companies[one.named]!.click(now);
    one.by = 'click';
    if (one.status === 'reversed') return;
    this.attribute(one);
    one.reason = null;
    this.count(one, now);
  }

  reverse(key: string, now: number): string {
    const one = this.held.get(key)!;
    if (one.status === 'reversed') return 'repeated';
    if (one.countedAt !== null) one.company!.refer(-1, now);
    Object.assign(one, { status: 'reversed', countedAt: null, reason: 'reversed' });
    return 'reversed';
  }

  /** The candidate's own word: what has not counted never will; what has stays. */
  withdraw(one: Held): void {
    one.withdrawn = true;
    if (one.countedAt !== null || RANKS.indexOf(one.status) >= RANKS.indexOf('rejected')) return;
    one.status = 'withdrawn';
    one.reason ??= 'closed';
  }

  erase(person: string): void {
    for (const one of this.held.values()) {
      if (one.person !== person) continue;
      this.withdraw(one);
      Object.assign(one, { person: null, closed: true });
    }
    for (const key of this.excluded) if (key.endsWith(` ${person}`)) this.excluded.delete(key);
  }
}
