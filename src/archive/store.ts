import type { Tx } from '../db/db.js';

/** Rows that are read, or written, at once. */
const PAGE = 500;

/** Rows are written in one way whatever the server's settings are. */
export async function fixFormats(tx: Tx): Promise<void> {
  await tx.exec(
    "SET LOCAL TimeZone = 'UTC'; SET LOCAL DateStyle = 'ISO, YMD'; SET LOCAL bytea_output = 'hex'; SET LOCAL extra_float_digits = 1",
  );
}

/** Our tables, each after those that its rows refer to. Figures are not among them: they are counted anew. @throws Error when tables refer to each other in a circle */
export async function tablesInOrder(tx: Tx): Promise<string[]> {
  const rows = await tx.query<{ name: string; refers: string[] }>(
    `SELECT c.relname AS name, array_remove(array_agg(DISTINCT f.relname::text), NULL) AS refers
     FROM pg_class c
     LEFT JOIN pg_constraint k ON k.conrelid = c.oid AND k.contype = 'f' AND k.confrelid <> c.oid
     LEFT JOIN pg_class f ON f.oid = k.confrelid
     WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
       AND c.relname <> 'migrations' AND c.relname NOT LIKE 'figure\\_%'
     GROUP BY c.relname ORDER BY c.relname`,
  );
  const ordered: string[] = [];
  let left = rows;
  while (left.length > 0) {
    const free = left.filter(({ refers }) => refers.every((one) => ordered.includes(one)));
    if (free.length === 0)
      throw new Error(`tables refer to each other: ${left.map(({ name }) => name).join(', ')}`);
    ordered.push(...free.map(({ name }) => name));
    left = left.filter((row) => !free.includes(row));
  }
  return ordered;
}

/** The table of jobs that are still to be done; what was done is history. */
export const JOBS = 'pgboss.job';

/** pg-boss's version of its tables; null where it has none. */
export async function jobsVersion(tx: Tx): Promise<number | null> {
  const [there] = await tx.query<{ name: string | null }>(
    "SELECT to_regclass('pgboss.version')::text AS name",
  );
  if (!there!.name) return null;
  const [row] = await tx.query<{ version: number }>('SELECT version FROM pgboss.version');
  return row?.version ?? null;
}

function quoted(table: string): string {
  return table
    .split('.')
    .map((part) => `"${part}"`)
    .join('.');
}

function rowsOf(table: string): string {
  const wanted = table === JOBS ? " WHERE t.state IN ('created', 'retry', 'active')" : '';
  return `SELECT to_json(t)::text AS row FROM ${quoted(table)} t${wanted}`;
}

/** The rows of a table as JSON text, in no order, in constant memory. */
export async function* readRows(tx: Tx, table: string): AsyncGenerator<string[]> {
  await tx.exec(`DECLARE archive_rows NO SCROLL CURSOR FOR ${rowsOf(table)}`);
  for (;;) {
    const page = await tx.query<{ row: string }>(`FETCH ${PAGE} FROM archive_rows`);
    if (page.length > 0) yield page.map(({ row }) => row);
    if (page.length < PAGE) break;
  }
  await tx.exec('CLOSE archive_rows');
}

/**
 * Writes rows; one that a migration has made stays. Whether all stand is for a comparison to say.
 * @param rows JSON text as `readRows` gave it
 */
export async function writeRows(tx: Tx, table: string, rows: readonly string[]): Promise<void> {
  await tx.query(
    `INSERT INTO ${quoted(table)} SELECT * FROM json_populate_recordset(NULL::${quoted(table)}, $1::json)
     ON CONFLICT DO NOTHING`,
    [`[${rows.join(',')}]`],
  );
}

/** Rows that migrations make, and that are in every database from the start. */
const MADE_BY_MIGRATIONS: Readonly<Record<string, string>> = {
  program_rules: "id = '00000000-0000-7000-8000-000000000001'",
};

/** Whether a table holds nothing but what migrations make. */
export async function isFresh(tx: Tx, table: string): Promise<boolean> {
  const made = MADE_BY_MIGRATIONS[table] ?? 'false';
  return (await tx.query(`SELECT 1 FROM ${quoted(table)} WHERE NOT (${made}) LIMIT 1`)).length === 0;
}

/** Jobs that were under way where the archive was made are nobody's here. */
export async function freeJobs(tx: Tx): Promise<void> {
  await tx.query("UPDATE pgboss.job SET state = 'retry', start_after = now() WHERE state = 'active'");
}
