import type { Locale } from '../company/store.js';
import type { Queryable, Tx } from '../db/db.js';
import type { Keys } from '../keys.js';
import { digest } from '../keys.js';
import type { Registration } from './store.js';

const HOUR = 60 * 60 * 1000;

/** How long the mailed link opens the page. */
export const MY_DATA_HOURS = 24;

export type DataRequest = Readonly<{
  id: string;
  person: Buffer;
  email: string;
  locale: Locale;
  createdAt: Date;
  expiresAt: Date;
  sentAt: Date | null;
}>;

const COLUMNS = `id, person, email, locale, created_at AS "createdAt", expires_at AS "expiresAt", sent_at AS "sentAt"`;

/** The secret of one request: derived when it is needed, stored nowhere. 43 characters, base64url. */
export function myDataToken(keys: Keys, requestId: string): string {
  return keys.hash('my-data', requestId).toString('base64url');
}

export async function insertRequest(
  tx: Tx,
  keys: Keys,
  request: Readonly<{ id: string; person: Buffer; email: string; locale: Locale; at: Date }>,
): Promise<void> {
  await tx.query(
    `INSERT INTO data_requests (id, person, email, locale, token_hash, created_at, expires_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7)`,
    [
      request.id,
      request.person,
      request.email,
      request.locale,
      digest(myDataToken(keys, request.id)),
      request.at,
      new Date(request.at.getTime() + MY_DATA_HOURS * HOUR),
    ],
  );
}

/** When mails to a person were asked for since `from`, newest first. */
export async function requestTimes(tx: Tx, person: Buffer, from: Date): Promise<Date[]> {
  const rows = await tx.query<{ at: Date }>(
    'SELECT created_at AS at FROM data_requests WHERE person = $1 AND created_at > $2 ORDER BY created_at DESC',
    [person, from],
  );
  return rows.map((row) => row.at);
}

export async function findRequest(db: Queryable, id: string): Promise<DataRequest | undefined> {
  const [row] = await db.query<DataRequest>(`SELECT ${COLUMNS} FROM data_requests WHERE id = $1`, [id]);
  return row;
}

/** The request that a mailed secret belongs to, while it is live. */
export async function findLiveRequest(
  db: Queryable,
  token: string,
  now: Date,
): Promise<DataRequest | undefined> {
  const [row] = await db.query<DataRequest>(
    `SELECT ${COLUMNS} FROM data_requests WHERE token_hash = $1 AND expires_at > $2`,
    [digest(token), now],
  );
  return row;
}

export async function markRequestSent(db: Queryable, id: string, at: Date): Promise<void> {
  await db.query('UPDATE data_requests SET sent_at = $2 WHERE id = $1', [id, at]);
}

export async function deleteRequest(db: Queryable, id: string): Promise<void> {
  await db.query('DELETE FROM data_requests WHERE id = $1', [id]);
}

/** Requests whose link no longer works: the address has nothing more to do here. */
export async function deleteExpiredRequests(db: Queryable, now: Date): Promise<void> {
  await db.query('DELETE FROM data_requests WHERE expires_at <= $1', [now]);
}

export type HeldRegistration = Readonly<
  Pick<
    Registration,
    'id' | 'code' | 'origin' | 'status' | 'name' | 'email' | 'occurredAt' | 'verifiedAt' | 'counted'
  > & { company: string | null; mailWaiting: boolean }
>;

/** All registrations of a person, oldest first. */
export async function heldRegistrations(
  db: Queryable,
  person: Buffer,
  now: Date,
): Promise<HeldRegistration[]> {
  return db.query<HeldRegistration>(
    `SELECT r.id, r.code, r.origin, r.status, r.name, r.email, r.occurred_at AS "occurredAt",
       r.verified_at AS "verifiedAt", r.counted, c.name AS company,
       r.status = 'pending' AND EXISTS (SELECT FROM verifications v
         WHERE v.registration_id = r.id AND v.sent_at IS NULL AND v.expires_at > $2) AS "mailWaiting"
     FROM registrations r LEFT JOIN companies c ON c.id = r.company_id
     WHERE r.person = $1 ORDER BY r.created_at, r.id`,
    [person, now],
  );
}

/** Every spelling under which links and mails name an address that other spellings may reach; lower case. */
export async function addressesAt(db: Queryable, domains: readonly string[]): Promise<string[]> {
  const rows = await db.query<{ address: string }>(
    `SELECT DISTINCT lower(recipient) AS address FROM links WHERE split_part(lower(recipient), '@', 2) = ANY($1)
     UNION SELECT DISTINCT lower(one) FROM messages, unnest(recipients) one
     WHERE split_part(lower(one), '@', 2) = ANY($1)`,
    [domains],
  );
  return rows.map((row) => row.address);
}

export type HeldRecord = Readonly<{ kind: 'link' | 'mail'; company: string; at: Date }>;

/** Links made for an address and mails that the hook passed on to it. @param addresses in lower case */
export async function heldRecords(db: Queryable, addresses: readonly string[]): Promise<HeldRecord[]> {
  return db.query<HeldRecord>(
    `SELECT 'link' AS kind, c.name AS company, l.created_at AS at FROM links l JOIN companies c ON c.id = l.company_id
     WHERE lower(l.recipient) = ANY($1)
     UNION ALL SELECT 'mail', c.name, m.received_at FROM messages m JOIN companies c ON c.id = m.company_id
     WHERE EXISTS (SELECT FROM unnest(m.recipients) one WHERE lower(one) = ANY($1))
     ORDER BY at, kind`,
    [addresses],
  );
}
