import type { Locale } from '../company/store.js';
import type { Queryable, Tx } from '../db/db.js';
import type { Deps } from '../deps.js';
import type { Purpose } from './consent.js';
import {
  type Consent,
  listConsents,
  listProvisions,
  type Provision,
  withdrawConsent,
} from './consent-store.js';
import {
  addressesAt,
  type DataRequest,
  deleteExpiredRequests,
  findLiveRequest,
  type HeldRecord,
  type HeldRegistration,
  heldRecords,
  heldRegistrations,
  insertRequest,
  requestTimes,
} from './my-data-store.js';
import { domainsOf, normaliseAddress } from './person.js';
import { personOf } from './registration.js';
import { lockPerson, lockRegistration, markNotCounted, type Registration, updateStatus } from './store.js';

const DAY = 24 * 60 * 60 * 1000;
/** Mails to one person in a day, and the least time between two. */
export const MAX_REQUESTS_A_DAY = 5;
export const REQUEST_GAP_MS = 60_000;

/** What is held about a person: his registrations with their consents, and where else his address stands. */
export type MyData = Readonly<{
  email: string;
  registrations: readonly (HeldRegistration &
    Readonly<{ consents: readonly Consent[]; provisions: readonly Provision[] }>)[];
  records: readonly HeldRecord[];
}>;

/**
 * Takes the wish to see one's data. Whether anything is held is asked only by the job that sends the mail, so that
 * neither the answer nor its time tells who is registered.
 */
export async function requestLink(
  deps: Deps,
  wish: Readonly<{ email: string; locale: Locale }>,
): Promise<'queued' | 'withheld'> {
  const person = personOf(deps.keys, wish.email);
  const result = await deps.db.transaction(async (tx) => {
    const at = deps.clock();
    await lockPerson(tx, person);
    await deleteExpiredRequests(tx, at);
    const times = await requestTimes(tx, person, new Date(at.getTime() - DAY));
    const newest = times[0];
    if (times.length >= MAX_REQUESTS_A_DAY) return 'withheld';
    if (newest && at.getTime() - newest.getTime() < REQUEST_GAP_MS) return 'withheld';
    const id = deps.newId();
    await insertRequest(tx, deps.keys, { id, person, ...wish, at });
    await deps.jobs.enqueue(tx, 'my-data-mail', { requestId: id });
    return 'queued';
  });
  deps.events.dataRequested(result);
  return result;
}

/** The spellings of a person's address in lower case: his own, those he registered with, those that reach the same mailbox. */
export async function spellingsOf(
  db: Queryable,
  email: string,
  registrations: readonly Pick<Registration, 'email'>[],
): Promise<string[]> {
  const own = [email, ...registrations.flatMap((one) => one.email ?? [])];
  const known = own.flatMap((one) => [one.toLowerCase(), one.normalize('NFKC').toLowerCase()]);
  const domains = domainsOf(email);
  const others = domains.length > 0 ? await addressesAt(db, domains) : [];
  const wanted = normaliseAddress(email);
  const same = others.filter((one) => normaliseAddress(one) === wanted);
  return [...new Set([...known, wanted, ...same])];
}

/** Everything that is held about the person of a request. Reads only. */
export async function collect(
  deps: Pick<Deps, 'clock'>,
  db: Queryable,
  request: Pick<DataRequest, 'person' | 'email'>,
): Promise<MyData> {
  const held = await heldRegistrations(db, request.person, deps.clock());
  const registrations = [];
  for (const one of held) {
    registrations.push({
      ...one,
      consents: await listConsents(db, one.id),
      provisions: await listProvisions(db, one.id),
    });
  }
  const records = await heldRecords(db, await spellingsOf(db, request.email, held));
  return { email: request.email, registrations, records };
}

/** Whether the page would show anything. */
export function isEmpty(data: MyData): boolean {
  return data.registrations.length === 0 && data.records.length === 0;
}

/** What a mailed link opens; undefined when it is unknown, too old or used for erasure. */
export async function openMyData(deps: Deps, token: string): Promise<MyData | undefined> {
  const request = await findLiveRequest(deps.db, token, deps.clock());
  return request && collect(deps, deps.db, request);
}

/** Closes what has not counted yet; what has counted keeps its place in the ledger. */
export async function closeUncounted(tx: Tx, registration: Registration): Promise<void> {
  const { id, status, counted, reason } = registration;
  if (counted || status === 'rejected' || status === 'withdrawn' || status === 'reversed') return;
  await updateStatus(tx, id, 'withdrawn');
  if (reason === null) await markNotCounted(tx, id, 'closed');
}

export type Withdrawal = 'withdrawn' | 'not_given' | 'unknown';

/** Takes one consent of one registration back. Without the consent to provide, a registration cannot go on. */
export async function withdraw(
  deps: Deps,
  token: string,
  given: Readonly<{ registrationId: string; purpose: Purpose }>,
): Promise<Withdrawal> {
  const outcome = await deps.db.transaction(async (tx): Promise<Withdrawal> => {
    const at = deps.clock();
    const request = await findLiveRequest(tx, token, at);
    if (!request) return 'unknown';
    await lockPerson(tx, request.person);
    const registration = await lockRegistration(tx, given.registrationId);
    if (!registration?.person?.equals(request.person)) return 'unknown';
    if (!(await withdrawConsent(tx, registration.id, given.purpose, at))) return 'not_given';
    if (given.purpose === 'provide_to_agency') await closeUncounted(tx, registration);
    return 'withdrawn';
  });
  if (outcome === 'withdrawn') deps.events.consentWithdrawn(given);
  return outcome;
}
