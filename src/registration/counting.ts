import { domainOf, excluded } from '../credit/exclusion.js';
import { postReferral } from '../credit/ledger.js';
import { type CountEvent, type ProgramRules, rulesInForce } from '../credit/program.js';
import type { Queryable, Tx } from '../db/db.js';
import type { Deps } from '../deps.js';
import { findLink } from '../link/store.js';
import { type Attribution, attribute } from './attribute.js';
import { provisionWithdrawn } from './consent-store.js';
import type { Milestone, NotCounted, Registration } from './store.js';
import { clicksAround, countedOf, markCounted, markNotCounted } from './store.js';

const DAY = 24 * 60 * 60 * 1000;

export type Counting =
  | Readonly<{ counted: true; reason: null }>
  /** `reason` null: it may still count, when the event of the program comes. */
  | Readonly<{ counted: false; reason: NotCounted | null }>;

/** Decides the company from what is stored: the link, its clicks, and the rules in force at `at`. */
export async function attributionOf(
  db: Queryable,
  named: Readonly<{ code: string | null; clickId: string | null; occurredAt: Date }>,
  at: Date,
): Promise<{ companyId: string | null; attribution: Attribution }> {
  const link = named.code === null ? undefined : await findLink(db, named.code);
  const clicks = await clicksAround(db, named.code, named.clickId);
  const concerned = link?.companyId ?? clicks.find((click) => click.id === named.clickId)?.companyId ?? null;
  const attribution = attribute({ ...named, link, clicks }, await rulesInForce(db, concerned, at));
  return {
    companyId: attribution.kind === 'unattributed' ? null : attribution.companyId,
    attribution,
  };
}

/**
 * Whether a registration has reached the event that counts (design §6). A form that nobody confirmed could be
 * anybody's, so on our own pages `registered` asks for the confirmation as well.
 */
export function reaches(
  origin: Registration['origin'],
  milestone: Milestone | null,
  event: CountEvent,
): boolean {
  switch (milestone) {
    case 'accepted':
      return true;
    case 'verified':
      return event !== 'accepted';
    case 'pending':
      return event === 'registered' && origin === 'postback';
    case null:
      return false;
  }
}

/** Closed: it counts only when a milestone is told that was reached before, and never against the candidate's word. */
async function closed(tx: Tx, registration: Registration): Promise<boolean> {
  const { id, status, erasedAt } = registration;
  if (status === 'reversed' || erasedAt !== null) return true;
  return (status === 'rejected' || status === 'withdrawn') && provisionWithdrawn(tx, id);
}

type Counted = Readonly<{ companyId: string; countedAt: Date }>;

/** One person counts once per company, and once per window over all companies: first counted wins (design §6). */
export function duplicateOf(
  companyId: string,
  counted: readonly Counted[],
  rules: Pick<ProgramRules, 'personWindowDays'>,
  at: Date,
): 'duplicate_company' | 'duplicate_program' | undefined {
  if (counted.some((one) => one.companyId === companyId)) return 'duplicate_company';
  const since = at.getTime() - rules.personWindowDays * DAY;
  return counted.some((one) => one.countedAt.getTime() > since) ? 'duplicate_program' : undefined;
}

async function notCounted(tx: Tx, id: string, reason: NotCounted): Promise<Counting> {
  await markNotCounted(tx, id, reason);
  return { counted: false, reason };
}

/** A registration, and the domain of the address where only that is at hand: reports keep no address. */
export type Countable = Registration & Readonly<{ domain?: string | null }>;

/**
 * Counts a registration if it now may: posts the referral to the ledger in the same transaction.
 * The caller holds the person's lock and the registration's row, in this order; the ledger's head comes last.
 * Without an address nobody can be compared, so such a registration counts by its external id alone.
 * @param registration as it stands in `tx`, with its newest status
 */
export async function count(
  deps: Deps,
  tx: Tx,
  registration: Countable,
  by: Readonly<{ actor: string; at: Date }>,
): Promise<Counting> {
  const { id, companyId, person, status, reason } = registration;
  if (registration.counted) return { counted: true, reason: null };
  if (reason !== null && reason !== 'closed') return { counted: false, reason };
  if (companyId === null) return notCounted(tx, id, 'unattributed');
  if (await closed(tx, registration)) return notCounted(tx, id, reason ?? 'closed');
  const domain = registration.email === null ? (registration.domain ?? null) : domainOf(registration.email);
  if (await excluded(tx, { companyId, person, domain })) return notCounted(tx, id, 'excluded');
  const rules = await rulesInForce(tx, companyId, by.at);
  if (!reaches(registration.origin, registration.milestone, rules.countEvent)) {
    const ended = status === 'rejected' || status === 'withdrawn';
    return ended ? notCounted(tx, id, 'closed') : { counted: false, reason: null };
  }
  const duplicate = person && duplicateOf(companyId, await countedOf(tx, person), rules, by.at);
  if (duplicate) return notCounted(tx, id, duplicate);
  await postReferral(deps, tx, { companyId, registrationId: id, actor: by.actor, at: by.at });
  await markCounted(tx, id, by.at);
  return { counted: true, reason: null };
}
