import type { Tx } from '../db/db.js';

/** Rows of a person, locked in the order of their ids. */
export async function lockRegistrationsOf(tx: Tx, person: Buffer): Promise<string[]> {
  const rows = await tx.query<{ id: string }>(
    'SELECT id FROM registrations WHERE person = $1 ORDER BY id FOR UPDATE',
    [person],
  );
  return rows.map((row) => row.id);
}

/** The row stays, since the ledger names its id; what it knew of a person goes, the hash of it included. */
export async function eraseRegistrations(tx: Tx, ids: readonly string[], at: Date): Promise<void> {
  await tx.query(
    `UPDATE registrations SET name = NULL, email = NULL, person = NULL, erased_at = $2,
       input_hash = sha256(convert_to(id::text, 'UTF8'))
     WHERE id = ANY($1)`,
    [ids, at],
  );
}

/** A domain may be one person's own. */
export async function eraseParkedDomains(tx: Tx, ids: readonly string[]): Promise<void> {
  await tx.query('UPDATE parked_postbacks SET domain = NULL WHERE registration_id = ANY($1)', [ids]);
}

export async function deleteVerifications(tx: Tx, ids: readonly string[]): Promise<void> {
  await tx.query('DELETE FROM verifications WHERE registration_id = ANY($1)', [ids]);
}

/** Where a consent was given stays (form, postback); the link that it was given at was made for this person. */
export async function eraseConsentSources(tx: Tx, ids: readonly string[]): Promise<void> {
  await tx.query(`UPDATE consents SET source = split_part(source, ':', 1) WHERE registration_id = ANY($1)`, [
    ids,
  ]);
}

/** @param addresses in lower case, as in all that follow */
export async function eraseLinks(tx: Tx, addresses: readonly string[]): Promise<string[]> {
  const rows = await tx.query<{ code: string }>(
    `UPDATE links SET recipient = NULL, mint_key = NULL, external_id = NULL
     WHERE lower(recipient) = ANY($1) RETURNING code`,
    [addresses],
  );
  return rows.map((row) => row.code);
}

/** What a click on a person's own link tells of his machine; that there was a click, and its class, stays. */
export async function eraseVisitors(tx: Tx, codes: readonly string[], ids: readonly string[]): Promise<void> {
  await tx.query(
    `UPDATE clicks SET user_agent = NULL, visitor = NULL, asn = NULL
     WHERE ARRAY[code] && ($1::text[] || ARRAY(SELECT l.code FROM links l JOIN registrations r ON r.code = l.code
       WHERE r.id = ANY($2) AND l.kind = 'candidate'))`,
    [codes, ids],
  );
}

/** What people were asked about mails of his goes whole; before `eraseMessages`, by whose addresses they are found. */
export async function eraseReviews(tx: Tx, addresses: readonly string[]): Promise<void> {
  await tx.query(
    `DELETE FROM reviews WHERE message_id IN (SELECT id FROM messages
     WHERE lower(envelope_from) = ANY($1) OR EXISTS (SELECT FROM unnest(recipients) one WHERE lower(one) = ANY($1)))`,
    [addresses],
  );
}

/** The journal keeps that a mail went out; upstream's words may repeat an address, so they go too. */
export async function eraseMessages(tx: Tx, addresses: readonly string[]): Promise<void> {
  await tx.query(
    `UPDATE messages SET external_id = NULL, upstream_reply = NULL,
       envelope_from = CASE WHEN lower(envelope_from) = ANY($1) THEN '' ELSE envelope_from END,
       recipients = ARRAY(SELECT one FROM unnest(recipients) one WHERE lower(one) <> ALL($1))
     WHERE lower(envelope_from) = ANY($1)
       OR EXISTS (SELECT FROM unnest(recipients) one WHERE lower(one) = ANY($1))
       OR EXISTS (SELECT FROM unnest($1::text[]) one WHERE position(one IN lower(upstream_reply)) > 0)`,
    [addresses],
  );
}

/** The key stays, so that a late repeat of a request runs nothing anew. */
export async function eraseAnswers(tx: Tx, addresses: readonly string[]): Promise<void> {
  await tx.query(
    `UPDATE idempotency_keys SET body = '{"erased": true}'
     WHERE EXISTS (SELECT FROM unnest($1::text[]) one WHERE position(one IN lower(body::text)) > 0)`,
    [addresses],
  );
}

/** Jobs hold ids only; what a mail server said when a job failed may hold more. `table` is one of the queue's two. */
export async function eraseJobOutputs(
  tx: Tx,
  table: 'pgboss.job' | 'pgboss.archive',
  addresses: readonly string[],
): Promise<void> {
  await tx.query(
    `UPDATE ${table} SET output = NULL
     WHERE EXISTS (SELECT FROM unnest($1::text[]) one WHERE position(one IN lower(output::text)) > 0)`,
    [addresses],
  );
}

/** An exclusion by address is a hash of that person, and nobody could tell any more whom it leaves out. */
export async function deleteExclusionsOf(tx: Tx, person: Buffer): Promise<void> {
  await tx.query('DELETE FROM program_exclusions WHERE address_hash = $1', [person]);
}

export async function deleteRequestsOf(tx: Tx, person: Buffer): Promise<void> {
  await tx.query('DELETE FROM data_requests WHERE person = $1', [person]);
}
