import type { Deps } from '../deps.js';
import { createHourly } from './hourly.js';
import { expireOverdue, told } from './posting.js';
import { companiesWithOverdueCredits, lockHead } from './store.js';

/** Who posts what follows from time alone. */
const ACTOR = 'system:expiry';

/**
 * Posts `expired` for every open credit whose time is over, company by company, each in a transaction of its own.
 * Idempotent: the key of an entry is its credit.
 * @returns how many credits expired now
 * @throws AggregateError after the last company, when some could not be done
 */
export async function expireCredits(deps: Deps): Promise<number> {
  const at = deps.clock();
  const faults: unknown[] = [];
  let count = 0;
  for (const companyId of await companiesWithOverdueCredits(deps.db, at)) {
    try {
      count += await expireCompany(deps, companyId, at);
    } catch (error) {
      faults.push(error);
    }
  }
  if (faults.length > 0) throw new AggregateError(faults, `${faults.length} companies: ${String(faults[0])}`);
  return count;
}

async function expireCompany(deps: Deps, companyId: string, at: Date): Promise<number> {
  const entries = await deps.db.transaction(async (tx) => {
    const head = await lockHead(tx, companyId);
    return (await expireOverdue(tx, head, { actor: ACTOR, at })).entries;
  });
  told(deps, entries);
  return entries.length;
}

/** Looks for expired credits at the start and from then on every hour. */
export function createExpiry(deps: Deps) {
  return createHourly(deps, 'credit-expiry', () => expireCredits(deps));
}
