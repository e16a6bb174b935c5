import { recordClicks } from '../../src/click/store.js';
import { approveAdjustment, proposeAdjustment } from '../../src/credit/adjustment.js';
import { exclude } from '../../src/credit/exclusion.js';
import { expireCredits } from '../../src/credit/expiry.js';
import { cancelRedemption, redeem } from '../../src/credit/ledger.js';
import { changeRules } from '../../src/credit/program-change.js';
import { verifyLedger } from '../../src/credit/verify.js';
import { newCode } from '../../src/link/code.js';
import { erase } from '../../src/registration/erasure.js';
import { requestLink, withdraw } from '../../src/registration/my-data.js';
import { myDataToken } from '../../src/registration/my-data-store.js';
import { settleParked } from '../../src/registration/parked.js';
import { confirm, submit } from '../../src/registration/registration.js';
import { report, reverse } from '../../src/registration/report.js';
import { VERIFICATION_DAYS, verificationToken } from '../../src/registration/verification.js';
import type { TestApp } from '../harness/app.js';
import { COMPANIES, PEOPLE, type Step } from './histories.js';
import { Company, Reference, type Reported, type Rules } from './reference.js';

const DAY = 86_400_000;
const HOUR = 3_600_000;
const PARKED_DAYS = 30;
const CHOICES = { provide_to_agency: true, inform_company: false, follow_up: false };
/** The common rules of the database that histories are played on: short ones earn credits, and lose them to time. */
const RULES: Rules = {
  threshold: 2,
  event: 'verified',
  personDays: 365,
  attributionDays: 180,
  expiresAfterDays: 6,
};

type Of<Kind extends Step['kind']> = Extract<Step, { kind: Kind }>;
/** What the program and the reference say of one step: two that must be equal. */
type Said = readonly [unknown, unknown];
const NOTHING: Said = ['', ''];

function rulesChange(companyId: string | null, rules: Rules) {
  return {
    companyId,
    threshold: rules.threshold,
    countEvent: rules.event,
    attributionWindowDays: rules.attributionDays,
    personWindowDays: rules.personDays,
    creditExpiresAfterDays: rules.expiresAfterDays,
    actor: 'test',
  } as const;
}

/** A company as a history finds it: with a candidate's link. */
type Place = Readonly<{ id: string; code: string }>;

/** The rules that histories begin with, as the common ones. */
export async function prepareRules({ db, deps }: TestApp): Promise<void> {
  await db.transaction((tx) => changeRules(deps, tx, rulesChange(null, RULES)));
}

/** Companies with a link each, in one statement: one after the other they would take as long as a history. */
async function makePlaces({ db, clock, deps }: TestApp): Promise<Place[]> {
  const places = Array.from({ length: COMPANIES }, () => {
    return { id: deps.newId(), code: newCode(deps.randomBytes(32)) };
  });
  await db.query(
    `WITH wanted AS (SELECT * FROM unnest($1::uuid[], $2::text[]) AS w (id, code)),
       made AS (INSERT INTO companies (id, slug, name, created_at) SELECT id, code, '株式会社例', $3 FROM wanted)
     INSERT INTO links (code, company_id, kind, origin, created_at)
     SELECT code, id, 'candidate', 'api', $3 FROM wanted`,
    [places.map((one) => one.id), places.map((one) => one.code), clock.now()],
  );
  return places;
}

/** One history: what people, agency and operators do, done to the program and to the reference. */
export class History {
  private readonly reference: Reference;
  /** The program's registrations by the reference's keys. */
  private readonly ids = new Map<string, string>();
  /** The mails with a link to confirm: how many, and when the newest was sent. */
  private readonly mails = new Map<string, { attempt: number; at: number }>();
  private readonly lastClicks = new Map<number, string>();
  private readonly unknownClicks = new Map<string, string>();
  private readonly run: string;

  private constructor(
    private readonly app: TestApp,
    private readonly places: readonly Place[],
  ) {
    this.run = app.deps.randomBytes(6).toString('hex');
    this.reference = new Reference(places.map(() => new Company(RULES, this.now)));
  }

  static async open(app: TestApp): Promise<History> {
    return new History(app, await makePlaces(app));
  }

