import type { Queryable } from '../db/db.js';

/** The event that makes a registration a referral (design §6). */
export type CountEvent = 'registered' | 'verified' | 'accepted';

/** The rule set: how many referrals earn a credit, what counts, and for how long. Windows are in days. */
export type ProgramRules = Readonly<{
  /** The row of `program_rules`; entries name it. */
  id: string;
  threshold: number;
  countEvent: CountEvent;
  attributionWindowDays: number;
  personWindowDays: number;
  /** A credit earned under these rules ends so many times 24 hours after; null: never. */
  creditExpiresAfterDays: number | null;
}>;

export const RULES_COLUMNS = `id, threshold, count_event AS "countEvent",
  attribution_window_days AS "attributionWindowDays", person_window_days AS "personWindowDays",
  credit_expires_after_days AS "creditExpiresAfterDays"`;

/**
 * The rules in force at a moment: the newest whose time has come, a company's own before the common ones.
 * @param companyId null asks for the common rules alone
 * @throws Error when no rules are in force (the first schema puts common ones from 1970 on)
 */
export async function rulesInForce(db: Queryable, companyId: string | null, at: Date): Promise<ProgramRules> {
  const [row] = await db.query<ProgramRules>(
    `SELECT ${RULES_COLUMNS}
     FROM program_rules WHERE (company_id = $1::uuid OR company_id IS NULL) AND effective_at <= $2
     ORDER BY company_id IS NULL, effective_at DESC, id DESC LIMIT 1`,
    [companyId, at],
  );
  if (!row) throw new Error(`no program rules are in force at ${at.toISOString()}`);
  return row;
}
