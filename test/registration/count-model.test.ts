import fc from 'fast-check';
import { exclude } from '../../src/credit/exclusion.js';
import { expireCredits } from '../../src/credit/expiry.js';
import { changeRules } from '../../src/credit/program-change.js';
import { verifyLedger } from '../../src/credit/verify.js';
import { erase } from '../../src/registration/erasure.js';
import { requestLink } from '../../src/registration/my-data.js';
import { myDataToken } from '../../src/registration/my-data-store.js';
import { confirm, submit } from '../../src/registration/registration.js';
import { report, reverse } from '../../src/registration/report.js';
import { listVerifications, verificationToken } from '../../src/registration/verification.js';
import { Books } from '../credit/books.js';
import { startTestApp, type TestApp } from '../harness/app.js';
import { describeEachDatabase } from '../harness/database.js';
import { linkOf } from './candidate.js';
import { COMPANIES, CountModel, histories, PEOPLE, type Step } from './count-model.js';

/** CR_COUNT_RUNS: how many histories on each database. */
const RUNS = Number(process.env.CR_COUNT_RUNS ?? 60);
const DAY = 86_400_000;
const HOUR = 3_600_000;
const CHOICES = { provide_to_agency: true, inform_company: false, follow_up: false };

/** One history: what people, agency and operators do, done to the program and to the model. */
class History {
  private readonly codes: string[] = [];
  private readonly model = new CountModel(COMPANIES);
  /** The ids of the program by the keys of the model. */
  private readonly ids = new Map<string, string>();
  private readonly run: string;

  private constructor(
    private readonly app: TestApp,
    private readonly books: readonly Books[],
  ) {
    this.run = app.deps.randomBytes(6).toString('hex');
  }

  static async open(app: TestApp): Promise<History> {
    const books = [];
    for (let at = 0; at < COMPANIES; at += 1) books.push(await Books.open(app));
    const history = new History(app, books);
    for (const { id } of books) history.codes.push(await linkOf(app, id));
    return history;
  }

  private get now(): number {
    return this.app.clock.now().getTime();
  }

  private address(person: number): string {
    return `p${person}-${this.run}@example.jp`;
  }

  async play(step: Step): Promise<void> {
    // Three hours between two steps: limits of mails and requests are not what is looked at here.
    this.app.clock.advance(3 * HOUR);
    switch (step.kind) {
      case 'form':
        return this.form(step.person, step.company);
      case 'confirm':
        return this.confirm(step.pick);
      case 'report':
        return this.report(step);
      case 'reverse':
        return this.reverse(step.pick);
      case 'erase':
        return this.erase(step.person);
      case 'exclude':
        return this.exclude(step.person, step.company);
      case 'redeem':
        await this.books[step.company]!.redeem(1, step.reference);
        this.model.ledgers[step.company]!.redeem(1, step.reference, this.now);
        return;
      case 'cancel':
        await this.books[step.company]!.cancel(step.reference);
        this.model.ledgers[step.company]!.cancel(step.reference, this.now);
        return;
      case 'wait':
        this.app.clock.advance(step.days * DAY);
        return;
      case 'expire':
        await expireCredits(this.app.deps);
        for (const ledger of this.model.ledgers) ledger.expire(this.now);
        return;
      case 'rules':
        return this.rules(step);
    }
  }

  private async form(person: number, company: number): Promise<void> {
    const email = this.address(person);
    const code = this.codes[company]!;
    const form = { code, clickId: null, name: 'x', email, locale: 'ja', choices: CHOICES } as const;
    const { registrationId } = await submit(this.app.deps, form);
    const key = `form ${registrationId}`;
    if (this.ids.has(key)) return;
    this.ids.set(key, registrationId);
    this.model.add(key, company, email, 'form');
    this.model.held.get(key)!.milestone = 'pending';
  }

  /** Presses the button of the newest mail, where there is one that still works. */
  private async confirm(pick: number): Promise<void> {
    const forms = [...this.model.held].filter(([, one]) => one.origin === 'form' && one.status === 'pending');
    const [key] = forms[pick % forms.length] ?? [];
    if (!key) return;
    const id = this.ids.get(key)!;
    const [newest] = await listVerifications(this.app.db, id);
    const token = verificationToken(this.app.deps.keys, id, newest!.attempt);
    const { kind } = await confirm(this.app.deps, token);
    if (kind === 'confirmed') this.model.confirm(key, this.now);
    else expect([kind, newest!.expiresAt <= this.app.clock.now()]).toEqual(['expired', true]);
  }

  private async click(company: number): Promise<string> {
    const id = this.app.deps.newId();
    await this.app.db.query(
      `INSERT INTO clicks (id, at, code, company_id, class, cues, rules_version, method)
       VALUES ($1, $2, $3, $4, 'human', '{}', 1, 'GET')`,
      [id, this.app.clock.now(), this.codes[company], this.books[company]!.id],
    );
    return id;
  }

