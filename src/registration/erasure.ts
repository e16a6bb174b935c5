import type { Tx } from '../db/db.js';
import type { Deps } from '../deps.js';
import { PURPOSES } from './consent.js';
import { withdrawConsent } from './consent-store.js';
import {
  deleteExclusionsOf,
  deleteRequestsOf,
  deleteVerifications,
  eraseAnswers,
  eraseConsentSources,
  eraseJobOutputs,
  eraseLinks,
  eraseMessages,
  eraseParkedDomains,
  eraseRegistrations,
  eraseReviews,
  eraseVisitors,
  lockRegistrationsOf,
} from './erasure-store.js';
import { closeUncounted, spellingsOf } from './my-data.js';
import { findLiveRequest } from './my-data-store.js';
import { lockPerson, lockRegistration, type Registration } from './store.js';

/** `unknown`: the link is none, too old, or was used for this before. */
export type Erasure = Readonly<{ kind: 'erased'; registrations: number } | { kind: 'unknown' }>;

/**
 * Removes what is held about the person of a mailed link, everywhere and at once (個人情報保護法 35条; GDPR art. 17).
 * The registrations' ids, statuses and the ledger stay: counts with no person behind them.
 */
export async function erase(deps: Deps, token: string): Promise<Erasure> {
  const outcome = await deps.db.transaction(async (tx): Promise<Erasure> => {
    const at = deps.clock();
    const request = await findLiveRequest(tx, token, at);
    if (!request) return { kind: 'unknown' };
    await lockPerson(tx, request.person);
    const registrations = await closeAll(tx, request.person, at);
    const addresses = await spellingsOf(tx, request.email, registrations);
    await eraseRows(tx, registrations, at);
    await eraseTraces(tx, registrations, addresses);
    await deleteExclusionsOf(tx, request.person);
    await deleteRequestsOf(tx, request.person);
    return { kind: 'erased', registrations: registrations.length };
  });
  if (outcome.kind === 'erased') deps.events.dataErased({ registrations: outcome.registrations });
  return outcome;
}

async function closeAll(tx: Tx, person: Buffer, at: Date): Promise<Registration[]> {
  const registrations: Registration[] = [];
  for (const id of await lockRegistrationsOf(tx, person)) {
    const registration = (await lockRegistration(tx, id))!;
    for (const purpose of PURPOSES) await withdrawConsent(tx, id, purpose, at);
    await closeUncounted(tx, registration);
    registrations.push(registration);
  }
  return registrations;
}

async function eraseRows(tx: Tx, registrations: readonly Registration[], at: Date): Promise<void> {
  const ids = registrations.map((one) => one.id);
  await eraseRegistrations(tx, ids, at);
  await deleteVerifications(tx, ids);
  await eraseConsentSources(tx, ids);
  await eraseParkedDomains(tx, ids);
}

async function eraseTraces(tx: Tx, registrations: readonly Registration[], addresses: readonly string[]) {
  const codes = await eraseLinks(tx, addresses);
  const ids = registrations.map((one) => one.id);
  await eraseVisitors(tx, codes, ids);
  await eraseReviews(tx, addresses);
  await eraseMessages(tx, addresses);
  await eraseAnswers(tx, addresses);
  await eraseJobOutputs(tx, 'pgboss.job', addresses);
  await eraseJobOutputs(tx, 'pgboss.archive', addresses);
}
