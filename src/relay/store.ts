import { arrayLiteral, byteaLiteral, type Cell } from '../db/array.js';
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
  /** Of the text; null where it has none. */
  language: 'ja' | 'en' | null;
  /** As `mailDomainOf` gives it; null where several people are addressed. */
  mailDomain: string | null;
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
  /** It was not written at first, so its mint key or its code is taken: only then the link of that key is looked up. */
  isAgain?: boolean;
}>;

type Column = Readonly<{ name: string; type: string; cell(record: MessageRecord): Cell }>;

function column(name: string, type: string, cell: Column['cell']): Column {
  return { name, type, cell };
}

/** What a row is made of. `unnest` would flatten an array of arrays, so recipients travel as text. */
const MESSAGE: readonly Column[] = [
  column('id', 'uuid', ({ id }) => id),
  column('company_id', 'uuid', ({ companyId }) => companyId),
  column('credential_id', 'uuid', ({ credentialId }) => credentialId),
  column('received_at', 'timestamptz', ({ receivedAt }) => receivedAt.toISOString()),
  column('fingerprint', 'bytea', ({ fingerprint }) => byteaLiteral(fingerprint)),
  column('envelope_from', 'text', ({ envelopeFrom }) => envelopeFrom),
  column('recipients', 'text', ({ recipients }) => arrayLiteral(recipients)),
  column('size', 'int', ({ size }) => size),
  column('verdict', 'text', ({ verdict }) => verdict),
  column('cues', 'jsonb', ({ cues }) => JSON.stringify(cues)),
  column('rules_version', 'int', ({ rulesVersion }) => rulesVersion),
  column('action', 'text', ({ action }) => action),
  column('reason', 'text', ({ reason }) => reason),
  column('ranges', 'jsonb', ({ ranges }) => JSON.stringify(ranges)),
  column('code', 'text', ({ code }) => code),
  column('job', 'text', ({ job }) => job),
  column('stage', 'text', ({ stage }) => stage),
  column('source', 'text', ({ source }) => source),
  column('external_id', 'text', ({ externalId }) => externalId),
  column('upstream', 'text', ({ upstream }) => upstream),
  column('outcome', 'text', ({ outcome }) => outcome),
  column('upstream_reply', 'text', ({ upstreamReply }) => upstreamReply),
  column('finished_at', 'timestamptz', ({ finishedAt }) => finishedAt?.toISOString()),
  column('signed_by', 'text', ({ signedBy }) => signedBy),
  column('origin', 'text', ({ origin }) => origin),
  column('language', 'text', ({ language }) => language),
  column('mail_domain', 'text', ({ mailDomain }) => mailDomain),
];

const COLUMNS = MESSAGE.map(({ name }) => name).join(', ');
const VALUES = MESSAGE.map(({ name }) => (name === 'recipients' ? 'w.recipients::text[]' : `w.${name}`)).join(
  ', ',
);

/** Arrays of parameters as a table `w`. @param first the number of the first parameter */
function wantedTable(columns: readonly Pick<Column, 'name' | 'type'>[], first: number): string {
  const arrays = columns.map(({ type }, place) => `$${first + place}::${type}[]`);
  return `unnest(${arrays.join(', ')}) AS w (${columns.map(({ name }) => name).join(', ')})`;
}

function messageCells(records: readonly MessageRecord[]): string[] {
  return MESSAGE.map(({ cell }) => arrayLiteral(records.map(cell)));
}

/** What became of a message, for a row that stands. */
export type Closing = Pick<MessageRecord, 'id' | 'outcome' | 'upstreamReply' | 'finishedAt'>;

/** What the journal has to write: the rows of messages that come, and what became of those that went. */
export type JournalBatch = Readonly<{ openings: readonly Opening[]; closings: readonly Closing[] }>;

/** What was written. An opening in none of these was not, since its mint key or its drawn code was taken. */
export type JournalWritten = Readonly<{
  /** The code of each message that is in now, by its id. */
  opened: ReadonlyMap<string, string | null>;
  /** Ids of messages that upstream took before; nothing was minted or written for them. */
  repeated: ReadonlySet<string>;
  /** Ids of rows that stood and are closed now. */
  closed: ReadonlySet<string>;
}>;

