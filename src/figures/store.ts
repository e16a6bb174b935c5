import type { Queryable } from '../db/db.js';
import { COUNTS, type Count, type Dimension, eachSql, NO_LABEL } from './columns.js';
import { rawSql } from './raw.js';

/** Days in the company's time zone, both inclusive, as `YYYY-MM-DD`; `-infinity` and `infinity` leave an end open. */
export type Range = Readonly<{ from: string; to: string; timeZone: string }>;

/** What figures are grouped by. `all`: one row with the key `''`. */
export type Bucket = 'all' | 'day' | 'week' | 'month' | Dimension;

/**
 * The counts of one group.
 * @property key a day, a week's Monday, a month's first (`YYYY-MM-DD`), or a label; null: not labelled
 * @property candidatesClicked candidates' own links with at least one human click
 */
export type CountRow = Readonly<Record<Count, number>> &
  Readonly<{ key: string | null; candidatesClicked: number }>;

type Step = 'day' | 'week' | 'month';

function stepOf(by: Bucket): Step | undefined {
  return by === 'day' || by === 'week' || by === 'month' ? by : undefined;
}

function keySql(step: Step | undefined): string {
  return step ? `to_char(date_trunc('${step}', day), 'YYYY-MM-DD')` : 'key';
}

/**
 * Which of the columns gives a row's part of the distinct candidates. Of a day all who clicked; of a week or a month those
 * too, less (RETURNS) who came back within it; else those who never clicked before, plus those who had clicked before the
 * range and come back, less those who come back only after it.
 */
function distinctSql(step: Step | undefined): string {
  return step ? 'candidates' : 'newcomers';
}

/** $2 and $3: the range; $4: its zone; $5: the dimension; $6 to $7: its whole months; $8: the month it begins in. */
const WITHIN = `step = 'month' AND start >= $6::text::date AND start < $7::text::date`;
const HEAD = `step = 'day' AND start >= $2::text::date AND start < $6::text::date AND start <= $3::text::date`;
const TAIL = `step = 'day' AND start >= $2::text::date AND start >= $7::text::date AND start <= $3::text::date`;
const OWN = 'company_id = $1 AND dimension = $5';

/** What came back within a step counts once there; what passed a range over is not of it. */
function returnsSql(step: Step | undefined): string {
  const within = `day >= $2::text::date AND day <= $3::text::date`;
  if (step) return `${within} AND previous >= greatest(date_trunc('${step}', day)::date, $2::text::date)`;
  return 'previous < $2::text::date AND day > $3::text::date';
}

/**
 * Kept sums and the rows themselves, added up. All in one statement: it sees the sums, how far they go, what was marked and
 * the rows of one moment.
 */
