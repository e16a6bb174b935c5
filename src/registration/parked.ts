import type { Tx } from '../db/db.js';
import type { Deps } from '../deps.js';
import { attributionOf, type Countable, count } from './counting.js';
import { findParked, type Parked, ripe, settle } from './parked-store.js';
import {
  clearReason,
  findRegistration,
  lockPerson,
  lockRegistration,
  updateAttribution,
  updateCode,
} from './store.js';

const BATCH = 100;
const EVERY_MS = 60_000;

/**
 * Tries a parked report anew: attributes and counts it where the code or click has appeared, gives it up after 30 days.
 * The caller holds the person's lock and the registration's row.
 */
export async function retryParked(
  deps: Deps,
  tx: Tx,
  registration: Countable,
  parked: Parked,
  actor: string,
): Promise<void> {
  const at = deps.clock();
  const { id, occurredAt } = registration;
  if (registration.status === 'reversed') return settle(tx, id, 'closed', at);
  const named = { code: parked.code, clickId: parked.clickId, occurredAt };
  const { companyId, attribution } = await attributionOf(tx, named, at);
  const reason = attribution.kind === 'unattributed' ? attribution.reason : undefined;
  if (reason === 'unknown_code' || reason === 'unknown_click') {
    if (parked.expiresAt <= at) await settle(tx, id, 'expired', at);
    return;
  }
  await updateAttribution(tx, id, companyId, attribution);
  await updateCode(tx, id, parked.code);
  await settle(tx, id, 'matched', at);
  if (companyId === null) return;
  await clearReason(tx, id);
  const domain = registration.domain ?? parked.domain;
  await count(deps, tx, { ...registration, companyId, attribution, domain, reason: null }, { actor, at });
}

async function settleOne(deps: Deps, registrationId: string): Promise<void> {
  const found = await findRegistration(deps.db, registrationId);
  await deps.db.transaction(async (tx) => {
    if (found?.person) await lockPerson(tx, found.person);
    const registration = await lockRegistration(tx, registrationId);
    const parked = await findParked(tx, registrationId);
    if (registration && parked && parked.settledAt === null) {
      await retryParked(deps, tx, registration, parked, 'matcher');
    }
  });
}

/**
 * Settles what can be settled now.
 * @returns how many were tried
 * @throws AggregateError after the last one, when some could not be settled: one that fails stops none of the others
 */
export async function settleParked(deps: Deps): Promise<number> {
  const ids = await ripe(deps.db, deps.clock(), BATCH);
  const faults: unknown[] = [];
  for (const id of ids) await settleOne(deps, id).catch((fault: unknown) => faults.push(fault));
  if (faults.length > 0) throw new AggregateError(faults, `${faults.length} reports: ${String(faults[0])}`);
  return ids.length;
}

/** Looks once a minute; two processes at once do no harm, since each report is settled under its row's lock. */
export function createParkedMatcher(deps: Deps) {
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;

  async function run(): Promise<void> {
    try {
      await settleParked(deps);
    } catch (error) {
      deps.events.jobFailed('parked', error);
    }
  }
  return {
    start(): void {
      timer = setInterval(() => {
        running ??= run().finally(() => {
          running = undefined;
        });
      }, EVERY_MS).unref();
    },
    /** Resolves when the look under way has ended. */
    async stop(): Promise<void> {
      clearInterval(timer);
      await running;
    },
  };
}
