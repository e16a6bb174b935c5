import type { Queryable, Tx } from '../db/db.js';

/** How long a report waits for the code or the click that it names. */
export const PARKED_DAYS = 30;
const DAY = 24 * 60 * 60 * 1000;

export type Parked = Readonly<{
  registrationId: string;
  externalId: string;
  code: string | null;
  clickId: string | null;
  /** Of the address that the report brought: exclusions are asked when the company is known. Gone once it is settled. */
  domain: string | null;
  parkedAt: Date;
  expiresAt: Date;
  settledAt: Date | null;
  outcome: 'matched' | 'expired' | 'closed' | null;
}>;

export async function park(
  tx: Tx,
  parked: Pick<Parked, 'registrationId' | 'code' | 'clickId' | 'domain'> & Readonly<{ at: Date }>,
): Promise<void> {
  await tx.query(
    `INSERT INTO parked_postbacks (registration_id, code, click_id, parked_at, expires_at, domain)
     VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (registration_id) DO NOTHING`,
    [
      parked.registrationId,
      parked.code,
      parked.clickId,
      parked.at,
      new Date(parked.at.getTime() + PARKED_DAYS * DAY),
      parked.domain,
    ],
  );
}

const COLUMNS = `p.registration_id AS "registrationId", r.external_id AS "externalId", p.code, p.click_id AS "clickId",
  p.parked_at AS "parkedAt", p.expires_at AS "expiresAt", p.settled_at AS "settledAt", p.outcome`;

/** What a registration waits or waited for. */
export async function findParked(db: Queryable, registrationId: string): Promise<Parked | undefined> {
  const [row] = await db.query<Parked>(
    `SELECT ${COLUMNS}, p.domain FROM parked_postbacks p JOIN registrations r ON r.id = p.registration_id
     WHERE p.registration_id = $1`,
    [registrationId],
  );
  return row;
}

/** Those that can be settled now: what they name has appeared, or their time is over. Oldest first. */
export async function ripe(db: Queryable, now: Date, limit: number): Promise<string[]> {
  const rows = await db.query<{ id: string }>(
    `SELECT registration_id AS id FROM parked_postbacks p
     WHERE settled_at IS NULL AND (expires_at <= $1
       OR EXISTS (SELECT FROM links WHERE code = p.code) OR EXISTS (SELECT FROM clicks WHERE id = p.click_id))
     ORDER BY parked_at LIMIT $2`,
    [now, limit],
  );
  return rows.map((row) => row.id);
}

export async function settle(
  tx: Tx,
  registrationId: string,
  outcome: NonNullable<Parked['outcome']>,
  at: Date,
): Promise<void> {
  await tx.query(
    'UPDATE parked_postbacks SET settled_at = $3, outcome = $2, domain = NULL WHERE registration_id = $1 AND settled_at IS NULL',
    [registrationId, outcome, at],
  );
}

/** Keeps the domain that a later report of the same registration brings, where the first brought none. */
export async function keepParkedDomain(tx: Tx, registrationId: string, domain: string): Promise<void> {
  await tx.query(
    `UPDATE parked_postbacks SET domain = coalesce(domain, $2) WHERE registration_id = $1 AND settled_at IS NULL`,
    [registrationId, domain],
  );
}

/** Waiting ones and those given up, for the operator; newest first. */
export async function listParked(db: Queryable, limit: number): Promise<Omit<Parked, 'domain'>[]> {
  return db.query<Parked>(
    `SELECT ${COLUMNS} FROM parked_postbacks p JOIN registrations r ON r.id = p.registration_id
     WHERE p.outcome IS DISTINCT FROM 'matched' ORDER BY p.parked_at DESC, p.registration_id LIMIT $1`,
    [limit],
  );
}
