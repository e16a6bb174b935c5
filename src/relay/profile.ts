import { findLiveKeys, type SealedKey } from '../company/dkim-keys.js';
import { type CompanyRule, findRules } from '../company/rules.js';
import { type Company, findCompanies } from '../company/store.js';
import { createSharedStatement } from '../db/batch.js';
import type { Deps } from '../deps.js';

/** What there is to know of a sender before its mail is planned. */
export type SenderProfile = Readonly<{
  company: Company;
  keys: readonly SealedKey[];
  rules: readonly CompanyRule[];
}>;

/**
 * Looks up companies as they are now, for all mails at once that ask at the same time.
 * @param patience milliseconds that a statement has
 * @returns the profile of a company; undefined when it is gone
 */
export function createProfiles(
  { db }: Pick<Deps, 'db'>,
  patience: () => number,
): (companyId: string) => Promise<SenderProfile | undefined> {
  return createSharedStatement(
    async (ids: readonly string[]) => {
      const distinct = [...new Set(ids)];
      const [companies, keys, rules] = await Promise.all([
        findCompanies(db, distinct),
        findLiveKeys(db, distinct),
        findRules(db, distinct),
      ]);
      return ids.map((id) => {
        const company = companies.get(id);
        return company && { company, keys: keys.get(id) ?? [], rules: rules.get(id) ?? [] };
      });
    },
    { inFlight: 1, size: 1_000, patience },
  );
}
