import type { Queryable } from '../../src/db/db.js';

/** How a text or bytes may stand in a column: as they are, in an address, in JSON, as MIME writes them, as a dump does. */
export function formsOf(needle: string | Buffer): string[] {
  const bytes = Buffer.from(needle);
  const coded = [bytes.toString('hex'), bytes.toString('base64'), bytes.toString('base64url')];
  if (typeof needle !== 'string') return coded;
  const escaped = [...needle].map((one) =>
    one.length === 1 && one < '\x7f'
      ? one
      : [...Array(one.length).keys()]
          .map((at) => `\\u${one.charCodeAt(at).toString(16).padStart(4, '0')}`)
          .join(''),
  );
  const quoted = [...bytes].map((byte) =>
    byte < 0x7f && byte !== 0x3d ? String.fromCharCode(byte) : `=${byte.toString(16)}`,
  );
  const wide = Buffer.from(needle, 'utf16le').toString('hex');
  return [needle, encodeURIComponent(needle), escaped.join(''), quoted.join(''), wide, ...coded];
}

/**
 * Searches the whole database: every row of every table of every schema, as text (bytes as hex), any case, in every form.
 * @returns `schema.table` of each table with a row that contains one of `needles`
 */
export async function tablesWith(db: Queryable, needles: readonly (string | Buffer)[]): Promise<string[]> {
  const wanted = needles.flatMap(formsOf);
  const tables = await db.query<{ name: string }>(
    `SELECT format('%I.%I', table_schema, table_name) AS name FROM information_schema.tables
     WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema') ORDER BY 1`,
  );
  const found: string[] = [];
  for (const { name } of tables) {
    const rows = await db.query(
      `SELECT FROM ${name} one WHERE EXISTS (SELECT FROM unnest($1::text[]) needle
         WHERE position(lower(needle) IN replace(lower(one::text), '\\\\', '\\')) > 0) LIMIT 1`,
      [wanted],
    );
    if (rows.length > 0) found.push(name);
  }
  return found;
}
