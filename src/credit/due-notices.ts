import type { Deps } from '../deps.js';
import { createHourly } from './hourly.js';
import { writeNotice } from './notice.js';
import { creditsEndingWithin, type DueSummary, dueSummaries, keepNoticeCredits } from './notice-store.js';

/** How many days before a credit ends its company is told, the fewest first: of two that fit, the nearer one is said. */
export const EXPIRY_NOTICE_DAYS = [7, 30] as const;

/**
 * Writes the notices that time brings, with their jobs: credits that will expire, and the month that is over. Each company in a
 * transaction of its own; a second run, here or in another process, finds what is written and writes nothing.
 * @returns how many notices were written now
 */
export async function writeDueNotices(deps: Deps): Promise<number> {
  let written = 0;
  for (const days of EXPIRY_NOTICE_DAYS) written += await tellEnding(deps, days);
  for (const due of await dueSummaries(deps.db, deps.clock())) written += await tellMonth(deps, due);
  return written;
}

/** One notice a company, however many of its credits end in that time. */
async function tellEnding(deps: Deps, days: number): Promise<number> {
  const ofCompany = new Map<string, number[]>();
  for (const { companyId, sequence } of await creditsEndingWithin(deps.db, days, deps.clock())) {
    ofCompany.set(companyId, [...(ofCompany.get(companyId) ?? []), sequence]);
  }
  let written = 0;
  for (const [companyId, sequences] of ofCompany)
    written += await tellCredits(deps, companyId, days, sequences);
  return written;
}

function tellCredits(
  deps: Deps,
  companyId: string,
  days: number,
  sequences: readonly number[],
): Promise<number> {
  const [first] = sequences as [number];
  return deps.db.transaction(async (tx) => {
    const subject = `${first}:${days}`;
    const id = await writeNotice(deps, tx, { companyId, kind: 'credit_expiring', subject, sequence: first });
    if (id === undefined) return 0;
    await keepNoticeCredits(tx, { id, companyId, days }, sequences);
    return 1;
  });
}

function tellMonth(deps: Deps, { companyId, month, sequence }: DueSummary): Promise<number> {
  return deps.db.transaction(async (tx) => {
    const wanted = { companyId, kind: 'monthly_summary', subject: month, sequence } as const;
    return (await writeNotice(deps, tx, wanted)) === undefined ? 0 : 1;
  });
}

/** Looks for due notices at the start and from then on every hour. */
export function createDueNotices(deps: Deps) {
  return createHourly(deps, 'due-notices', () => writeDueNotices(deps));
}
