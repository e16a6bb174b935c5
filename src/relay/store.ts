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
  /** By which way it came. */
  origin: 'smtp' | 'sendgrid';
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

export type Opening = Readonly<{
  record: MessageRecord;
  link: PlannedLink | undefined;
  /** From when on the very message counts as delivered before; undefined: it is never taken for a repeat. */
  repeatSince: Date | undefined;
}>;

/** What a row is made of, in JSON. */
const FIELDS = `id uuid, "companyId" uuid, "credentialId" uuid, "receivedAt" timestamptz, fingerprint bytea,
  "envelopeFrom" text, recipients text[], size int, verdict text, cues jsonb, "rulesVersion" int, action text, reason text,
  ranges jsonb, code text, job text, stage text, source text, "externalId" text, upstream text, outcome text,
  "upstreamReply" text, "finishedAt" timestamptz, "signedBy" text, origin text`;

const COLUMNS = `id, company_id, credential_id, received_at, fingerprint, envelope_from, recipients, size, verdict, cues,
  rules_version, action, reason, ranges, code, job, stage, source, external_id, upstream, outcome, upstream_reply,
  finished_at, signed_by, origin`;

const VALUES = `w.id, w."companyId", w."credentialId", w."receivedAt", w.fingerprint, w."envelopeFrom", w.recipients,
  w.size, w.verdict, w.cues, w."rulesVersion", w.action, w.reason, w.ranges, w.code, w.job, w.stage, w.source,
  w."externalId", w.upstream, w.outcome, w."upstreamReply", w."finishedAt", w."signedBy", w.origin`;

function inHex(bytes: Buffer): string {
  return `\\x${bytes.toString('hex')}`;
}

function asJson(record: MessageRecord) {
  return { ...record, fingerprint: inHex(record.fingerprint) };
}

/** What became of a message, for a row that stands. */
export type Closing = Pick<MessageRecord, 'id' | 'outcome' | 'upstreamReply' | 'finishedAt'>;

/** What the journal has to write: the rows of messages that come, and what became of those that went. */
export type JournalBatch = Readonly<{ openings: readonly Opening[]; closings: readonly Closing[] }>;

/** What was written. An opening in none of these was not, since its drawn code was taken. */
export type JournalWritten = Readonly<{
  /** The code of each message that is in now, by its id. */
  opened: ReadonlyMap<string, string | null>;
  /** Ids of messages that upstream took before; nothing was minted or written for them. */
  repeated: ReadonlySet<string>;
  /** Ids of rows that stood and are closed now. */
  closed: ReadonlySet<string>;
}>;

/**
 * Mints links, writes rows and closes others, all in one statement and one commit. Where a mint key was used before the
 * link of that time is the message's; a message that upstream took since `repeatSince` is a repeat. They are found one by
 * one, each by the only index that can serve.
 * @param generation of the plan: another one for tables of another size. PostgreSQL keeps the plan of a statement for as
 *   long as its connection lives, and one that suits an empty table reads the whole of a large one
 */
export async function writeJournal(
  db: Queryable,
  { openings, closings }: JournalBatch,
  generation = 0,
): Promise<JournalWritten> {
  const wanted = openings.map(({ record, link, repeatSince }) => ({
    ...asJson(record),
    mintKey: link && inHex(link.mintKey),
    recipient: link?.recipient,
    repeatSince,
  }));
  const rows = await db.query<{ done: 'opened' | 'repeated' | 'closed'; id: string; code: string | null }>(
    `WITH closed AS (
       UPDATE messages m SET outcome = c.outcome, upstream_reply = c.reply, finished_at = c.at
       FROM unnest($2::uuid[], $3::text[], $4::text[], $5::timestamptz[]) AS c (id, outcome, reply, at)
       WHERE m.id = c.id RETURNING m.id
     ), wanted AS MATERIALIZED (
       SELECT w.*,
         (SELECT l.code FROM links l
          WHERE l.mint_key = w."mintKey" AND l.company_id IS NOT DISTINCT FROM w."companyId") AS known,
         "repeatSince" IS NOT NULL AND (
           SELECT true FROM messages m
           WHERE m.fingerprint = w.fingerprint AND m.outcome = 'delivered'
             AND m.finished_at > w."repeatSince" LIMIT 1) IS NOT NULL AS repeated
       FROM json_to_recordset($1::json)
         AS w (${FIELDS}, "mintKey" bytea, recipient text, "repeatSince" timestamptz)
     ), minted AS (
       INSERT INTO links (code, company_id, kind, origin, mint_key, recipient, job, stage, source, external_id, created_at)
       SELECT code, "companyId", 'candidate', origin, "mintKey", recipient, job, stage, source, "externalId", "receivedAt"
       FROM wanted WHERE "mintKey" IS NOT NULL AND known IS NULL AND NOT repeated
       ON CONFLICT DO NOTHING RETURNING code
     ), opened AS (
       INSERT INTO messages (${COLUMNS})
       SELECT ${VALUES.replace('w.code', 'coalesce(w.known, w.code)')} FROM wanted w
       WHERE NOT repeated AND ("mintKey" IS NULL OR known IS NOT NULL OR code IN (SELECT code FROM minted))
       ON CONFLICT (id) DO NOTHING RETURNING id, code
     )
     SELECT 'opened' AS done, id, code FROM opened
     UNION ALL SELECT 'repeated', id, NULL FROM wanted WHERE repeated
     UNION ALL SELECT 'closed', id, NULL FROM closed`,
    [
      JSON.stringify(wanted),
      closings.map(({ id }) => id),
      closings.map(({ outcome }) => outcome),
      closings.map(({ upstreamReply }) => upstreamReply),
      closings.map(({ finishedAt }) => finishedAt?.toISOString() ?? null),
    ],
    { name: `write-journal-${generation}` },
  );
  const of = (done: string) => rows.filter((row) => row.done === done);
  return {
    opened: new Map(of('opened').map(({ id, code }) => [id, code])),
    repeated: new Set(of('repeated').map(({ id }) => id)),
    closed: new Set(of('closed').map(({ id }) => id)),
  };
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
