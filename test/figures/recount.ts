import type { Queryable } from '../../src/db/db.js';
import type { Bucket, CountRow, Range } from '../../src/figures/store.js';

/**
 * The definition of the figures: each counted from the rows themselves, with nothing kept. What the program keeps and adds
 * up is compared with this.
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
    case 'device':
      return 'coalesce(c.device, c.os)';
  }
}

function withinSql(at: string): string {
  return `${at} >= $2::text::date::timestamp AT TIME ZONE $4 AND ${at} < ($3::text::date + 1)::timestamp AT TIME ZONE $4`;
}

const mails = (by: Bucket) => `SELECT ${keySql(by, 'm.received_at', 'm')} AS key,
    count(*) AS relayed,
    count(*) FILTER (WHERE m.verdict = 'rejection') AS rejections,
    count(*) FILTER (WHERE m.action = 'inserted') AS inserted,
    count(*) FILTER (WHERE m.verdict = 'unsure') AS unsure,
    count(*) FILTER (WHERE m.verdict = 'rejection' OR m.action = 'inserted') AS notices
  FROM messages m WHERE m.company_id = $1 AND m.outcome = 'delivered' AND ${withinSql('m.received_at')} GROUP BY 1`;

const minted = (by: Bucket) => `SELECT ${keySql(by, 'l.created_at', 'l')} AS key, count(*) AS minted
  FROM links l WHERE l.company_id = $1 AND l.kind = 'candidate' AND l.origin IN ('api', 'import')
    AND ${withinSql('l.created_at')} GROUP BY 1`;

const clicks = (by: Bucket) => `SELECT ${keySql(by, 'c.at', 'l', 'c')} AS key,
    count(*) FILTER (WHERE c.class = 'human') AS human,
    count(*) FILTER (WHERE c.class = 'suspected') AS suspected,
    count(*) FILTER (WHERE c.class = 'scanner') AS scanner,
    count(*) FILTER (WHERE c.class = 'bot') AS bot,
    count(*) FILTER (WHERE c.class = 'prefetch') AS prefetch,
    count(DISTINCT c.code) FILTER (WHERE c.class = 'human' AND l.kind = 'candidate') AS "candidatesClicked"
  FROM clicks c JOIN links l ON l.code = c.code WHERE c.company_id = $1 AND ${withinSql('c.at')} GROUP BY 1`;

const registrations = (by: Bucket) => `SELECT ${keySql(by, 'moment.at', 'l', 'c')} AS key,
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
  WHERE r.company_id = $1 AND ${withinSql('moment.at')} GROUP BY 1`;

/** Rows of `countFigures`, without their zeros, by key. */
export type Recounted = Record<string, Partial<CountRow>>;

export async function recount(
  db: Queryable,
  companyId: string,
  range: Range,
  by: Bucket,
): Promise<Recounted> {
  const values = [companyId, range.from, range.to, range.timeZone];
  const rows: Partial<CountRow>[] = [];
  const statements = by === 'device' ? [clicks(by)] : [mails(by), minted(by), clicks(by), registrations(by)];
  for (const sql of statements) {
    rows.push(...(await db.query<Partial<CountRow>>(sql, values)));
  }
  return byKey(rows);
}

/** Puts the rows of one key together and leaves zeros out. */
export function byKey(rows: readonly Partial<CountRow>[]): Recounted {
  const groups: Recounted = {};
  for (const { key, ...counts } of rows) {
    const some = Object.entries(counts).filter(([, count]) => count !== 0);
    if (some.length > 0) groups[`${key}`] = { ...groups[`${key}`], ...Object.fromEntries(some) };
  }
  return groups;
}
