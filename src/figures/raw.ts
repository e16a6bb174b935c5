import { ALL_COUNTS, COUNTS, countsSql, eachSql, LABELS, type Label } from './columns.js';

/**
 * SQL that counts the rows themselves within `spans` (company_id, zone, from_at, upto, fresh), and works out what that
 * changes of the candidates' days. The worker adds the result to the sums; whoever reads adds it to what he reads. Look-ups
 * stand in LATERAL … OFFSET 0, so that each is one of an index whatever PostgreSQL believes of a table's size.
 */

/**
 * A row for each dimension, with its key. Closed set, no outside text.
 * @param labels the SQL of each label; @param more further rows
 */
function dimensionsSql(labels: Readonly<Record<Label, string>>, wanted: string, more = ''): string {
  const values = LABELS.map((label) => `('${label}', coalesce(${labels[label]}, chr(1)))`);
  return `CROSS JOIN LATERAL (SELECT * FROM (VALUES ('all', ''), ${values.join(', ')}${more}) AS d (dimension, key)
    WHERE ${wanted}) AS d`;
}

function labelsOf(alias: string): Record<Label, string> {
  return {
    job: `${alias}.job`,
    stage: `${alias}.stage`,
    source: `${alias}.source`,
    language: `${alias}.language`,
    mailDomain: `${alias}.mail_domain`,
  };
}

const inSpan = (at: string) => `company_id = s.company_id AND ${at} >= s.from_at AND ${at} < s.upto`;
const dayOf = (at: string) => `(${at} AT TIME ZONE s.zone)::date`;

const MAILS = {
  relayed: 'count(*)',
  rejections: `count(*) FILTER (WHERE m.verdict = 'rejection')`,
  inserted: `count(*) FILTER (WHERE m.action = 'inserted')`,
  unsure: `count(*) FILTER (WHERE m.verdict = 'unsure')`,
  // A mail that was given a link counts as a notice whatever its verdict.
  notices: `count(*) FILTER (WHERE m.verdict = 'rejection' OR m.action = 'inserted')`,
};

/** Mails that the next server took. */
const mailsSql = (wanted: string) => `
  SELECT s.company_id, d.dimension, ${dayOf('m.received_at')} AS day, d.key, ${countsSql(COUNTS, MAILS)}
  FROM spans s CROSS JOIN LATERAL (
    SELECT received_at, verdict, action, job, stage, source, language, mail_domain FROM messages
    WHERE ${inSpan('received_at')} AND outcome = 'delivered' OFFSET 0) m
  ${dimensionsSql(labelsOf('m'), wanted)}
  GROUP BY 1, 2, 3, 4`;

/** Links minted by the API or an import: each stands for one notice that did not pass the hook. */
const mintedSql = (wanted: string) => `
  SELECT s.company_id, d.dimension, ${dayOf('l.created_at')}, d.key, ${countsSql(COUNTS, { minted: 'count(*)' })}
  FROM spans s CROSS JOIN LATERAL (
    SELECT created_at, job, stage, source, language, mail_domain FROM links
    WHERE ${inSpan('created_at')} AND kind = 'candidate' AND origin IN ('api', 'import') OFFSET 0) l
  ${dimensionsSql(labelsOf('l'), wanted)}
  GROUP BY 1, 2, 3, 4`;

const CLASSES = ['human', 'suspected', 'scanner', 'bot', 'prefetch'] as const;
const CLICKS = Object.fromEntries(
  CLASSES.map((one) => [one, `count(*) FILTER (WHERE h.class = '${one}')`]),
) as Record<(typeof CLASSES)[number], string>;

const clicksSql = (wanted: string) => `
  SELECT h.company_id, d.dimension, h.day, d.key, ${countsSql(COUNTS, CLICKS)}
  FROM hits h
  ${dimensionsSql(labelsOf('h'), wanted, `, ('device', h.device)`)}
  GROUP BY 1, 2, 3, 4`;

const REGISTRATIONS = {
  received: `count(*) FILTER (WHERE r.moment = 'received')`,
  pending: `count(*) FILTER (WHERE r.moment = 'received' AND NOT r.counted AND r.reason IS NULL
    AND r.status IN ('pending', 'verified', 'accepted'))`,
  counted: `count(*) FILTER (WHERE r.moment = 'counted' AND r.counted)`,
  reversed: `count(*) FILTER (WHERE r.moment = 'reversed')`,
};

const momentSql = (moment: string, at: string) =>
  `SELECT '${moment}' AS moment, ${at} AS at, code, click_id, counted, reason, status
   FROM registrations WHERE ${inSpan(at)}`;

/** Each registration is seen at each of its moments: received, counted, reversed. */
const registrationsSql = (wanted: string) => `
  SELECT s.company_id, d.dimension, ${dayOf('r.at')}, d.key, ${countsSql(COUNTS, REGISTRATIONS)}
  FROM spans s CROSS JOIN LATERAL (
    ${momentSql('received', 'created_at')} UNION ALL ${momentSql('counted', 'counted_at')}
    UNION ALL ${momentSql('reversed', 'reversed_at')} OFFSET 0) r
  LEFT JOIN LATERAL (SELECT code, job, stage FROM clicks WHERE id = r.click_id OFFSET 0) c ON true
  LEFT JOIN LATERAL (SELECT job, stage, source, language, mail_domain FROM links WHERE code = coalesce(r.code, c.code) OFFSET 0) l ON true
  ${dimensionsSql({ ...labelsOf('l'), job: 'coalesce(l.job, c.job)', stage: 'coalesce(l.stage, c.stage)' }, wanted)}
  GROUP BY 1, 2, 3, 4`;

