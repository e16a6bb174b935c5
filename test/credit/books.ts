import type { Company } from '../../src/company/store.js';
import { auditedEntries } from '../../src/credit/audit-store.js';
import type { LedgerEntry } from '../../src/credit/entry.js';
import { balances, cancelRedemption, postReferral, postReversal, redeem } from '../../src/credit/ledger.js';
import { changeRules, type RulesChange } from '../../src/credit/program-change.js';
import type { Db } from '../../src/db/db.js';
import type { TestApp } from '../harness/app.js';

/** One company's ledger as a test handles it: every posting in a transaction of its own. */
export class Books {
  constructor(
    readonly app: TestApp,
    readonly company: Company,
    /** Another pool than the program's, for races. */
    private readonly db: Db = app.db,
  ) {}

  static async open(app: TestApp): Promise<Books> {
    const slug = `books-${app.deps.randomBytes(6).toString('hex')}`;
    return new Books(app, await app.company({ name: '株式会社例', slug }));
  }

  get id(): string {
    return this.company.id;
  }

  private by() {
    return { companyId: this.id, actor: 'test', at: this.app.clock.now() };
  }

  refer(registrationId = this.app.deps.newId()) {
    return this.db.transaction((tx) => postReferral(this.app.deps, tx, { ...this.by(), registrationId }));
  }

  /** In one transaction: commits are what takes time. */
  async referMany(count: number): Promise<string[]> {
    const ids = Array.from({ length: count }, () => this.app.deps.newId());
    await this.db.transaction(async (tx) => {
      for (const registrationId of ids) {
        await postReferral(this.app.deps, tx, { ...this.by(), registrationId });
      }
    });
    return ids;
  }

  reverse(registrationId: string, reason = 'mistake') {
    return this.db.transaction((tx) =>
      postReversal(this.app.deps, tx, { ...this.by(), registrationId, reason }),
    );
  }

  redeem(quantity: number, reference: string) {
    return this.db.transaction((tx) => redeem(this.app.deps, tx, { ...this.by(), quantity, reference }));
  }

  cancel(reference: string, reason = 'mistake') {
    return this.db.transaction((tx) =>
      cancelRedemption(this.app.deps, tx, { ...this.by(), reference, reason }),
    );
  }

  /** Rules of this company's own, in force from a second after now; the clock is moved there. */
  async setRules(change: Pick<RulesChange, 'threshold' | 'creditExpiresAfterDays'>): Promise<string> {
    this.app.clock.advance(1_000);
    const changed = await this.app.db.transaction((tx) =>
      changeRules(this.app.deps, tx, { ...change, companyId: this.id, actor: 'test' }),
    );
    if (changed.kind !== 'changed') throw new Error(changed.kind);
    return changed.rules.id;
  }

  setThreshold(threshold: number): Promise<string> {
    return this.setRules({ threshold });
  }

  sums() {
    return balances(this.app.db, this.id);
  }

  entries(): Promise<LedgerEntry[]> {
    const all = { after: 0, upTo: Number.MAX_SAFE_INTEGER, limit: 1_000_000 };
    return auditedEntries(this.app.db, this.id, all);
  }

  async kinds(): Promise<string[]> {
    return (await this.entries()).map((entry) => entry.kind);
  }

  async notices(): Promise<string[]> {
    const rows = await this.app.db.query<{ kind: string }>(
      'SELECT kind FROM notices WHERE company_id = $1 ORDER BY sequence, kind',
      [this.id],
    );
    return rows.map((row) => row.kind);
  }
}
