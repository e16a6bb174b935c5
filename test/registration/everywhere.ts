import type { Queryable } from '../../src/db/db.js';

/**
 * Searches the whole database: every row of every table of every schema, as text (bytes as hex), any case.
 * @returns `schema.table` of each table with a row that contains one of `needles`
 */
export async function tablesWith(db: Queryable, needles: readonly (string | Buffer)[]): Promise<string[]> {
  const wanted = needles.flatMap((needle) => {
    const bytes = Buffer.from(needle);
    const coded = [bytes.toString('hex'), bytes.toString('base64'), bytes.toString('base64url')];
    return typeof needle === 'string' ? [needle, ...coded] : coded;
  });
  const tables = await db.query<{ name: string }>(
    `SELECT format('%I.%I', table_schema, table_name) AS name FROM information_schema.tables
     WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema') ORDER BY 1`,
  );
  const found: string[] = [];
  for (const { name } of tables) {
    const rows = await db.query(
      `SELECT FROM ${name} one WHERE EXISTS (SELECT FROM unnest($1::text[]) needle
         WHERE position(lower(needle) IN lower(one::text)) > 0) LIMIT 1`,
      [wanted],
    );
    if (rows.length > 0) found.push(name);
  }
  return found;
}