/** What an opening has besides its row. */
const LINK = [
  { name: 'mint_key', type: 'bytea' },
  { name: 'recipient', type: 'text' },
  { name: 'repeat_since', type: 'timestamptz' },
  { name: 'is_again', type: 'boolean' },
];

const JOURNAL = `WITH closed AS (
    UPDATE messages m SET outcome = c.outcome, upstream_reply = c.reply, finished_at = c.at
    FROM unnest($1::uuid[], $2::text[], $3::text[], $4::timestamptz[]) AS c (id, outcome, reply, at)
    WHERE m.id = c.id RETURNING m.id
  ), wanted AS MATERIALIZED (
    SELECT w.*,
      CASE WHEN w.is_again THEN (
        SELECT l.code FROM links l WHERE l.mint_key = w.mint_key AND l.company_id IS NOT DISTINCT FROM w.company_id) END AS known,
      repeat_since IS NOT NULL AND (
        SELECT true FROM messages m
        WHERE m.fingerprint = w.fingerprint AND m.outcome = 'delivered'
          AND m.finished_at > w.repeat_since LIMIT 1) IS NOT NULL AS repeated
    FROM ${wantedTable([...MESSAGE, ...LINK], 5)}
  ), minted AS (
    INSERT INTO links (code, company_id, kind, origin, mint_key, recipient, job, stage, source, external_id, created_at,
      language, mail_domain)
    SELECT code, company_id, 'candidate', origin, mint_key, recipient, job, stage, source, external_id, received_at,
      language, mail_domain
    FROM wanted WHERE mint_key IS NOT NULL AND known IS NULL AND NOT repeated
    ON CONFLICT DO NOTHING RETURNING code
  ), opened AS (
    INSERT INTO messages (${COLUMNS})
    SELECT ${VALUES.replace('w.code', 'coalesce(w.known, w.code)')} FROM wanted w
    WHERE NOT repeated AND (mint_key IS NULL OR known IS NOT NULL OR code IN (SELECT code FROM minted))
    ON CONFLICT (id) DO NOTHING RETURNING id, code
  )
  SELECT 'opened' AS done, id, code FROM opened
  UNION ALL SELECT 'repeated', id, NULL FROM wanted WHERE repeated
  UNION ALL SELECT 'closed', id, NULL FROM closed`;

function journalCells({ openings, closings }: JournalBatch): string[] {
  return [
    arrayLiteral(closings.map(({ id }) => id)),
    arrayLiteral(closings.map(({ outcome }) => outcome)),
    arrayLiteral(closings.map(({ upstreamReply }) => upstreamReply)),
    arrayLiteral(closings.map(({ finishedAt }) => finishedAt?.toISOString())),
    ...messageCells(openings.map(({ record }) => record)),
    arrayLiteral(openings.map(({ link }) => link && byteaLiteral(link.mintKey))),
    arrayLiteral(openings.map(({ link }) => link?.recipient)),
    arrayLiteral(openings.map(({ repeatSince }) => repeatSince?.toISOString())),
    arrayLiteral(openings.map(({ isAgain = false }) => isAgain)),
  ];
}

/**
 * Mints links, writes rows and closes others, all in one statement and one commit. Where a mint key was used before, the
 * link of that time is the message's, once it is asked for again: the insert itself finds that out. A message that
 * upstream took since `repeatSince` is a repeat. Both are found one by one, by the only index that can serve.
 * @param generation of the plan: another one for tables of another size. PostgreSQL keeps the plan of a statement for as
 *   long as its connection lives, and one that suits an empty table reads the whole of a large one
 */
export async function writeJournal(
  db: Queryable,
  batch: JournalBatch,
  generation = 0,
): Promise<JournalWritten> {
  const rows = await db.query<{ done: 'opened' | 'repeated' | 'closed'; id: string; code: string | null }>(
    JOURNAL,
    journalCells(batch),
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
    `INSERT INTO messages (${COLUMNS}) SELECT ${VALUES} FROM ${wantedTable(MESSAGE, 1)}
     ON CONFLICT (id) DO UPDATE SET action = excluded.action, reason = excluded.reason, ranges = excluded.ranges,
       code = excluded.code, signed_by = excluded.signed_by, outcome = excluded.outcome, upstream_reply = excluded.upstream_reply,
       finished_at = excluded.finished_at`,
    messageCells([record]),
  );
}
