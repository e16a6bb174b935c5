import type { Queryable, Tx } from '../db/db.js';
import type { Choices, Purpose } from './consent.js';

export type Consent = Readonly<{
  id: string;
  registrationId: string;
  purpose: Purpose;
  granted: boolean;
  textVersion: string;
  givenAt: Date;
  source: string;
  recipient: string | null;
  withdrawnAt: Date | null;
}>;

/**
 * Keeps one consent; a later choice for the same purpose takes the place of the earlier one. What the candidate has
 * taken back stays so, unless he gave it anew after that.
 */
export async function putConsent(tx: Tx, consent: Omit<Consent, 'withdrawnAt'>): Promise<void> {
  await tx.query(
    `INSERT INTO consents (id, registration_id, purpose, granted, text_version, given_at, source, recipient)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
     ON CONFLICT (registration_id, purpose) DO UPDATE SET granted = excluded.granted,
       text_version = excluded.text_version, given_at = excluded.given_at, source = excluded.source,
       recipient = excluded.recipient, withdrawn_at = NULL
     WHERE consents.withdrawn_at IS NULL OR excluded.given_at > consents.withdrawn_at`,
    [
      consent.id,
      consent.registrationId,
      consent.purpose,
      consent.granted,
      consent.textVersion,
      consent.givenAt,
      consent.source,
      consent.recipient,
    ],
  );
}

/** Takes back what the newest submission no longer ticks; never grants. */
export async function narrowConsents(tx: Tx, registrationId: string, choices: Choices): Promise<void> {
  const refused = Object.entries(choices).flatMap(([purpose, granted]) => (granted ? [] : [purpose]));
  await tx.query(
    'UPDATE consents SET granted = false WHERE registration_id = $1 AND purpose = ANY($2::text[])',
    [registrationId, refused],
  );
}

export async function listConsents(db: Queryable, registrationId: string): Promise<Consent[]> {
  return db.query<Consent>(
    `SELECT id, registration_id AS "registrationId", purpose, granted, text_version AS "textVersion",
       given_at AS "givenAt", source, recipient, withdrawn_at AS "withdrawnAt" FROM consents
     WHERE registration_id = $1 ORDER BY purpose DESC`,
    [registrationId],
  );
}

/** Takes one consent back. @returns false when it was not given */
export async function withdrawConsent(
  tx: Tx,
  registrationId: string,
  purpose: Purpose,
  at: Date,
): Promise<boolean> {
  const rows = await tx.query(
    `UPDATE consents SET granted = false, withdrawn_at = $3
     WHERE registration_id = $1 AND purpose = $2 AND granted RETURNING id`,
    [registrationId, purpose, at],
  );
  return rows.length > 0;
}

/** Whether the candidate took back that his data is provided: then nothing of it counts any more. */
export async function provisionWithdrawn(tx: Tx, registrationId: string): Promise<boolean> {
  const rows = await tx.query(
    `SELECT FROM consents
     WHERE registration_id = $1 AND purpose = 'provide_to_agency' AND withdrawn_at IS NOT NULL`,
    [registrationId],
  );
  return rows.length > 0;
}

export type Provision = Readonly<{ recipient: string; items: readonly string[]; providedAt: Date }>;

export async function listProvisions(db: Queryable, registrationId: string): Promise<Provision[]> {
  return db.query<Provision>(
    `SELECT recipient, items, provided_at AS "providedAt" FROM provisions
     WHERE registration_id = $1 ORDER BY provided_at, id`,
    [registrationId],
  );
}

/** The record of one provision to a third party (個人情報保護法 29条). Once per consent. */
export async function insertProvision(
  tx: Tx,
  provision: Readonly<{
    id: string;
    registrationId: string;
    consentId: string;
    recipient: string;
    items: readonly string[];
    providedAt: Date;
  }>,
): Promise<void> {
  await tx.query(
    `INSERT INTO provisions (id, registration_id, consent_id, recipient, items, provided_at)
     VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (registration_id, consent_id) DO NOTHING`,
    [
      provision.id,
      provision.registrationId,
      provision.consentId,
      provision.recipient,
      provision.items,
      provision.providedAt,
    ],
  );
}
