import type { Deps } from '../deps.js';
import { expireOverdue, told } from './posting.js';
import { companiesWithOverdueCredits, lockHead } from './store.js';

/** Who posts what follows from time alone. */
const ACTOR = 'system:expiry';
const JOB = 'credit-expiry';
/** Milliseconds between two looks. A run that failed is made up for by the next; what has expired stays so. */
const EVERY = 3_600_000;

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

/** Looks for expired credits at the start and from then on every hour, one run at a time. */
export function createExpiry(deps: Deps) {
  let running: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;

  async function run(): Promise<void> {
    try {
      await expireCredits(deps);
      deps.events.jobDone(JOB);
    } catch (error) {
      deps.events.jobFailed(JOB, error);
    }
  }

  function look(): void {
    running ??= run().finally(() => {
      running = undefined;
    });
  }

  return {
    start(): void {
      look();
      timer = setInterval(look, EVERY);
      timer.unref();
    },
    /** Makes no further run; resolves when the one under way has ended. */
    async stop(): Promise<void> {
      clearInterval(timer);
      await running;
    },
  };
}