  private get now(): number {
    return this.app.clock.now().getTime();
  }

  private get deps() {
    return this.app.deps;
  }

  private address(person: number): string {
    return `p${person}-${this.run}@example.jp`;
  }

  private company(index: number): Company {
    return this.reference.companies[index]!;
  }

  async play(step: Step): Promise<Said> {
    // Three hours between two steps: limits of mails and requests are not what is looked at here.
    this.app.clock.advance(3 * HOUR);
    switch (step.kind) {
      case 'click':
        return this.click(step);
      case 'form':
        return this.form(step.person, step.company);
      case 'confirm':
        return this.confirm(step.pick);
      case 'report':
        return this.report(step);
      case 'reportForm':
        return this.reportForm(step.pick, step.status);
      case 'appear':
        return this.appear(step.pick);
      case 'reverse':
        return this.reverse(step.pick);
      case 'withdraw':
        return this.withdraw(step.pick);
      case 'erase':
        return this.erase(step.person);
      case 'exclude':
        return this.exclude(step);
      case 'redeem':
        return this.redeem(step);
      case 'cancel':
        return this.cancel(step);
      case 'adjust':
        return this.adjust(step);
      case 'wait':
        this.app.clock.advance(step.days * DAY);
        return NOTHING;
      case 'expire':
        await expireCredits(this.deps);
        for (const one of this.reference.companies) one.expire(this.now);
        return NOTHING;
      case 'rules':
        return this.changeRules(step);
    }
  }

  private async record(company: number, visitor: Of<'click'>['visitor'], id: string): Promise<void> {
    const at = this.now;
    const nothing = { agent: null, browser: null, os: null, device: null, prefetch: false };
    const seen = {
      ...nothing,
      visitorClass: visitor,
      cue: 'agent_browser',
      method: 'GET',
      traceable: true,
    } as const;
    const click = {
      id,
      by: 'code',
      key: this.places[company]!.code,
      host: '',
      at,
      visitorHash: '',
      asn: null,
    } as const;
    await recordClicks(this.app.db, 'code', [{ ...click, visitor: seen }]);
    this.lastClicks.set(company, id);
  }

  private async click({ company, visitor }: Of<'click'>): Promise<Said> {
    await this.record(company, visitor, this.deps.newId());
    const byPerson = visitor === 'human' || visitor === 'suspected';
    if (byPerson) this.company(company).click(this.now);
    return NOTHING;
  }

  private async form(person: number, company: number): Promise<Said> {
    const email = this.address(person);
    const code = this.places[company]!.code;
    const form = { code, clickId: null, name: 'x', email, locale: 'ja', choices: CHOICES } as const;
    const { kind, registrationId } = await submit(this.deps, form);
    const { held } = this.reference;
    const open = [...held].find(
      ([, one]) => one.form && one.named === company && one.person === email && one.status === 'pending',
    );
    const key = open?.[0] ?? `form ${held.size}`;
    if (!open) {
      this.ids.set(key, registrationId);
      this.reference.register(key, { named: company, by: 'code', form: true, person: email }, this.now);
    }
    if (kind === 'mail_queued') {
      this.mails.set(key, { attempt: (this.mails.get(key)?.attempt ?? 0) + 1, at: this.now });
    }
    return [registrationId, this.ids.get(key)];
  }

  private pick(pick: number, which: (key: string) => boolean): string | undefined {
    const keys = [...this.reference.held.keys()].filter(which);
    return keys[pick % keys.length];
  }

  private one(key: string) {
    return this.reference.held.get(key)!;
  }

  /** Presses the button of the newest mail of a form that waits. */
  private async confirm(pick: number): Promise<Said> {
    const key = this.pick(pick, (each) => this.one(each).form && this.one(each).status === 'pending');
    if (!key) return NOTHING;
    const { attempt, at } = this.mails.get(key)!;
    const { kind } = await confirm(this.deps, verificationToken(this.deps.keys, this.ids.get(key)!, attempt));
    if (at + VERIFICATION_DAYS * DAY <= this.now) return [kind, 'expired'];
    this.reference.confirm(key, this.now);
    return [kind, 'confirmed'];
  }

