import type { Queryable } from '../db/db.js';

/** Something a company said of its own mails. `subject`: contains the value; `sender` and `source`: are it. */
export type CompanyRule = Readonly<{
  id: string;
  companyId: string;
  kind: 'subject' | 'sender' | 'source';
  /** As `ruleValue` writes it. */
  value: string;
  verdict: 'rejection' | 'other';
}>;

/** A company's rules with the newest first: an answer of today beats one of last year. */
const COLUMNS = `id, company_id AS "companyId", kind, value, verdict`;

export async function listRules(db: Queryable, companyId: string): Promise<CompanyRule[]> {
  return db.query<CompanyRule>(
    `SELECT ${COLUMNS} FROM company_rules WHERE company_id = $1 ORDER BY created_at DESC, id DESC`,
    [companyId],
  );
}

/** The rules of these companies, by company, newest first; a company without any is not among them. */
export async function findRules(
  db: Queryable,
  companyIds: readonly string[],
): Promise<Map<string, CompanyRule[]>> {
  const rows = await db.query<CompanyRule>(
    `SELECT ${COLUMNS} FROM company_rules WHERE company_id = ANY($1::uuid[]) ORDER BY created_at DESC, id DESC`,
    [companyIds],
    { name: 'company-rules' },
  );
  const rules = new Map<string, CompanyRule[]>();
  for (const rule of rows) {
    const known = rules.get(rule.companyId);
    if (known) known.push(rule);
    else rules.set(rule.companyId, [rule]);
  }
  return rules;
}

/** Keeps a rule; one of the same kind and value says from now on what this one says. */
export async function putRule(db: Queryable, rule: CompanyRule, at: Date): Promise<void> {
  await db.query(
    `INSERT INTO company_rules (id, company_id, kind, value, verdict, created_at) VALUES ($1, $2, $3, $4, $5, $6)
     ON CONFLICT (company_id, kind, value) DO UPDATE SET verdict = excluded.verdict, created_at = excluded.created_at`,
    [rule.id, rule.companyId, rule.kind, rule.value, rule.verdict, at],
  );
}

/** @returns false when the company has no such rule */
export async function removeRule(db: Queryable, companyId: string, id: string): Promise<boolean> {
  const rows = await db.query('DELETE FROM company_rules WHERE company_id = $1 AND id = $2 RETURNING id', [
    companyId,
    id,
  ]);
  return rows.length > 0;
}
