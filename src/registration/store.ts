import type { Locale } from '../company/store.js';
import type { Queryable, Tx } from '../db/db.js';
import type { AttributableClick, Attribution } from './attribute.js';

export type Status = 'pending' | 'verified' | 'accepted' | 'rejected' | 'withdrawn' | 'reversed';

/** Why a registration does not count, for good. Visible to the operator. */
export type NotCounted =
  | 'unattributed'
  | 'excluded'
  | 'duplicate_company'
  | 'duplicate_program'
  | 'closed'
  | 'reversed';

/** What was reached on the way; closing does not take it back. */
export type Milestone = Extract<Status, 'pending' | 'verified' | 'accepted'>;

export type Registration = Readonly<{
  id: string;
  /** null: unattributed. */
  companyId: string | null;
  externalId: string;
  origin: 'form' | 'postback';
  /** SHA-256 of what identifies the registration; a repeat is recognised by it. */
  inputHash: Buffer;
  code: string | null;
  clickId: string | null;
  status: Status;
  /** The furthest that was ever reported; null where only the end was. */
  milestone: Milestone | null;
  locale: Locale;
  name: string | null;
  email: string | null;
  /** Keyed hash of the normalised address; null where none was given. */
  person: Buffer | null;
  attribution: Attribution;
  counted: boolean;
  /** null while it counts, or may still. */
  reason: NotCounted | null;
  createdAt: Date;
  /** When the candidate registered; the attribution window ends here. */
  occurredAt: Date;
  verifiedAt: Date | null;
  countedAt: Date | null;
  reversedAt: Date | null;
  /** When the candidate had name, address and their hash removed. */
  erasedAt: Date | null;
}>;

const COLUMNS = `id, company_id AS "companyId", external_id AS "externalId", origin, input_hash AS "inputHash", code,
  click_id AS "clickId", status, locale, name, email, person, attribution, counted, reason, created_at AS "createdAt",
  occurred_at AS "occurredAt", verified_at AS "verifiedAt", counted_at AS "countedAt", reversed_at AS "reversedAt",
  erased_at AS "erasedAt", milestone`;

/** Holds everyone else off this person until the transaction ends. Taken before any row is locked. */
export async function lockPerson(tx: Tx, person: Buffer): Promise<void> {
  await tx.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [
    `person:${person.toString('hex')}`,
  ]);
}

export async function findRegistration(db: Queryable, id: string): Promise<Registration | undefined> {
  const [row] = await db.query<Registration>(`SELECT ${COLUMNS} FROM registrations WHERE id = $1`, [id]);
  return row;
}

export async function findByExternalId(db: Queryable, externalId: string): Promise<Registration | undefined> {
  const [row] = await db.query<Registration>(`SELECT ${COLUMNS} FROM registrations WHERE external_id = $1`, [
    externalId,
  ]);
  return row;
}

/** The registration as it stands once earlier writers are done, locked until the transaction ends. */
export async function lockRegistration(tx: Tx, id: string): Promise<Registration | undefined> {
  const [row] = await tx.query<Registration>(
    `SELECT ${COLUMNS} FROM registrations WHERE id = $1 FOR UPDATE`,
    [id],
  );
  return row;
}

/** The open form registration of a person at a link (`code` null: without one). */
export async function findPending(
  tx: Tx,
  person: Buffer,
  code: string | null,
): Promise<Registration | undefined> {
  const [row] = await tx.query<Registration>(
    `SELECT ${COLUMNS} FROM registrations
     WHERE person = $1 AND coalesce(code, '') = coalesce($2, '') AND origin = 'form' AND status = 'pending'`,
    [person, code],
  );
  return row;
}

