import type { Queryable } from '../db/db.js';
import type { Cue } from './classify.js';
import type { InsertedRange } from './splice.js';

/** What became of a message; `forwarding` until that is known. */
export type Outcome = 'forwarding' | 'delivered' | 'refused' | 'failed' | 'ambiguous';

/** One line of the hook's journal: what was done to a message and why. Never its content. */
export type MessageRecord = Readonly<{
  id: string;
  companyId: string;
  credentialId: string;
  receivedAt: Date;
  /** See `fingerprintOf`. */
  fingerprint: Buffer;
  /** Addresses without brackets, as people read them. */
  envelopeFrom: string;
  recipients: readonly string[];
  /** Octets received. */
  size: number;
  verdict: 'rejection' | 'other' | 'unsure';
  cues: readonly Cue[];
  rulesVersion: number;
  action: 'inserted' | 'untouched';
  reason: string | null;
  ranges: readonly InsertedRange[];
  code: string | null;
  /** Where the key of our DKIM signature is published: `selector._domainkey.domain`; null where we did not sign. */
  signedBy: string | null;
  job: string | null;
  stage: string | null;
  source: string | null;
  externalId: string | null;
  /** Where it is handed to: host and port. */
  upstream: string;
  outcome: Outcome;
  upstreamReply: string | null;
  finishedAt: Date | null;
}>;

/** A link to be minted with a message; see `mintLinks` for the key. */
export type PlannedLink = Readonly<{ code: string; mintKey: Buffer; recipient: string }>;

export type Opening = Readonly<{ record: MessageRecord; link: PlannedLink | undefined }>;

/** What a row is made of, in JSON. */
const FIELDS = `id uuid, "companyId" uuid, "credentialId" uuid, "receivedAt" timestamptz, fingerprint bytea,
  "envelopeFrom" text, recipients text[], size int, verdict text, cues jsonb, "rulesVersion" int, action text, reason text,
  ranges jsonb, code text, job text, stage text, source text, "externalId" text, upstream text, outcome text,
  "upstreamReply" text, "finishedAt" timestamptz, "signedBy" text`;

const COLUMNS = `id, company_id, credential_id, received_at, fingerprint, envelope_from, recipients, size, verdict, cues,
  rules_version, action, reason, ranges, code, job, stage, source, external_id, upstream, outcome, upstream_reply,
  finished_at, signed_by`;

const VALUES = `w.id, w."companyId", w."credentialId", w."receivedAt", w.fingerprint, w."envelopeFrom", w.recipients,
  w.size, w.verdict, w.cues, w."rulesVersion", w.action, w.reason, w.ranges, w.code, w.job, w.stage, w.source,
  w."externalId", w.upstream, w.outcome, w."upstreamReply", w."finishedAt", w."signedBy"`;

function inHex(bytes: Buffer): string {
  return `\\x${bytes.toString('hex')}`;
}

function asJson(record: MessageRecord) {
  return { ...record, fingerprint: inHex(record.fingerprint) };
}

/**
 * Mints the links and writes the rows, in one statement. Where a mint key was used before the link of that time is the
 * message's (looked up one by one: a join would read the whole table while it is small or unknown to the planner).
 * @returns the code of each message that is in now, by its id; a message whose drawn code was taken is left out
 */
export async function openMessages(
  db: Queryable,
  openings: readonly Opening[],
): Promise<Map<string, string | null>> {
  const wanted = openings.map(({ record, link }) => ({
    ...asJson(record),
    mintKey: link && inHex(link.mintKey),
    recipient: link?.recipient,
  }));
  const rows = await db.query<{ id: string; code: string | null }>(
    `WITH wanted AS MATERIALIZED (
       SELECT w.*, (SELECT l.code FROM links l WHERE l.company_id = w."companyId" AND l.mint_key = w."mintKey") AS known
       FROM json_to_recordset($1::json) AS w (${FIELDS}, "mintKey" bytea, recipient text)
     ), minted AS (
       INSERT INTO links (code, company_id, kind, origin, mint_key, recipient, job, stage, source, external_id, created_at)
       SELECT code, "companyId", 'candidate', 'smtp', "mintKey", recipient, job, stage, source, "externalId", "receivedAt"
       FROM wanted WHERE "mintKey" IS NOT NULL AND known IS NULL
       ON CONFLICT DO NOTHING RETURNING code
     )
     INSERT INTO messages (${COLUMNS})
     SELECT ${VALUES.replace('w.code', 'coalesce(w.known, w.code)')} FROM wanted w
     WHERE "mintKey" IS NULL OR known IS NOT NULL OR code IN (SELECT code FROM minted)
     ON CONFLICT (id) DO NOTHING RETURNING id, code`,
    [JSON.stringify(wanted)],
  );
  return new Map(rows.map((row) => [row.id, row.code]));
}

/** What became of a message, for a row that stands. */
export type Closing = Pick<MessageRecord, 'id' | 'outcome' | 'upstreamReply' | 'finishedAt'>;

/** @returns the ids of the rows that were there */
export async function closeMessages(db: Queryable, closings: readonly Closing[]): Promise<Set<string>> {
  const rows = await db.query<{ id: string }>(
    `UPDATE messages m SET outcome = w.outcome, upstream_reply = w.reply, finished_at = w.at
     FROM unnest($1::uuid[], $2::text[], $3::text[], $4::timestamptz[]) AS w (id, outcome, reply, at)
     WHERE m.id = w.id RETURNING m.id`,
    [
      closings.map(({ id }) => id),
      closings.map(({ outcome }) => outcome),
      closings.map(({ upstreamReply }) => upstreamReply),
      closings.map(({ finishedAt }) => finishedAt?.toISOString() ?? null),
    ],
  );
  return new Set(rows.map((row) => row.id));
}

/** Writes a whole row at the end of a message, over what may have been written at its beginning. */
export async function writeMessage(db: Queryable, record: MessageRecord): Promise<void> {
  await db.query(
    `INSERT INTO messages (${COLUMNS}) SELECT ${VALUES} FROM json_to_recordset($1::json) AS w (${FIELDS})
     ON CONFLICT (id) DO UPDATE SET action = excluded.action, reason = excluded.reason, ranges = excluded.ranges,
       code = excluded.code, signed_by = excluded.signed_by, outcome = excluded.outcome, upstream_reply = excluded.upstream_reply,
       finished_at = excluded.finished_at`,
    [JSON.stringify([asJson(record)])],
  );
}

export type RepeatQuestion = Readonly<{ companyId: string; fingerprint: Buffer; since: Date }>;

/** Whether upstream took these very messages after `since`; in the order of the questions. */
export async function wereDelivered(db: Queryable, questions: readonly RepeatQuestion[]): Promise<boolean[]> {
  const rows = await db.query<{ number: number }>(
    `SELECT number FROM unnest($1::uuid[], $2::text[], $3::timestamptz[]) WITH ORDINALITY
       AS q (company_id, fingerprint, since, number)
     WHERE (SELECT true FROM messages m
            WHERE m.company_id = q.company_id AND m.fingerprint = q.fingerprint::bytea AND m.outcome = 'delivered'
              AND m.finished_at > q.since LIMIT 1)`,
    [
      questions.map(({ companyId }) => companyId),
      questions.map(({ fingerprint }) => inHex(fingerprint)),
      questions.map(({ since }) => since.toISOString()),
    ],
  );
  const delivered = new Set(rows.map((row) => row.number));
  return questions.map((_question, index) => delivered.has(index + 1));
}
