import type { Locale } from '../company/store.js';
import type { Tx } from '../db/db.js';
import type { Deps } from '../deps.js';
import { AppError } from '../errors.js';
import type { Keys } from '../keys.js';
import { sameBytes } from '../keys.js';
import { announce } from './announce.js';
import { type Choices, PROVIDED_ITEMS, PURPOSES, recipientOf, textVersion } from './consent.js';
import { insertProvision, listConsents, narrowConsents, putConsent } from './consent-store.js';
import { attributionOf, type Counting, count } from './counting.js';
import { normaliseAddress } from './person.js';
import {
  findPending,
  findRegistration,
  insertRegistration,
  lockPerson,
  lockRegistration,
  type Registration,
  updateAttribution,
  updateMilestone,
  updateStatus,
  updateSubmission,
} from './store.js';
import {
  expireVerifications,
  findVerification,
  insertVerification,
  listVerifications,
  mailboxHasRoom,
  markVerificationUsed,
  mayMail,
  type Verification,
} from './verification.js';

/** The candidate's form, checked. `code` names a link that exists; null: the page without a company. */
export type Submission = Readonly<{
  code: string | null;
  clickId: string | null;
  name: string;
  email: string;
  locale: Locale;
  choices: Choices;
}>;

/** `mail_withheld`: the limits of mails to one person are reached. The candidate sees the same page for both. */
export type SubmissionOutcome = Readonly<{ kind: 'mail_queued' | 'mail_withheld'; registrationId: string }>;

/** What a mailed link stands for now. */
export type LinkState =
  | Readonly<{ kind: 'open'; registration: Registration; verification: Verification; choices: Choices }>
  | Readonly<{ kind: 'already_confirmed' }>
  /** Too old, replaced by a newer mail, or the registration was closed meanwhile. */
  | Readonly<{
      kind: 'expired';
      code: string | null;
      /** The registration, where a new mail can still be sent for it. */
      open: string | null;
    }>
  | Readonly<{ kind: 'unknown' }>;

export type Confirmation =
  | Readonly<{ kind: 'confirmed'; counting: Counting }>
  | Exclude<LinkState, Readonly<{ kind: 'open' }>>;

/** The keyed hash that people are compared by. 32 bytes. */
export function personOf(keys: Keys, email: string): Buffer {
  return keys.hash('person', normaliseAddress(email));
}

/** Keyed, since a plain hash of an address can be guessed. */
function inputHashOf(keys: Keys, { name, email, locale, choices }: Submission): Buffer {
  return keys.hash(
    'person',
    'form',
    JSON.stringify([name, email, locale, PURPOSES.map((one) => choices[one])]),
  );
}

/**
 * Takes a candidate's form: registration `pending`, consents, verification and its mail in one transaction.
 * The same person at the same link again finds the open registration and gets the mail again, within limits.
 */
export async function submit(deps: Deps, submission: Submission): Promise<SubmissionOutcome> {
  const person = personOf(deps.keys, submission.email);
  const outcome = await deps.db.transaction(async (tx) => {
    await lockPerson(tx, person);
    const open = await findPending(tx, person, submission.code);
    return open ? submitAgain(deps, tx, person, open, submission) : submitFirst(deps, tx, person, submission);
  });
  deps.events.registrationReceived({ result: outcome.kind, registrationId: outcome.registrationId });
  await announce(deps, outcome.registrationId);
  return outcome;
}

async function submitFirst(
  deps: Deps,
  tx: Tx,
  person: Buffer,
  submission: Submission,
): Promise<SubmissionOutcome> {
  const at = deps.clock();
  const id = deps.newId();
  const { code, clickId, name, email, locale } = submission;
  const { companyId, attribution } = await attributionOf(tx, { code, clickId, occurredAt: at }, at);
  await insertRegistration(tx, {
    id,
    companyId,
    externalId: id,
    origin: 'form',
    inputHash: inputHashOf(deps.keys, submission),
    code,
    clickId,
    status: 'pending',
    milestone: 'pending',
    locale,
    name,
    email,
    person,
    attribution,
    counted: false,
    reason: null,
    createdAt: at,
    occurredAt: at,
    verifiedAt: null,
    countedAt: null,
    reversedAt: null,
    erasedAt: null,
  });
  await keepConsents(deps, tx, id, submission);
  if (!(await mailboxHasRoom(tx, person, at))) return { kind: 'mail_withheld', registrationId: id };
  await queueMail(deps, tx, id, 1);
  return { kind: 'mail_queued', registrationId: id };
}

async function submitAgain(
  deps: Deps,
  tx: Tx,
  person: Buffer,
  open: Registration,
  submission: Submission,
): Promise<SubmissionOutcome> {
  const now = deps.clock();
  const inputHash = inputHashOf(deps.keys, submission);
  const changed = !sameBytes(open.inputHash, inputHash);
  const verifications = await listVerifications(tx, open.id);
  if (!mayMail(verifications, changed, now) || !(await mailboxHasRoom(tx, person, now))) {
    await narrowConsents(tx, open.id, submission.choices);
    return { kind: 'mail_withheld', registrationId: open.id };
  }
  if (changed) {
    // Whoever confirms must have read what they confirm: the mails sent before said something else.
    await expireVerifications(tx, open.id, now);
    await updateSubmission(tx, open.id, { ...submission, inputHash });
    await keepConsents(deps, tx, open.id, submission);
  }
  await queueMail(deps, tx, open.id, (verifications[0]?.attempt ?? 0) + 1);
  return { kind: 'mail_queued', registrationId: open.id };
}

