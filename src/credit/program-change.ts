import type { Queryable, Tx } from '../db/db.js';
import type { Deps } from '../deps.js';
import { type CountEvent, type ProgramRules, RULES_COLUMNS, rulesInForce } from './program.js';

/** A change of rules: what is left out stays as it is when the change takes effect. */
export type RulesChange = Readonly<{
  /** null: the common rules. */
  companyId: string | null;
  threshold?: number;
  countEvent?: CountEvent;
  attributionWindowDays?: number;
  personWindowDays?: number;
  creditExpiresAfterDays?: number | null;
  /** Not before now; now when left out. */
  effectiveAt?: Date;
  actor: string;
}>;

/** A row of the rules with its place in their history. */
export type DatedRules = ProgramRules &
  Readonly<{
    companyId: string | null;
    effectiveAt: Date;
    /** null: from the first schema. */
    actor: string | null;
    createdAt: Date | null;
  }>;

/**
 * Adds rules that take effect now or later: rows are never changed, so what was posted keeps the rules it names.
 * @returns `past` when the change would take effect before now: nothing is written then
 */
export async function changeRules(
  deps: Pick<Deps, 'clock' | 'newId'>,
  tx: Tx,
  change: RulesChange,
): Promise<Readonly<{ kind: 'changed'; rules: DatedRules }> | Readonly<{ kind: 'past' }>> {
  const now = deps.clock();
  const { companyId, actor, effectiveAt = now, ...wanted } = change;
  if (effectiveAt < now) return { kind: 'past' };
  const before = await rulesInForce(tx, companyId, effectiveAt);
  const given = Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== undefined));
  const rules = { ...before, ...given, id: deps.newId(), companyId, effectiveAt, actor, createdAt: now };
  await insertRules(tx, rules);
  return { kind: 'changed', rules };
}

async function insertRules(tx: Tx, rules: DatedRules): Promise<void> {
  await tx.query(
    `INSERT INTO program_rules (id, company_id, effective_at, threshold, count_event, attribution_window_days,
       person_window_days, credit_expires_after_days, actor, created_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
    [
      rules.id,
      rules.companyId,
      rules.effectiveAt,
      rules.threshold,
      rules.countEvent,
      rules.attributionWindowDays,
      rules.personWindowDays,
      rules.creditExpiresAfterDays,
      rules.actor,
      rules.createdAt,
    ],
  );
}

/** The history of a company's own rules and of the common ones, the newest first, planned ones included. */
export async function rulesHistory(db: Queryable, companyId: string | null): Promise<DatedRules[]> {
  return db.query<DatedRules>(
    `SELECT ${RULES_COLUMNS}, company_id AS "companyId", effective_at AS "effectiveAt", actor,
       created_at AS "createdAt"
     FROM program_rules WHERE company_id = $1::uuid OR company_id IS NULL ORDER BY effective_at DESC, id DESC`,
    [companyId],
  );
}
