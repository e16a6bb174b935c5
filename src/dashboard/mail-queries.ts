import type { Queryable } from '../db/db.js';
import type { Cue } from '../relay/classify.js';
import type { InsertedRange } from '../relay/splice.js';
import type { MessageCursor, MessageRow } from './queries.js';

/** What became of a mail: the link went in, it went as it was, or it is not known to have arrived at the next server. */
export const BECAME = ['inserted', 'untouched', 'undelivered'] as const;
export type Became = (typeof BECAME)[number];

/** Which mails; what is left out asks for nothing. */
export type MailFilter = Readonly<{
  verdict?: MessageRow['verdict'];
  became?: Became;
  /** Somewhere in job, stage, source or the company's own id of the candidate. */
  text?: string;
  /** Days in the company's time zone, both inclusive. */
  from?: string;
  to?: string;
}>;

/** A text that LIKE finds anywhere, as it stands. */
function anywhere(text: string | undefined): string | null {
  return text ? `%${text.replace(/[\\%_]/g, '\\$&')}%` : null;
}

/** Mails that a filter picks, newest first. No addresses: who needs them has them in his own mail system. */
export async function findMessages(
  db: Queryable,
  companyId: string,
  { verdict, became, text, from, to }: MailFilter,
  page: Readonly<{ timeZone: string; after?: MessageCursor; limit: number }>,
): Promise<MessageRow[]> {
  return db.query<MessageRow>(
    `SELECT id, received_at AS "receivedAt", verdict, cues, rules_version AS "rulesVersion", action, reason, outcome,
       code, job, stage, source, external_id AS "externalId"
     FROM messages
     WHERE company_id = $1 AND ($2::text IS NULL OR verdict = $2)
       AND ($3::timestamptz IS NULL OR (received_at, id) < ($3, $4::uuid))
       AND ($5::text IS NULL OR CASE WHEN outcome IN ('delivered', 'forwarding') THEN action ELSE 'undelivered' END = $5)
       AND ($6::text IS NULL OR job ILIKE $6 OR stage ILIKE $6 OR source ILIKE $6 OR external_id ILIKE $6)
       AND ($7::text IS NULL OR received_at >= $7::date::timestamp AT TIME ZONE $9)
       AND ($8::text IS NULL OR received_at < ($8::date + 1)::timestamp AT TIME ZONE $9)
     ORDER BY received_at DESC, id DESC LIMIT $10`,
    [
      companyId,
      verdict ?? null,
      page.after?.receivedAt ?? null,
      page.after?.id ?? null,
      became ?? null,
      anywhere(text),
      from ?? null,
      to ?? null,
      page.timeZone,
      page.limit,
    ],
  );
}

/** One mail with all that was noted of it, but for addresses. */
export type MailDetail = Omit<MessageRow, 'cues'> &
  Readonly<{
    cues: readonly Cue[];
    ranges: readonly InsertedRange[];
    /** Octets as it came. */
    size: number;
    origin: 'smtp' | 'sendgrid';
    language: 'ja' | 'en' | null;
    mailDomain: string | null;
    signedBy: string | null;
    /** How many it was addressed to; 0 once the addresses are erased. */
    recipients: number;
    upstreamReply: string | null;
    finishedAt: Date | null;
    /** Label or user name of the credential that it came by. */
    credential: string | null;
    /** Somebody is still to say what it is. */
    isAsked: boolean;
  }>;

export async function findMail(
  db: Queryable,
  companyId: string,
  id: string,
): Promise<MailDetail | undefined> {
  const [row] = await db.query<MailDetail>(
    `SELECT m.id, m.received_at AS "receivedAt", m.verdict, m.cues, m.rules_version AS "rulesVersion", m.action, m.reason,
       m.outcome, m.code, m.job, m.stage, m.source, m.external_id AS "externalId", m.ranges, m.size, m.origin, m.language,
       m.mail_domain AS "mailDomain", m.signed_by AS "signedBy", cardinality(m.recipients) AS recipients,
       m.upstream_reply AS "upstreamReply", m.finished_at AS "finishedAt", coalesce(c.label, c.username) AS credential,
       EXISTS (SELECT FROM reviews r WHERE r.message_id = m.id AND r.answer IS NULL) AS "isAsked"
     FROM messages m LEFT JOIN credentials c ON c.id = m.credential_id
     WHERE m.company_id = $1 AND m.id = $2`,
    [companyId, id],
  );
  return row;
}

/** How many mails wait for somebody to say what they are. */
export async function countAsked(db: Queryable, companyId: string, since: Date): Promise<number> {
  const [row] = await db.query<{ count: number }>(
    'SELECT count(*) AS count FROM reviews WHERE company_id = $1 AND answer IS NULL AND at >= $2',
    [companyId, since],
  );
  return row!.count;
}