async function keepConsents(deps: Deps, tx: Tx, registrationId: string, submission: Submission) {
  for (const purpose of PURPOSES) {
    await putConsent(tx, {
      id: deps.newId(),
      registrationId,
      purpose,
      granted: submission.choices[purpose],
      textVersion: textVersion(submission.locale),
      givenAt: deps.clock(),
      source: submission.code === null ? 'form' : `form:${submission.code}`,
      recipient: purpose === 'provide_to_agency' ? recipientOf(deps.config) : null,
    });
  }
}

/** Queues one mail with a secret of its own. */
export async function queueMail(deps: Deps, tx: Tx, registrationId: string, attempt: number): Promise<void> {
  await insertVerification(tx, deps.keys, { registrationId, attempt, at: deps.clock() });
  await deps.jobs.enqueue(tx, 'verification-mail', { registrationId, attempt });
}

function stateOf(registration: Registration, verification: Verification, now: Date) {
  if (registration.verifiedAt !== null || verification.usedAt !== null) return 'already_confirmed';
  if (registration.status !== 'pending' || verification.expiresAt <= now) return 'expired';
  return 'open';
}

function expiredState({ id, code, status }: Registration): Extract<LinkState, { kind: 'expired' }> {
  return { kind: 'expired', code, open: status === 'pending' ? id : null };
}

/** Reads what a mailed link stands for; changes nothing, since mail gateways open links (RFC 9110 §9.2.1: safe methods). */
export async function openLink(deps: Deps, token: string): Promise<LinkState> {
  const verification = await findVerification(deps.db, token);
  const registration = verification && (await findRegistration(deps.db, verification.registrationId));
  if (!registration) return { kind: 'unknown' };
  const kind = stateOf(registration, verification, deps.clock());
  if (kind === 'already_confirmed') return { kind };
  if (kind === 'expired') return expiredState(registration);
  const granted = new Set(
    (await listConsents(deps.db, registration.id)).flatMap((one) => (one.granted ? [one.purpose] : [])),
  );
  const choices = Object.fromEntries(PURPOSES.map((one) => [one, granted.has(one)])) as Choices;
  return { kind, registration, verification, choices };
}

/**
 * Confirms a registration by its mailed secret: status, attribution, the record of the provision to the agency, the
 * ledger and the notices that follow, all in one transaction and once.
 */
export async function confirm(deps: Deps, token: string): Promise<Confirmation> {
  const verification = await findVerification(deps.db, token);
  const found = verification && (await findRegistration(deps.db, verification.registrationId));
  if (!found) return { kind: 'unknown' };
  const outcome = await deps.db.transaction((tx) => confirmLocked(deps, tx, found, token));
  deps.events.registrationConfirmed({ result: resultOf(outcome), registrationId: found.id });
  if (outcome.kind === 'confirmed') await announce(deps, found.id);
  return outcome;
}

function resultOf(outcome: Confirmation): string {
  if (outcome.kind !== 'confirmed') return outcome.kind;
  return outcome.counting.reason ?? (outcome.counting.counted ? 'counted' : 'not_yet');
}

async function confirmLocked(deps: Deps, tx: Tx, found: Registration, token: string): Promise<Confirmation> {
  const now = deps.clock();
  if (found.person) await lockPerson(tx, found.person);
  const registration = await lockRegistration(tx, found.id);
  const verification = await findVerification(tx, token);
  if (!registration || !verification) return { kind: 'unknown' };
  const kind = stateOf(registration, verification, now);
  if (kind === 'already_confirmed') return { kind };
  if (kind === 'expired') return expiredState(registration);
  await markVerificationUsed(tx, token, now);
  await updateStatus(tx, registration.id, 'verified');
  await updateMilestone(tx, registration.id, 'verified', now);
  // Decided again: clicks that were spooled while the database was away have arrived meanwhile.
  const { companyId, attribution } = await attributionOf(tx, registration, now);
  await updateAttribution(tx, registration.id, companyId, attribution);
  await recordProvision(deps, tx, registration.id, now);
  const confirmed: Registration = {
    ...registration,
    companyId,
    attribution,
    status: 'verified',
    milestone: 'verified',
  };
  const counting = await count(deps, tx, confirmed, { actor: 'candidate', at: now });
  return { kind: 'confirmed', counting };
}

async function recordProvision(deps: Deps, tx: Tx, registrationId: string, at: Date): Promise<void> {
  const consents = await listConsents(tx, registrationId);
  const consent = consents.find((one) => one.purpose === 'provide_to_agency' && one.granted);
  if (!consent) throw new AppError('internal', `registration ${registrationId}: no consent to provide`);
  await insertProvision(tx, {
    id: deps.newId(),
    registrationId,
    consentId: consent.id,
    recipient: consent.recipient ?? recipientOf(deps.config),
    items: PROVIDED_ITEMS,
    providedAt: at,
  });
}