function figuresSql(step: Step | undefined): string {
  const counts = eachSql(COUNTS, '?');
  const nothing = eachSql(COUNTS, '0');
  const kept = `${counts}, ${distinctSql(step)} AS clicked FROM figure_sums WHERE ${OWN}`;
  const before = step ? 'false' : 'day < $2::text::date';
  return `WITH state AS MATERIALIZED (
      SELECT until, $2::text::date::timestamp AT TIME ZONE $4 AS begins,
        ($3::text::date + 1)::timestamp AT TIME ZONE $4 AS ends, $8::text AS month FROM figure_state),
    marked AS MATERIALIZED (
      SELECT DISTINCT (at AT TIME ZONE $4)::date AS day
      FROM (SELECT at FROM figure_marks WHERE company_id = $1 AND at IS NOT NULL
            UNION ALL
            SELECT o.received_at FROM figure_open_messages o JOIN messages m ON m.id = o.message_id
            WHERE o.company_id = $1 AND m.outcome = 'delivered') AS changed, state
      WHERE at < until AND at >= begins AND at < ends
      UNION
      SELECT day FROM figure_marks WHERE company_id = $1 AND day >= $2::text::date AND day <= $3::text::date),
    spans AS MATERIALIZED (
      SELECT $1::uuid AS company_id, $4::text AS zone, greatest(until, begins) AS from_at, ends AS upto, true AS fresh
      FROM state WHERE until < ends
      UNION ALL
      SELECT $1, $4, day::timestamp AT TIME ZONE $4, least((day + 1)::timestamp AT TIME ZONE $4, until), false
      FROM marked, state),
    ${rawSql('d.dimension = $5', '(SELECT until FROM state)')},
    pieces AS (
      SELECT start AS day, key, ${kept} AND ${WITHIN}
      UNION ALL SELECT start, key, ${kept} AND ${HEAD}
      UNION ALL SELECT start, key, ${kept} AND ${TAIL}
      UNION ALL
      SELECT day, key, ${eachSql(COUNTS, '-?')}, 0 FROM figure_sums JOIN marked ON day = start
      WHERE ${OWN} AND step = 'day'
      UNION ALL
      SELECT day, key, ${counts}, ${distinctSql(step)} FROM raw WHERE day >= $2::text::date AND day <= $3::text::date
      ${
        step
          ? ''
          : `UNION ALL SELECT start, key, ${nothing}, awaited FROM figure_sums WHERE ${OWN} AND step = 'month' AND start < $8::text::date
      UNION ALL SELECT start, key, ${nothing}, awaited FROM figure_sums
      WHERE ${OWN} AND step = 'day' AND start >= $8::text::date AND start < $2::text::date
      UNION ALL SELECT day, key, ${nothing}, awaited FROM raw WHERE ${before}`
      }
      ${
        step === 'day'
          ? ''
          : `UNION ALL SELECT day, key, ${nothing}, -candidates FROM figure_returns WHERE ${OWN} AND ${returnsSql(step)}
      UNION ALL SELECT day, key, ${nothing}, -candidates FROM raw_returns WHERE ${returnsSql(step)}`
      })
    SELECT ${keySql(step)} AS key, ${eachSql(COUNTS, 'sum(?)::int AS ?')}, sum(clicked)::int AS "candidatesClicked"
    FROM pieces GROUP BY 1
    HAVING ROW(${eachSql(COUNTS, 'sum(?)')}, sum(clicked)) <> ROW(${nothing}, 0)`;
}

const STATEMENTS = {
  label: figuresSql(undefined),
  day: figuresSql('day'),
  week: figuresSql('week'),
  month: figuresSql('month'),
} as const;

function monthOf(day: string): string {
  return day === 'infinity' || day === '-infinity' ? day : `${day.slice(0, 7)}-01`;
}

function shifted(day: string, days: number): string {
  if (day === 'infinity' || day === '-infinity') return day;
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);
}

/** The first day of the first month that begins on a day or after it. */
function nextMonth(day: string): string {
  return day === monthOf(day) ? day : monthOf(shifted(monthOf(day), 31));
}

/** The whole months of a range, from the first to before the second; by days and weeks there are none. */
function wholeMonths({ from, to }: Range, step: Step | undefined): [string, string] {
  if (step === 'day' || step === 'week') return ['infinity', 'infinity'];
  const [first, end] = [nextMonth(from), monthOf(shifted(to, 1))];
  const none = first !== '-infinity' && end !== 'infinity' && first > end;
  return none ? ['infinity', 'infinity'] : [first, end];
}

/** The counts of one company in a range, one row a group that has any, in no order. */
export async function countFigures(
  db: Queryable,
  companyId: string,
  range: Range,
  by: Bucket,
): Promise<CountRow[]> {
  const step = stepOf(by);
  const [first, end] = wholeMonths(range, step);
  const rows = await db.query<CountRow>(
    STATEMENTS[step ?? 'label'],
    [companyId, range.from, range.to, range.timeZone, step ? 'all' : by, first, end, monthOf(range.from)],
    { name: `figures-${step ?? 'label'}` },
  );
  return rows.map((row) => ({ ...row, key: row.key === NO_LABEL ? null : row.key }));
}
