import { domainOf } from '../credit/exclusion.js';
import { postReversal } from '../credit/ledger.js';
import type { Tx } from '../db/db.js';
import type { Deps } from '../deps.js';
import { sameBytes } from '../keys.js';
import { recipientOf } from './consent.js';
import { putConsent } from './consent-store.js';
import { attributionOf, count } from './counting.js';
import { retryParked } from './parked.js';
import { findParked, keepParkedDomain, park } from './parked-store.js';
import { personOf } from './registration.js';
import {
  findByExternalId,
  insertRegistration,
  lockPerson,
  lockRegistration,
  type Milestone,
  markNotCounted,
  markReversed,
  type Registration,
  type Status,
  updateMilestone,
  updateStatus,
} from './store.js';

/** What the agency reports of one registration of its own (or of one from our pages, by its id). */
export type Report = Readonly<{
  externalId: string;
  code?: string;
  clickId?: string;
  status: Exclude<Status, 'reversed'>;
  occurredAt?: Date;
  candidate?: Readonly<{ email: string; name?: string }>;
  consent?: Readonly<{ version: string; at: Date }>;
}>;

export type ReportOutcome =
  | Readonly<{ kind: 'created' | 'repeated'; registration: Registration }>
  | Readonly<{ kind: 'conflict'; field: string; message: string }>;

export type ReversalReport =
  | Readonly<{ kind: 'reversed' | 'repeated'; registration: Registration }>
  | Readonly<{ kind: 'unknown' }>;

/** Statuses move forward only; a late report of an earlier one changes nothing. The three last are ends. */
const RANK: Readonly<Record<Status, number>> = {
  pending: 0,
  verified: 1,
  accepted: 2,
  rejected: 3,
  // The candidate's own word outweighs the agency's.
  withdrawn: 4,
  reversed: 5,
};

/** The status after a report: the later of the two. Reports may arrive in any order. */
export function statusAfter(current: Status, reported: Status): Status {
  return RANK[reported] > RANK[current] ? reported : current;
}

/** The milestone after a report: the furthest one; an end is none. */
export function milestoneAfter(current: Milestone | null, reported: Report['status']): Milestone | null {
  if (reported === 'rejected' || reported === 'withdrawn') return current;
  return current !== null && RANK[current] >= RANK[reported] ? current : reported;
}

/**
 * Takes a report of the agency. The first one for an external id fixes where the registration came from and whose it
 * is; later ones move its status forward and must not contradict it. What they leave out is not compared.
 * Only the keyed hash of the address is kept: the agency has the address already, and we need none to count.
 * @param actor the id of the credential that reports
 */
export async function report(deps: Deps, tx: Tx, input: Report, actor: string): Promise<ReportOutcome> {
  const now = deps.clock();
  const person = input.candidate ? personOf(deps.keys, input.candidate.email) : null;
  const known = await findByExternalId(tx, input.externalId);
  const locked = person ?? known?.person;
  if (locked) await lockPerson(tx, locked);
  const fresh = known ? undefined : await create(deps, tx, input, person, now);
  const standing = fresh ?? (await findByExternalId(tx, input.externalId))!;
  const current = (await lockRegistration(tx, standing.id))!;
  const parked = await findParked(tx, current.id);
  if (!fresh) {
    const named = { ...current, code: current.code ?? parked?.code ?? null };
    const conflict = contradictionOf(named, input, person, inputHashOf(deps, input));
    if (conflict) return { kind: 'conflict', ...conflict };
  }
  const moved = await move(tx, current, input, input.occurredAt ?? now);
  if (input.consent && current.origin === 'postback') await keepConsent(deps, tx, current.id, input.consent);
  // The address is not stored for reports; its domain decides whether a person is left out.
  const domain = input.candidate ? domainOf(input.candidate.email) : null;
  if (parked && domain !== null) await keepParkedDomain(tx, current.id, domain);
  const reported = { ...moved, domain: domain ?? parked?.domain ?? null };
  if (parked?.settledAt === null) await retryParked(deps, tx, reported, parked, actor);
  else await count(deps, tx, reported, { actor, at: now });
  const registration = (await lockRegistration(tx, current.id))!;
  return { kind: fresh ? 'created' : 'repeated', registration };
}

/** Moves status and milestone, each by itself: a late `verified` is still a milestone of what ended meanwhile. */
async function move(tx: Tx, current: Registration, input: Report, at: Date): Promise<Registration> {
  const status = statusAfter(current.status, input.status);
  if (status !== current.status) await updateStatus(tx, current.id, status);
  const milestone = milestoneAfter(current.milestone, input.status);
  const verifiedAt = input.status === 'verified' ? at : null;
  if (milestone !== null) await updateMilestone(tx, current.id, milestone, verifiedAt);
  return { ...current, status, milestone };
}