  /** The first report of an id fixes company and person; the later ones leave them out. */
  private async report({ id, person, company, status, by }: Of<'report'>): Promise<Said> {
    const key = `report ${id}`;
    const externalId = `r${id}-${this.run}`;
    const known = this.reference.held.has(key);
    const email = person === PEOPLE ? null : this.address(person);
    const lastClick = this.lastClicks.get(company);
    const clickId = lastClick ?? this.deps.newId();
    const first = {
      ...(by === 'code' ? { code: this.places[company]!.code } : { clickId }),
      ...(email === null ? {} : { candidate: { email } }),
    };
    const input = { externalId, status, ...(known ? {} : first) };
    const outcome = await this.app.db.transaction((tx) => report(this.deps, tx, input, 'agency'));
    if (!known) {
      const named = by === 'code' || lastClick ? by : 'unknown_click';
      if (named === 'unknown_click') this.unknownClicks.set(key, clickId);
      this.reference.register(key, { named: company, by: named, form: false, person: email }, this.now);
      if (outcome.kind !== 'conflict') this.ids.set(key, outcome.registration.id);
    }
    this.reference.report(key, status, this.now);
    return [outcome.kind, known ? 'repeated' : 'created'];
  }

  /** The agency may tell of a registration from our pages by its id, once the candidate has confirmed it. */
  private async reportForm(pick: number, status: Reported): Promise<Said> {
    const key = this.pick(pick, (each) => this.one(each).form);
    if (!key) return NOTHING;
    const input = { externalId: this.ids.get(key)!, status };
    const { kind } = await this.app.db.transaction((tx) => report(this.deps, tx, input, 'agency'));
    const waits = this.one(key).status === 'pending';
    if (waits && status !== 'rejected' && status !== 'withdrawn') return [kind, 'conflict'];
    this.reference.report(key, status, this.now);
    return [kind, 'repeated'];
  }

  private async appear(pick: number): Promise<Said> {
    const young = (at: number) => this.now < at + PARKED_DAYS * DAY;
    const waits = (each: string) => this.one(each).by === 'unknown_click' && young(this.one(each).at);
    const key = this.pick(pick, waits);
    if (!key) return NOTHING;
    await this.record(this.one(key).named, 'human', this.unknownClicks.get(key)!);
    await settleParked(this.deps);
    this.reference.appear(this.one(key), this.now);
    return NOTHING;
  }

  private async reverse(pick: number): Promise<Said> {
    const key = this.pick(pick, () => true);
    if (!key) return NOTHING;
    const externalId = this.one(key).form ? this.ids.get(key)! : `${key.replace('report ', 'r')}-${this.run}`;
    const wish = { externalId, reason: 'entered twice' };
    const { kind } = await this.app.db.transaction((tx) => reverse(this.deps, tx, wish, 'agency'));
    return [kind, this.reference.reverse(key, this.now)];
  }

  /** The secret of a link to one's own data, as the mail would carry it. */
  private async myData(email: string): Promise<string> {
    await requestLink(this.deps, { email, locale: 'ja' });
    const [row] = await this.app.db.query<{ id: string }>(
      'SELECT id FROM data_requests WHERE email = $1 ORDER BY created_at DESC LIMIT 1',
      [email],
    );
    return myDataToken(this.deps.keys, row!.id);
  }

  private async withdraw(pick: number): Promise<Said> {
    const key = this.pick(pick, (each) => this.one(each).person !== null);
    if (!key) return NOTHING;
    const one = this.one(key);
    const given = { registrationId: this.ids.get(key)!, purpose: 'provide_to_agency' } as const;
    const said = await withdraw(this.deps, await this.myData(one.person!), given);
    if (!one.form || one.withdrawn) return [said, 'not_given'];
    this.reference.withdraw(one);
    return [said, 'withdrawn'];
  }

  private async erase(person: number): Promise<Said> {
    const email = this.address(person);
    const { kind } = await erase(this.deps, await this.myData(email));
    this.reference.erase(email);
    return [kind, 'erased'];
  }