const DEVICE = 'coalesce(c.device, c.os, chr(1))';

/** The clicks of the spans, with the labels of their links; a static link may have its labels from the click. */
const HITS = `hits AS MATERIALIZED (
  SELECT s.company_id, s.zone, s.fresh, ${dayOf('c.at')} AS day, c.code, c.class, l.kind,
    coalesce(l.job, c.job) AS job, coalesce(l.stage, c.stage) AS stage, l.source, l.language, l.mail_domain,
    ${DEVICE} AS device
  FROM spans s CROSS JOIN LATERAL (
    SELECT at, code, class, job, stage, device, os FROM clicks WHERE ${inSpan('at')} OFFSET 0) c
  CROSS JOIN LATERAL (SELECT kind, job, stage, source, language, mail_domain FROM links WHERE code = c.code OFFSET 0) l)`;

/**
 * Candidates whose clicks lie in the spans: the days on which they clicked as they are kept, and as they are now. Where a
 * day is counted anew the candidate's clicks are read whole; what is fresh only adds days.
 * @param until the moment up to which the kept days go
 */
const candidateDaysSql = (until: string) => `
  touched AS MATERIALIZED (
    SELECT company_id, zone, code, bool_or(NOT fresh) AS whole FROM hits WHERE kind = 'candidate' GROUP BY 1, 2, 3),
  old_days AS MATERIALIZED (
    SELECT t.company_id, t.code, t.whole, v.day, v.device FROM touched t
    CROSS JOIN LATERAL (SELECT day, device FROM figure_candidate_days WHERE code = t.code OFFSET 0) v),
  new_days AS MATERIALIZED (
    SELECT company_id, code, day, device FROM old_days WHERE NOT whole
    UNION SELECT company_id, code, day, device FROM hits WHERE fresh AND class = 'human' AND kind = 'candidate'
    UNION SELECT s.company_id, s.code, ${dayOf('c.at')}, ${DEVICE} FROM touched s
      CROSS JOIN LATERAL (
        SELECT at, device, os FROM clicks WHERE ARRAY[code] @> ARRAY[s.code] AND class = 'human' AND at < ${until} OFFSET 0) c
      WHERE s.whole),
  both_days AS (
    SELECT -1 AS sign, company_id, code, day, device FROM old_days
    UNION ALL SELECT 1, company_id, code, day, device FROM new_days),
  -- by device each candidate is another one
  turns AS (
    SELECT sign, company_id, code, device, day, lag(day) OVER days AS previous, lead(day) OVER days AS next
    FROM (SELECT DISTINCT sign, company_id, code, NULL AS device, day FROM both_days
          UNION ALL SELECT sign, company_id, code, device, day FROM both_days) AS one_by_one
    WINDOW days AS (PARTITION BY sign, code, device ORDER BY day))`;

const CANDIDATES = {
  candidates: 'sum(t.sign)',
  newcomers: 'sum(CASE WHEN t.previous IS NULL THEN t.sign ELSE 0 END)',
  awaited: 'sum(t.sign * ((t.next IS NOT NULL)::int - (t.previous IS NOT NULL)::int))',
};

const TURNED = `turns t
  CROSS JOIN LATERAL (SELECT job, stage, source, language, mail_domain FROM links WHERE code = t.code OFFSET 0) l
  CROSS JOIN LATERAL (
    SELECT 'device' AS dimension, t.device AS key WHERE t.device IS NOT NULL
    UNION ALL SELECT d.dimension, d.key FROM (SELECT 1 WHERE t.device IS NULL) AS whole ${dimensionsSql(labelsOf('l'), 'true')}
  ) AS d`;
const turnedSql = (wanted: string) => `${TURNED} WHERE ${wanted}`;

/**
 * CTEs: `raw` (company_id, dimension, day, key and all counts), what the spans hold and what that changes of candidates;
 * `raw_returns`, what it changes of returns; `old_days` and `new_days`.
 * @param wanted which dimensions, as a condition on `d.dimension`
 */
export function rawSql(wanted: string, until: string): string {
  return `${HITS}, ${candidateDaysSql(until)},
  counted_rows AS (${mailsSql(wanted)} UNION ALL ${mintedSql(wanted)} UNION ALL ${clicksSql(wanted)}
    UNION ALL ${registrationsSql(wanted)}),
  raw AS (
    SELECT company_id, dimension, day, key, ${eachSql(COUNTS, '?')}, 0 AS candidates, 0 AS newcomers, 0 AS awaited
    FROM counted_rows
    UNION ALL
    SELECT t.company_id, d.dimension, t.day, d.key, ${countsSql(ALL_COUNTS, CANDIDATES)}
    FROM ${turnedSql(wanted)} GROUP BY 1, 2, 3, 4),
  raw_returns AS (
    SELECT t.company_id, d.dimension, t.day, t.previous, d.key, sum(t.sign) AS candidates
    FROM ${turnedSql(wanted)} AND t.previous IS NOT NULL GROUP BY 1, 2, 3, 4, 5 HAVING sum(t.sign) <> 0)`;
}