function inputHashOf(deps: Deps, { code, clickId, candidate }: Report): Buffer {
  const identity = [code ?? null, clickId ?? null, candidate?.email ?? null, candidate?.name ?? null];
  return deps.keys.hash('person', 'report', JSON.stringify(identity));
}

/** @returns undefined when another report of the same external id came first */
async function create(deps: Deps, tx: Tx, input: Report, person: Buffer | null, now: Date) {
  const named = {
    code: input.code ?? null,
    clickId: input.clickId ?? null,
    occurredAt: input.occurredAt ?? now,
  };
  const { companyId, attribution } = await attributionOf(tx, named, now);
  const unknown = attribution.kind === 'unattributed' && attribution.reason === 'unknown_code';
  const registration: Registration = {
    id: deps.newId(),
    companyId,
    externalId: input.externalId,
    origin: 'postback',
    inputHash: inputHashOf(deps, input),
    // A code that no link has cannot be referred to; the input hash still tells it from another.
    code: unknown ? null : named.code,
    clickId: named.clickId,
    status: input.status,
    milestone: milestoneAfter(null, input.status),
    locale: 'ja',
    name: null,
    email: null,
    person,
    attribution,
    counted: false,
    reason: null,
    createdAt: now,
    occurredAt: named.occurredAt,
    verifiedAt: input.status === 'verified' ? named.occurredAt : null,
    countedAt: null,
    reversedAt: null,
    erasedAt: null,
  };
  if (!(await insertRegistration(tx, registration))) return undefined;
  if (unknown || (attribution.kind === 'unattributed' && attribution.reason === 'unknown_click')) {
    await markNotCounted(tx, registration.id, 'unattributed');
    const domain = input.candidate ? domainOf(input.candidate.email) : null;
    const { code, clickId } = named;
    await park(tx, { registrationId: registration.id, code, clickId, domain, at: now });
  }
  return registration;
}

/** Where a later report says another thing than the first. */
function contradictionOf(current: Registration, input: Report, person: Buffer | null, inputHash: Buffer) {
  if (current.origin === 'form' && current.status === 'pending' && RANK[input.status] < RANK.rejected) {
    return { field: 'status', message: 'this registration waits for the candidate to confirm it by mail' };
  }
  if (sameBytes(current.inputHash, inputHash)) return undefined;
  // Of an erased registration nobody knows any more whose it was, so that is not compared.
  const comparable = current.erasedAt === null ? person : null;
  const told = { field: '', message: 'differs from the first report for this externalId' };
  if (input.code !== undefined && input.code !== current.code) return { ...told, field: 'code' };
  if (input.clickId !== undefined && input.clickId !== current.clickId) return { ...told, field: 'clickId' };
  if (comparable && !(current.person && sameBytes(comparable, current.person))) {
    return { ...told, field: 'candidate.email' };
  }
  return undefined;
}

async function keepConsent(
  deps: Deps,
  tx: Tx,
  registrationId: string,
  consent: NonNullable<Report['consent']>,
): Promise<void> {
  await putConsent(tx, {
    id: deps.newId(),
    registrationId,
    purpose: 'provide_to_agency',
    granted: true,
    textVersion: consent.version,
    givenAt: consent.at,
    source: 'postback',
    recipient: recipientOf(deps.config),
  });
}

/**
 * Takes a registration back, once: a counted one is reversed in the ledger too, another one will never count.
 * @param reversal `reason` goes into the ledger and stays: it must name no person
 */
export async function reverse(
  deps: Deps,
  tx: Tx,
  reversal: Readonly<{ externalId: string; reason: string }>,
  actor: string,
): Promise<ReversalReport> {
  const at = deps.clock();
  const found = await findByExternalId(tx, reversal.externalId);
  if (!found) return { kind: 'unknown' };
  if (found.person) await lockPerson(tx, found.person);
  const registration = (await lockRegistration(tx, found.id))!;
  if (registration.status === 'reversed') return { kind: 'repeated', registration };
  if (registration.counted && registration.companyId !== null) {
    const { companyId, id: registrationId } = registration;
    await postReversal(deps, tx, { companyId, registrationId, actor, reason: reversal.reason, at });
  }
  await markReversed(tx, registration.id, at);
  return { kind: 'reversed', registration: (await lockRegistration(tx, registration.id))! };
}
