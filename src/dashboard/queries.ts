import type { Queryable } from '../db/db.js';

/** Days in the company's time zone, both inclusive, as `YYYY-MM-DD`; `-infinity` and `infinity` leave an end open. */
export type Range = Readonly<{ from: string; to: string; timeZone: string }>;

/** What figures are grouped by. `all`: one row with the key `''`. */
export type Bucket =
  | 'all'
  | 'day'
  | 'week'
  | 'month'
  | 'job'
  | 'stage'
  | 'source'
  | 'language'
  | 'mailDomain';

/** The key of a row: a day, a week's Monday, a month's first (`YYYY-MM-DD`), or a label; null: not labelled. */
type Keyed = { key: string | null };

/**
 * The SQL that gives a row its key. Closed set, no outside text.
 * @param at the column that carries the moment
 * @param labels the alias of the table that carries job, stage and source
 * @param click the alias of a click, whose static link may carry a job and a stage
 */
function keySql(bucket: Bucket, at: string, labels: string, click?: string): string {
  switch (bucket) {
    case 'all':
      return `''::text`;
    case 'day':
    case 'week':
    case 'month':
      return `to_char(date_trunc('${bucket}', ${at} AT TIME ZONE $4), 'YYYY-MM-DD')`;
    case 'job':
    case 'stage':
      return click ? `coalesce(${labels}.${bucket}, ${click}.${bucket})` : `${labels}.${bucket}`;
    case 'source':
    case 'language':
      return `${labels}.${bucket}`;
    case 'mailDomain':
      return `${labels}.mail_domain`;
  }
}

/** `$2` and `$3` are days, `$4` the zone in which they begin and end. */
export function withinSql(at: string): string {
  return `${at} >= $2::text::date::timestamp AT TIME ZONE $4 AND ${at} < ($3::text::date + 1)::timestamp AT TIME ZONE $4`;
}

export function valuesOf(companyId: string, range: Range): string[] {
  return [companyId, range.from, range.to, range.timeZone];
}

export type MailCounts = Keyed & {
  relayed: number;
  rejections: number;
  inserted: number;
  unsure: number;
  /** Rejection messages; a mail that was given a link counts as one whatever its verdict. */
  notices: number;
};

/** Mails that the next server took. */
export async function countMails(
  db: Queryable,
  companyId: string,
  range: Range,
  by: Bucket,
): Promise<MailCounts[]> {
  return db.query<MailCounts>(
    `SELECT ${keySql(by, 'm.received_at', 'm')} AS key,
       count(*) AS relayed,
       count(*) FILTER (WHERE m.verdict = 'rejection') AS rejections,
       count(*) FILTER (WHERE m.action = 'inserted') AS inserted,
       count(*) FILTER (WHERE m.verdict = 'unsure') AS unsure,
       count(*) FILTER (WHERE m.verdict = 'rejection' OR m.action = 'inserted') AS notices
     FROM messages m
     WHERE m.company_id = $1 AND m.outcome = 'delivered' AND ${withinSql('m.received_at')}
     GROUP BY 1`,
    valuesOf(companyId, range),
  );
}

/** Links minted by the API or an import: each stands for one notice that did not pass the hook. */
export async function countMinted(
  db: Queryable,
  companyId: string,
  range: Range,
  by: Bucket,
): Promise<(Keyed & { minted: number })[]> {
  return db.query(
    `SELECT ${keySql(by, 'l.created_at', 'l')} AS key, count(*) AS minted
     FROM links l
     WHERE l.company_id = $1 AND l.kind = 'candidate' AND l.origin IN ('api', 'import')
       AND ${withinSql('l.created_at')}
     GROUP BY 1`,
    valuesOf(companyId, range),
  );
}

export type ClickCounts = Keyed & {
  human: number;
  suspected: number;
  scanner: number;
  bot: number;
  prefetch: number;
  /** Candidates' own links with at least one human click. */
  candidatesClicked: number;
};

export async function countClicks(
  db: Queryable,
  companyId: string,
  range: Range,
  by: Bucket,
): Promise<ClickCounts[]> {
  return db.query<ClickCounts>(
    `SELECT ${keySql(by, 'c.at', 'l', 'c')} AS key,
       count(*) FILTER (WHERE c.class = 'human') AS human,
       count(*) FILTER (WHERE c.class = 'suspected') AS suspected,
       count(*) FILTER (WHERE c.class = 'scanner') AS scanner,
       count(*) FILTER (WHERE c.class = 'bot') AS bot,
       count(*) FILTER (WHERE c.class = 'prefetch') AS prefetch,
       count(DISTINCT c.code) FILTER (WHERE c.class = 'human' AND l.kind = 'candidate') AS "candidatesClicked"
     FROM clicks c JOIN links l ON l.code = c.code
     WHERE c.company_id = $1 AND ${withinSql('c.at')}
     GROUP BY 1`,
    valuesOf(companyId, range),
  );
}

export type DeviceCounts = Keyed & { human: number; candidatesClicked: number };

