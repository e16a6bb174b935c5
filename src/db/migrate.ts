import { readdirSync, readFileSync } from 'node:fs';
import { digest } from '../keys.js';
import type { Db, Queryable, Tx } from './db.js';

const DIRECTORY = new URL('./migrations/', import.meta.url);
/** Any number, the same in every process: two that migrate at once take turns. */
const ADVISORY_LOCK = 7_203_114;

type Migration = Readonly<{ name: string; sql: string; checksum: string }>;

function readMigrations(): Migration[] {
  return readdirSync(DIRECTORY)
    .filter((name) => name.endsWith('.sql'))
    .sort()
    .map((name) => {
      const sql = readFileSync(new URL(name, DIRECTORY), 'utf8');
      return { name, sql, checksum: digest(sql).toString('hex') };
    });
}

/**
 * Brings the schema up to date: each file of `migrations/` once, in the order of the names, all or none.
 * @returns the names of the files that were applied now
 * @throws Error when a file that was applied before has changed since
 */
export async function migrate(db: Db): Promise<string[]> {
  // IF NOT EXISTS does not keep two at once from failing: both see that there is none.
  await oneAtATime(db, (tx) =>
    tx.exec(`CREATE TABLE IF NOT EXISTS migrations (
      name text PRIMARY KEY, checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`),
  );
  const done = await db.query<{ name: string; checksum: string }>('SELECT name, checksum FROM migrations');
  const known = new Map(done.map((row) => [row.name, row.checksum]));
  const pending: Migration[] = [];
  for (const migration of readMigrations()) {
    const before = known.get(migration.name);
    if (before === undefined) pending.push(migration);
    else if (before !== migration.checksum) {
      throw new Error(
        `Migration ${migration.name} was changed after it had been applied; add a new file instead`,
      );
    }
  }
  const applied: string[] = [];
  for (const migration of pending) if (await apply(db, migration)) applied.push(migration.name);
  return applied;
}

/**
 * How the schema stands to this program's migrations; changes nothing.
 * @returns names of files that were not applied, and of applied ones that this program does not have: a newer one's
 */
export async function migrationState(
  db: Queryable,
): Promise<{ applied: string[]; pending: string[]; unknown: string[] }> {
  const [table] = await db.query<{ name: string | null }>("SELECT to_regclass('migrations')::text AS name");
  const rows = table!.name
    ? await db.query<{ name: string }>('SELECT name FROM migrations ORDER BY name')
    : [];
  const applied = rows.map(({ name }) => name);
  const own = readMigrations().map(({ name }) => name);
  return {
    applied,
    pending: own.filter((name) => !applied.includes(name)),
    unknown: applied.filter((name) => !own.includes(name)),
  };
}

/** A transaction during which no other process changes the schema in this way. */
export function oneAtATime<T>(db: Db, work: (tx: Tx) => Promise<T>): Promise<T> {
  return db.transaction(async (tx) => {
    await tx.query('SELECT pg_advisory_xact_lock($1)', [ADVISORY_LOCK]);
    return work(tx);
  });
}

/** One file and its mark in one transaction; false when another process was faster. */
function apply(db: Db, { name, sql, checksum }: Migration): Promise<boolean> {
  return oneAtATime(db, async (tx) => {
    const marked = await tx.query(
      'INSERT INTO migrations (name, checksum) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING RETURNING name',
      [name, checksum],
    );
    if (marked.length === 0) return false;
    await tx.exec(sql);
    return true;
  });
}
