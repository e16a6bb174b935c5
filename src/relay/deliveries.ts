import type { Queryable } from '../db/db.js';

/** A message that the next server may have taken: the connection, or our process, was lost after the hand-over began. */
export type AmbiguousDelivery = Readonly<{
  id: string;
  companyId: string;
  credentialId: string | null;
  receivedAt: Date;
  /** When the doubt was written down. */
  finishedAt: Date;
  /** Host and port that it was handed to; null for messages older than that column. */
  upstream: string | null;
  /** Octets received, and what we inserted (a size in the other server's log is the sum). */
  size: number;
  inserted: number;
  code: string | null;
  /** Empty once retention has erased them. */
  envelopeFrom: string;
  recipients: readonly string[];
}>;

/** A place in the list: what follows is newer. */
export type DeliveryCursor = Readonly<{ receivedAt: Date; id: string }>;

export type DeliveryPage = Readonly<{
  companyId?: string;
  since: Date;
  after?: DeliveryCursor;
  limit: number;
}>;

/** Deliveries in doubt that were received at or after `since`, oldest first. */
export async function listAmbiguous(
  db: Queryable,
  { companyId, since, after, limit }: DeliveryPage,
): Promise<AmbiguousDelivery[]> {
  return db.query<AmbiguousDelivery>(
    `SELECT id, company_id AS "companyId", credential_id AS "credentialId", received_at AS "receivedAt",
       finished_at AS "finishedAt", upstream, size,
       (SELECT coalesce(sum((range->>'length')::int - (range->>'removed')::int), 0)::int
        FROM jsonb_array_elements(ranges) AS range) AS inserted,
       code, envelope_from AS "envelopeFrom", recipients
     FROM messages
     WHERE outcome = 'ambiguous' AND ($1::uuid IS NULL OR company_id = $1) AND received_at >= $2
       AND ($3::timestamptz IS NULL OR (received_at, id) > ($3, $4::uuid))
     ORDER BY received_at, id LIMIT $5`,
    [companyId ?? null, since, after?.receivedAt ?? null, after?.id ?? null, limit],
  );
}

/**
 * Rows that nobody will close any more become ambiguous: whoever forwarded them died, and whether the next server has
 * them is not known. Should somebody close one after all, its true outcome is written over this.
 * @param upTo rows received at or before; @returns what was in doubt
 */
export async function closeForgotten(
  db: Queryable,
  upTo: Date,
  at: Date,
  limit: number,
): Promise<{ id: string; companyId: string }[]> {
  return db.query(
    `UPDATE messages SET outcome = 'ambiguous', finished_at = $2
     WHERE id IN (SELECT id FROM messages WHERE outcome = 'forwarding' AND received_at <= $1
                  ORDER BY received_at LIMIT $3 FOR UPDATE SKIP LOCKED)
     RETURNING id, company_id AS "companyId"`,
    [upTo, at, limit],
  );
}

/** Erases who wrote to whom from rows received before; the upstream's answer may name them too. @returns how many */
export async function eraseMessageAddresses(
  db: Queryable,
  before: Date,
  at: Date,
  limit: number,
): Promise<number> {
  const rows = await db.query(
    `UPDATE messages SET envelope_from = '', recipients = '{}', upstream_reply = NULL, erased_at = $2
     WHERE id IN (SELECT id FROM messages WHERE erased_at IS NULL AND received_at < $1
                  ORDER BY received_at LIMIT $3 FOR UPDATE SKIP LOCKED)
     RETURNING id`,
    [before, at, limit],
  );
  return rows.length;
}

/** Erases for whom links were minted before. The links go on working. @returns how many */
export async function eraseLinkRecipients(db: Queryable, before: Date, limit: number): Promise<number> {
  const rows = await db.query(
    `UPDATE links SET recipient = NULL
     WHERE code IN (SELECT code FROM links WHERE recipient IS NOT NULL AND created_at < $1
                    ORDER BY created_at LIMIT $2 FOR UPDATE SKIP LOCKED)
     RETURNING code`,
    [before, limit],
  );
  return rows.length;
}