  private async exclude({ person, company }: Of<'exclude'>): Promise<Said> {
    const address = this.address(person);
    const companyId = this.places[company]!.id;
    const wanted = { companyId, address, reason: 'test', source: 'operator', actor: 'test' } as const;
    const made = await this.app.db.transaction((tx) => exclude(this.deps, tx, wanted));
    const known = this.reference.excluded.has(`${company} ${address}`);
    this.reference.excluded.add(`${company} ${address}`);
    return [made !== undefined, !known];
  }

  private by(company: number) {
    return { companyId: this.places[company]!.id, actor: 'one', at: this.app.clock.now() };
  }

  private async redeem({ company, quantity, reference }: Of<'redeem'>): Promise<Said> {
    const wanted = { ...this.by(company), quantity, reference };
    const { kind } = await this.app.db.transaction((tx) => redeem(this.deps, tx, wanted));
    return [kind, this.company(company).redeem(quantity, reference, this.now)];
  }

  private async cancel({ company, reference }: Of<'cancel'>): Promise<Said> {
    const wanted = { ...this.by(company), reference, reason: 'x' };
    const { kind } = await this.app.db.transaction((tx) => cancelRedemption(this.deps, tx, wanted));
    return [kind, this.company(company).cancel(reference, this.now)];
  }

  private async adjust({ company, ...by }: Of<'adjust'>): Promise<Said> {
    if (by.referrals === 0 && by.progress === 0 && by.credits === 0) return NOTHING;
    const id = this.deps.newId();
    const wanted = { ...by, ...this.by(company), id, reason: 'x' };
    const { kind } = await this.app.db.transaction(async (tx) => {
      await proposeAdjustment(tx, wanted);
      return approveAdjustment(this.deps, tx, { id, actor: 'other', at: wanted.at });
    });
    return [kind, this.company(company).adjust(by, this.now)];
  }

  private async changeRules({ kind: _kind, company, ...rules }: Of<'rules'>): Promise<Said> {
    const change = rulesChange(this.places[company]!.id, rules);
    const { kind } = await this.app.db.transaction((tx) => changeRules(this.deps, tx, change));
    this.company(company).rules = rules;
    return [kind, 'changed'];
  }

  /** Every balance, and of every registration its status, its company, whether it counts, and why not. */
  async state(): Promise<Said> {
    const rows = await this.app.db.query<{ id: string; state: object }>(
      `SELECT company_id AS id, json_build_object('referrals', referrals, 'progress', progress, 'earned', earned,
         'revoked', revoked, 'redeemed', redeemed, 'expired', expired, 'adjusted', adjusted, 'credits', credits) AS state
       FROM ledger_heads WHERE company_id = ANY($1::uuid[])
       UNION ALL
       SELECT id, json_build_object('status', status, 'counted', counted, 'reason', reason, 'company', company_id)
       FROM registrations WHERE id = ANY($2::uuid[])`,
      [this.places.map((one) => one.id), [...this.ids.values()]],
    );
    const said = new Map(rows.map(({ id, state }) => [id, state]));
    return [said, this.wanted(said)];
  }

  /** What `ledger verify` finds in the books of the companies that have any. */
  async breaks(): Promise<unknown[]> {
    const begun = this.places.filter((_, index) => !isNothing(this.company(index)));
    const verified = [];
    for (const { id } of begun) verified.push(...(await verifyLedger(this.app.db, { companyId: id })).breaks);
    return verified;
  }

  /** @param said what the program says: a company without an entry has no figures there */
  private wanted(said: ReadonlyMap<string, object>): Map<string, object> {
    const { companies } = this.reference;
    const idOf = (company: Company) => this.places[companies.indexOf(company)]!.id;
    const heads = companies
      .filter((one) => said.has(idOf(one)) || !isNothing(one))
      .map((one) => [idOf(one), one.figures] as const);
    const rows = [...this.ids].map(([key, id]) => {
      const { status, countedAt, reason, company } = this.one(key);
      return [
        id,
        { status, counted: countedAt !== null, reason, company: company && idOf(company) },
      ] as const;
    });
    return new Map<string, object>([...heads, ...rows]);
  }
}

function isNothing(company: Company): boolean {
  return Object.values(company.figures).every((figure) => figure === 0);
}
