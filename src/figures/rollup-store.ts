import type { Queryable, Tx } from '../db/db.js';
import { ALL_COUNTS, COUNTS, DIMENSIONS, eachSql } from './columns.js';
import { rawSql } from './raw.js';

/** How far the sums go; null: nowhere yet. */
export type FigureState = Readonly<{ until: Date | null; recounted: string | null }>;

/** The state, held until the transaction ends; undefined while another worker has it. */
export async function lockState(tx: Tx): Promise<FigureState | undefined> {
  const [row] = await tx.query<FigureState>(
    `SELECT nullif(until, '-infinity') AS until, to_char(recounted, 'YYYY-MM-DD') AS recounted
     FROM figure_state FOR UPDATE SKIP LOCKED`,
  );
  return row;
}

export async function putState(tx: Tx, until: Date, recounted: string | null): Promise<void> {
  await tx.query('UPDATE figure_state SET until = $1, recounted = $2::text::date', [until, recounted]);
}

/** The moment of the first row that anything is counted from; undefined where there is none. */
export async function firstMoment(db: Queryable): Promise<Date | undefined> {
  const first = (table: string, at: string) =>
    `(SELECT ${at} AS at FROM ${table} WHERE company_id = c.id ORDER BY ${at} LIMIT 1)`;
  const [row] = await db.query<{ at: Date | null }>(
    `SELECT min(f.at) AS at FROM companies c CROSS JOIN LATERAL (
       ${first('messages', 'received_at')} UNION ALL ${first('links', 'created_at')}
       UNION ALL ${first('clicks', 'at')} UNION ALL ${first('registrations', 'created_at')}) f`,
  );
  return row?.at ?? undefined;
}

/** Days of companies, to be counted anew. */
export type MarkedDays = Readonly<{ companyIds: readonly string[]; days: readonly string[] }>;

/** Marks the day, in each company's zone, on which a moment falls. */
export async function markEverywhere(tx: Tx, at: Date): Promise<void> {
  await tx.query('INSERT INTO figure_marks (company_id, at) SELECT id, $1 FROM companies', [at]);
}

/**
 * Takes the oldest marks away, and the open messages of which it is known now what became of them. Call before anything
 * is counted: what changes afterwards has a mark that stays.
 * @param until marks of later moments are dropped: nothing of theirs was counted yet
 */
export async function takeMarks(tx: Tx, until: Date | null, limit: number): Promise<MarkedDays> {
  const rows = await tx.query<{ companyId: string; day: string }>(
    `WITH closed AS (
       DELETE FROM figure_open_messages o USING messages m
       WHERE m.id = o.message_id AND m.outcome NOT IN ('forwarding', 'ambiguous')
       RETURNING o.company_id, o.received_at AS at, NULL::date AS day
     ), marks AS (
       DELETE FROM figure_marks WHERE id IN (SELECT id FROM figure_marks ORDER BY id LIMIT $2)
       RETURNING company_id, at, day
     )
     SELECT DISTINCT c.id AS "companyId",
       to_char(coalesce(t.day, (t.at AT TIME ZONE c.time_zone)::date), 'YYYY-MM-DD') AS day
     FROM (SELECT * FROM closed UNION ALL SELECT * FROM marks) t JOIN companies c ON c.id = t.company_id
     WHERE t.day IS NOT NULL OR t.at < $1`,
    [until, limit],
  );
  return { companyIds: rows.map(({ companyId }) => companyId), days: rows.map(({ day }) => day) };
}

/** Remembers the messages of a time of which it is not known yet what became of them. Call before they are counted. */
export async function rememberOpen(tx: Tx, from: Date | null, upto: Date): Promise<void> {
  await tx.query(
    `INSERT INTO figure_open_messages (message_id, company_id, received_at)
     SELECT id, company_id, received_at FROM messages
     WHERE outcome IN ('forwarding', 'ambiguous') AND ($1::timestamptz IS NULL OR received_at >= $1) AND received_at < $2
     ON CONFLICT DO NOTHING`,
    [from, upto],
  );
}

const everyDimension = `ARRAY['all', ${DIMENSIONS.map((one) => `'${one}'`).join(', ')}]`;
const key = 'company_id, dimension, step, start, key';

/** The sums of the marked days as they are, to be taken off. What it says of candidates is corrected candidate by candidate. */
const TAKEN_OFF = `
  SELECT s.company_id, s.dimension, s.start AS day, s.key, ${eachSql(COUNTS, '-s.?')}, 0, 0, 0
  FROM marked m CROSS JOIN LATERAL (
    SELECT * FROM figure_sums WHERE company_id = m.company_id AND dimension = ANY (${everyDimension})
      AND step = 'day' AND start = m.day OFFSET 0) s`;

/**
 * Adds to the sums what is between two moments, and counts the marked days before it anew; all that one statement sees.
 * @param from null: from the beginning
 */
export async function addToSums(tx: Tx, from: Date | null, upto: Date, marked: MarkedDays): Promise<void> {
  await tx.query(
    `WITH bounds AS (SELECT coalesce($1::timestamptz, '-infinity') AS from_at),
     marked AS MATERIALIZED (
       SELECT m.company_id, m.day, c.time_zone AS zone
       FROM unnest($3::uuid[], $4::date[]) AS m (company_id, day) JOIN companies c ON c.id = m.company_id),
     spans AS MATERIALIZED (
       SELECT id AS company_id, time_zone AS zone, from_at, $2::timestamptz AS upto, true AS fresh FROM companies, bounds
       UNION ALL
       SELECT company_id, zone, day::timestamp AT TIME ZONE zone,
         least((day + 1)::timestamp AT TIME ZONE zone, from_at), false FROM marked, bounds),
     ${rawSql('true', '(SELECT from_at FROM bounds)')},
     gone AS (
       DELETE FROM figure_candidate_days v USING (
         SELECT code, day, device FROM old_days EXCEPT SELECT code, day, device FROM new_days) g
       WHERE v.code = g.code AND v.day = g.day AND v.device = g.device),
     come AS (
       INSERT INTO figure_candidate_days (company_id, code, day, device)
       SELECT company_id, code, day, device FROM new_days
       EXCEPT SELECT company_id, code, day, device FROM old_days),
     returns AS (
       INSERT INTO figure_returns AS r (company_id, dimension, day, previous, key, candidates)
       SELECT company_id, dimension, day, previous, key, candidates FROM raw_returns
       ON CONFLICT (company_id, dimension, day, previous, key)
         DO UPDATE SET candidates = r.candidates + excluded.candidates)
     INSERT INTO figure_sums AS s (${key}, ${eachSql(ALL_COUNTS, '?')})
     SELECT company_id, dimension, p.step, p.start, key, ${eachSql(ALL_COUNTS, 'sum(?)')}
     FROM (SELECT * FROM raw UNION ALL ${TAKEN_OFF}) AS change
     CROSS JOIN LATERAL (VALUES ('day', day), ('month', date_trunc('month', day)::date)) AS p (step, start)
     GROUP BY 1, 2, 3, 4, 5
     HAVING ROW(${eachSql(ALL_COUNTS, 'sum(?)')}) <> ROW(${eachSql(ALL_COUNTS, '0')})
     ON CONFLICT (${key}) DO UPDATE SET ${eachSql(ALL_COUNTS, '? = s.? + excluded.?')}`,
    [from, upto, marked.companyIds, marked.days],
  );
}