/** @returns false when the external id is taken */
export async function insertRegistration(tx: Tx, registration: Registration): Promise<boolean> {
  const rows = await tx.query(
    `INSERT INTO registrations (id, company_id, external_id, origin, input_hash, code, click_id, status, locale, name,
       email, person, attribution, created_at, occurred_at, verified_at, milestone)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
     ON CONFLICT (external_id) DO NOTHING RETURNING id`,
    [
      registration.id,
      registration.companyId,
      registration.externalId,
      registration.origin,
      registration.inputHash,
      registration.code,
      registration.clickId,
      registration.status,
      registration.locale,
      registration.name,
      registration.email,
      registration.person,
      JSON.stringify(registration.attribution),
      registration.createdAt,
      registration.occurredAt,
      registration.verifiedAt,
      registration.milestone,
    ],
  );
  return rows.length > 0;
}

/** The candidate sent the form again with another name or spelling of the address. */
export async function updateSubmission(
  tx: Tx,
  id: string,
  submission: Readonly<{ name: string; email: string; locale: Locale; inputHash: Buffer }>,
): Promise<void> {
  await tx.query(
    'UPDATE registrations SET name = $2, email = $3, locale = $4, input_hash = $5 WHERE id = $1',
    [id, submission.name, submission.email, submission.locale, submission.inputHash],
  );
}

export async function updateStatus(tx: Tx, id: string, status: Status): Promise<void> {
  await tx.query('UPDATE registrations SET status = $2 WHERE id = $1', [id, status]);
}

/** Moves the milestone; the first time of `verified` stays, whenever it is told. */
export async function updateMilestone(
  tx: Tx,
  id: string,
  milestone: Milestone,
  verifiedAt: Date | null,
): Promise<void> {
  await tx.query(
    'UPDATE registrations SET milestone = $2, verified_at = coalesce(verified_at, $3) WHERE id = $1',
    [id, milestone, verifiedAt],
  );
}

export async function updateAttribution(
  tx: Tx,
  id: string,
  companyId: string | null,
  attribution: Attribution,
): Promise<void> {
  await tx.query('UPDATE registrations SET company_id = $2, attribution = $3 WHERE id = $1', [
    id,
    companyId,
    JSON.stringify(attribution),
  ]);
}

/** The link's code, once there is such a link. */
export async function updateCode(tx: Tx, id: string, code: string | null): Promise<void> {
  await tx.query('UPDATE registrations SET code = $2 WHERE id = $1', [id, code]);
}

/** It may count after all. */
export async function clearReason(tx: Tx, id: string): Promise<void> {
  await tx.query('UPDATE registrations SET reason = NULL WHERE id = $1', [id]);
}

export async function markCounted(tx: Tx, id: string, at: Date): Promise<void> {
  await tx.query('UPDATE registrations SET counted = true, reason = NULL, counted_at = $2 WHERE id = $1', [
    id,
    at,
  ]);
}

export async function markNotCounted(tx: Tx, id: string, reason: NotCounted): Promise<void> {
  await tx.query('UPDATE registrations SET reason = $2 WHERE id = $1', [id, reason]);
}

export async function markReversed(tx: Tx, id: string, at: Date): Promise<void> {
  await tx.query(
    `UPDATE registrations SET status = 'reversed', counted = false, reason = 'reversed', reversed_at = $2 WHERE id = $1`,
    [id, at],
  );
}

/** Where and when a person counts already. */
export async function countedOf(
  tx: Tx,
  person: Buffer,
): Promise<readonly Readonly<{ companyId: string; countedAt: Date }>[]> {
  return tx.query(
    `SELECT company_id AS "companyId", counted_at AS "countedAt" FROM registrations
     WHERE person = $1 AND counted ORDER BY counted_at`,
    [person],
  );
}

/** All clicks on the links that a code and a click id lead to. */
export async function clicksAround(
  db: Queryable,
  code: string | null,
  clickId: string | null,
): Promise<AttributableClick[]> {
  return db.query<AttributableClick>(
    `SELECT id, at, code, company_id AS "companyId", class FROM clicks
     WHERE ARRAY[code] && ARRAY[$1::text, (SELECT code FROM clicks WHERE id = $2)]`,
    [code, clickId],
  );
}