  /** The first report of an id fixes company and person; the later ones repeat them or leave them out. */
  private async report({ id, person, company, status, byClick }: Extract<Step, { kind: 'report' }>) {
    const externalId = `r${id}-${this.run}`;
    const known = this.model.held.get(externalId);
    const email = person === PEOPLE ? null : this.address(person);
    const place = byClick ? { clickId: await this.click(company) } : { code: this.codes[company]! };
    const first = { ...place, ...(email === null ? {} : { candidate: { email } }) };
    const input = { externalId, status, ...(known ? {} : first) };
    const outcome = await this.app.db.transaction((tx) => report(this.app.deps, tx, input, 'agency'));
    expect(outcome.kind).toBe(known ? 'repeated' : 'created');
    if (!known) this.model.add(externalId, company, email, 'postback');
    this.model.report(externalId, status, this.now);
    if (outcome.kind === 'created') this.ids.set(externalId, outcome.registration.id);
  }

  private async reverse(pick: number): Promise<void> {
    const key = [...this.model.held.keys()][pick % this.model.held.size];
    if (!key) return;
    const externalId = key.startsWith('form ') ? this.ids.get(key)! : key;
    await this.app.db.transaction((tx) =>
      reverse(this.app.deps, tx, { externalId, reason: 'entered twice' }, 'agency'),
    );
    this.model.reverse(key, this.now);
  }

  private async erase(person: number): Promise<void> {
    const { deps } = this.app;
    const email = this.address(person);
    await requestLink(deps, { email, locale: 'ja' });
    const [row] = await this.app.db.query<{ id: string }>('SELECT id FROM data_requests WHERE email = $1', [
      email,
    ]);
    expect((await erase(deps, myDataToken(deps.keys, row!.id))).kind).toBe('erased');
    this.model.erase(email);
  }

  private async exclude(person: number, company: number): Promise<void> {
    const wanted = {
      address: this.address(person),
      reason: 'test',
      source: 'operator',
      actor: 'test',
    } as const;
    const companyId = this.books[company]!.id;
    await this.app.db.transaction((tx) => exclude(this.app.deps, tx, { ...wanted, companyId }));
    this.model.excluded.add(`${company} ${wanted.address}`);
  }

  private async rules(step: Extract<Step, { kind: 'rules' }>): Promise<void> {
    const { company, threshold, event, days, expires } = step;
    this.app.clock.advance(1_000);
    await this.app.db.transaction((tx) =>
      changeRules(this.app.deps, tx, {
        companyId: this.books[company]!.id,
        threshold,
        countEvent: event,
        personWindowDays: days,
        creditExpiresAfterDays: expires,
        actor: 'test',
      }),
    );
    Object.assign(this.model.rules[company]!, { event, personWindowDays: days });
    Object.assign(this.model.ledgers[company]!, { threshold, expiresAfterDays: expires });
  }

  /** Every balance, and of every registration its status, whether it counts, and why not. */
  async expectSame(step: Step): Promise<void> {
    const sums = await Promise.all(
      this.books.map(async (one) => {
        const { sequence: _sequence, ...figures } = await one.sums();
        return figures;
      }),
    );
    expect([step, sums]).toEqual([step, this.model.ledgers.map((one) => one.sums())]);
    const rows = await this.app.db.query<{ id: string; state: unknown[] }>(
      `SELECT id, jsonb_build_array(status, counted, reason) AS state FROM registrations WHERE id = ANY($1::uuid[])`,
      [[...this.ids.values()]],
    );
    const states = new Map(rows.map((row) => [row.id, row.state]));
    const found = [...this.ids].map(([key, id]) => [key, states.get(id)]);
    const wanted = [...this.ids.keys()].map((key) => {
      const { status, counted, reason } = this.model.held.get(key)!;
      return [key, [status, counted, reason]];
    });
    expect([step, found]).toEqual([step, wanted]);
  }

  async expectIntact(): Promise<void> {
    for (const { id } of this.books) {
      expect((await verifyLedger(this.app.db, { companyId: id })).breaks).toEqual([]);
    }
  }
}

describeEachDatabase('what counts, against a model', (engine) => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp(engine);
  });
  afterAll(() => app.close());

  test(`${RUNS} histories of forms, clicks, reports, reversals, redemptions, expiry, rules and erasure`, async () => {
    await fc.assert(
      fc.asyncProperty(histories, async (steps) => {
        const history = await History.open(app);
        for (const step of steps) {
          await history.play(step);
          await history.expectSame(step);
        }
        await history.expectIntact();
      }),
      { numRuns: RUNS },
    );
  }, 600_000);
});
