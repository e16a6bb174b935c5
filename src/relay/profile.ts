import { findLiveKeys, type SealedKey } from '../company/dkim-keys.js';
import { type CompanyRule, findRules } from '../company/rules.js';
import { type Company, findCompanies } from '../company/store.js';
import { createSharedStatement } from '../db/batch.js';
import type { Deps } from '../deps.js';
import { type BlockSettings, findBlocks } from './block-store.js';

/** What there is to know of a sender before its mail is planned. */
export type SenderProfile = Readonly<{
  company: Company;
  keys: readonly SealedKey[];
  rules: readonly CompanyRule[];
  /** How its block reads and where it is not wanted; undefined: as it is built in. */
  block: BlockSettings | undefined;
}>;

/** Milliseconds for which a profile is believed without asking again: so long a change may take to be seen. */
export const FRESH_FOR = 1_000;
const REMEMBERED = 10_000;

type Remembered = Readonly<{ profile: SenderProfile; at: number }>;

/** The very object of before where the block did not change: what was made of it is remembered by it. */
function sameBlock(profile: SenderProfile, before: SenderProfile | undefined): SenderProfile {
  return before?.block && before.block.version === profile.block?.version
    ? { ...profile, block: before.block }
    : profile;
}

/**
 * Looks up companies, for all mails at once that ask at the same time, and once a second for those that come after.
 * @param patience milliseconds that a statement has
 * @param now monotonic milliseconds
 * @returns the profile of a company; undefined when it is gone
 */
export function createProfiles(
  { db }: Pick<Deps, 'db'>,
  patience: () => number,
  freshFor = FRESH_FOR,
  now: () => number = () => performance.now(),
): (companyId: string) => Promise<SenderProfile | undefined> {
  const known = new Map<string, Remembered>();
  const look = createSharedStatement(
    async (ids: readonly string[]) => {
      const distinct = [...new Set(ids)];
      const [companies, keys, rules, blocks] = await Promise.all([
        findCompanies(db, distinct),
        findLiveKeys(db, distinct),
        findRules(db, distinct),
        findBlocks(db, distinct),
      ]);
      return ids.map((id) => {
        const company = companies.get(id);
        return (
          company && { company, keys: keys.get(id) ?? [], rules: rules.get(id) ?? [], block: blocks.get(id) }
        );
      });
    },
    { inFlight: 1, size: 1_000, patience },
  );
  return async (companyId) => {
    const asked = now();
    const before = known.get(companyId);
    if (before && asked - before.at < freshFor) return before.profile;
    const profile = await look(companyId);
    if (known.size >= REMEMBERED) known.clear();
    // As old as the question: what was changed after it may not be in the answer.
    if (profile) known.set(companyId, { profile: sameBlock(profile, before?.profile), at: asked });
    else known.delete(companyId);
    return profile;
  };
}