/** Human clicks by what they were made with; null: not told. */
export async function countDevices(db: Queryable, companyId: string, range: Range): Promise<DeviceCounts[]> {
  return db.query<DeviceCounts>(
    `SELECT coalesce(c.device, c.os) AS key, count(*) AS human,
       count(DISTINCT c.code) FILTER (WHERE l.kind = 'candidate') AS "candidatesClicked"
     FROM clicks c JOIN links l ON l.code = c.code
     WHERE c.company_id = $1 AND c.class = 'human' AND ${withinSql('c.at')}
     GROUP BY 1 ORDER BY 2 DESC`,
    valuesOf(companyId, range),
  );
}

export type RegistrationCounts = Keyed & {
  received: number;
  /** Received and neither counted nor ruled out yet. */
  pending: number;
  counted: number;
  reversed: number;
};

/** Each registration is seen at each of its moments: received, counted, reversed. */
export async function countRegistrations(
  db: Queryable,
  companyId: string,
  range: Range,
  by: Bucket,
): Promise<RegistrationCounts[]> {
  return db.query<RegistrationCounts>(
    `SELECT ${keySql(by, 'moment.at', 'l', 'c')} AS key,
       count(*) FILTER (WHERE moment.kind = 'received') AS received,
       count(*) FILTER (WHERE moment.kind = 'received' AND NOT r.counted AND r.reason IS NULL
                          AND r.status IN ('pending', 'verified', 'accepted')) AS pending,
       count(*) FILTER (WHERE moment.kind = 'counted' AND r.counted) AS counted,
       count(*) FILTER (WHERE moment.kind = 'reversed') AS reversed
     FROM registrations r
     CROSS JOIN LATERAL (VALUES ('received', r.created_at), ('counted', r.counted_at), ('reversed', r.reversed_at))
       AS moment (kind, at)
     LEFT JOIN clicks c ON c.id = r.click_id
     LEFT JOIN links l ON l.code = coalesce(r.code, c.code)
     WHERE r.company_id = $1 AND ${withinSql('moment.at')}
     GROUP BY 1`,
    valuesOf(companyId, range),
  );
}

/** Net referrals that the ledger took since a moment: the pace. */
export async function sumReferralsSince(db: Queryable, companyId: string, since: Date): Promise<number> {
  const [row] = await db.query<{ referrals: number }>(
    `SELECT coalesce(sum(referrals), 0) AS referrals FROM ledger_entries WHERE company_id = $1 AND at >= $2`,
    [companyId, since],
  );
  return row!.referrals;
}

export type MessageRow = Readonly<{
  id: string;
  receivedAt: Date;
  verdict: 'rejection' | 'other' | 'unsure';
  cues: unknown;
  rulesVersion: number;
  action: 'inserted' | 'untouched';
  reason: string | null;
  outcome: 'forwarding' | 'delivered' | 'refused' | 'failed' | 'ambiguous';
  code: string | null;
  job: string | null;
  stage: string | null;
  source: string | null;
  externalId: string | null;
}>;

/** A place in the list of messages: everything after it is older. */
export type MessageCursor = Readonly<{ receivedAt: Date; id: string }>;

/**
 * What was done to each mail and why, newest first. No addresses: who needs them has them in his own mail system.
 * @param verdict only these; undefined: all
 */
export async function listMessages(
  db: Queryable,
  companyId: string,
  page: Readonly<{ verdict?: MessageRow['verdict']; after?: MessageCursor; limit: number }>,
): Promise<MessageRow[]> {
  return db.query<MessageRow>(
    `SELECT id, received_at AS "receivedAt", verdict, cues, rules_version AS "rulesVersion", action, reason, outcome,
       code, job, stage, source, external_id AS "externalId"
     FROM messages
     WHERE company_id = $1 AND ($2::text IS NULL OR verdict = $2)
       AND ($3::timestamptz IS NULL OR (received_at, id) < ($3, $4::uuid))
     ORDER BY received_at DESC, id DESC LIMIT $5`,
    [companyId, page.verdict ?? null, page.after?.receivedAt ?? null, page.after?.id ?? null, page.limit],
  );
}

export type Happening = Readonly<{
  kind: 'counted' | 'clicked' | 'inserted' | 'unsure';
  at: Date;
  job: string | null;
  stage: string | null;
  device: string | null;
}>;

/** The newest things that happened at a company, of each kind at most `limit`. */
export async function listHappenings(db: Queryable, companyId: string, limit: number): Promise<Happening[]> {
  return db.query<Happening>(
    `SELECT * FROM (
       (SELECT CASE action WHEN 'inserted' THEN 'inserted' ELSE 'unsure' END AS kind, received_at AS at, job, stage,
          NULL::text AS device
        FROM messages
        WHERE company_id = $1 AND outcome = 'delivered' AND (action = 'inserted' OR verdict = 'unsure')
        ORDER BY received_at DESC LIMIT $2)
       UNION ALL
       (SELECT 'clicked', c.at, coalesce(l.job, c.job), coalesce(l.stage, c.stage), coalesce(c.device, c.os)
        FROM clicks c JOIN links l ON l.code = c.code
        WHERE c.company_id = $1 AND c.class = 'human' ORDER BY c.at DESC LIMIT $2)
       UNION ALL
       (SELECT 'counted', counted_at, NULL, NULL, NULL
        FROM registrations WHERE company_id = $1 AND counted ORDER BY counted_at DESC LIMIT $2)
     ) AS happening ORDER BY at DESC LIMIT $2`,
    [companyId, limit],
  );
}
