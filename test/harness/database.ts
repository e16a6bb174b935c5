import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import pg from 'pg';
import { type Db, openPglite, openPostgres, type Queryable, type QueryOptions } from '../../src/db/db.js';

export type Engine = 'pglite' | 'postgres';

/** The engines that this run covers: PGlite always, PostgreSQL when TEST_DATABASE_URL is set. */
export const engines: readonly Engine[] = process.env.TEST_DATABASE_URL ? ['pglite', 'postgres'] : ['pglite'];

let made = 0;

/** A fresh, migrated database of its own. `url` is set on PostgreSQL. */
export async function openTestDatabase(engine: Engine): Promise<{ db: Db; url?: string }> {
  if (engine === 'pglite') {
    const dump = new Blob([readFileSync(process.env.CR_TEST_PGLITE_DUMP!)]);
    return { db: await openPglite({ dump }) };
  }
  const url = new URL(process.env.TEST_DATABASE_URL!);
  const admin = new pg.Client({ connectionString: url.toString() });
  await admin.connect();
  // The number of the whole run's process comes first: the teardown drops by it.
  const name = `career_relay_test_${process.env.CR_TEST_RUN}_${process.pid}_${Date.now()}_${made++}`;
  try {
    await admin.query(`CREATE DATABASE ${name} TEMPLATE ${process.env.CR_TEST_POSTGRES_TEMPLATE}`);
  } finally {
    await admin.end();
  }
  url.pathname = `/${name}`;
  return { db: openPostgres(url.toString()), url: url.toString() };
}

/**
 * The same database, with every statement prepared once a connection: PostgreSQL spends most of a small statement on
 * reading and planning it, and thousands of runs ask the same ones.
 */
export function prepared(db: Db): Db {
  const named = <Handle extends Queryable>(handle: Handle): Handle => ({
    ...handle,
    query: (sql: string, values?: readonly unknown[], options?: QueryOptions) =>
      handle.query(sql, values, { name: nameOf(sql), ...options }),
  });
  return { ...named(db), transaction: (work) => db.transaction((tx) => work(named(tx))) };
}

const names = new Map<string, string>();

function nameOf(sql: string): string {
  const known = names.get(sql);
  if (known) return known;
  const name = createHash('sha256').update(sql).digest('base64url');
  names.set(sql, name);
  return name;
}

/** The same database, telling each statement before it runs. */
export function watchedDatabase(db: Db, watch: (sql: string) => void): Db {
  const telling = (to: Queryable): Pick<Queryable, 'query'> => ({
    query: (sql, values, options) => {
      watch(sql);
      return to.query(sql, values, options);
    },
  });
  return {
    ...db,
    ...telling(db),
    transaction: (work) => db.transaction((tx) => work({ ...tx, ...telling(tx) })),
  };
}

/** Runs the same suite on every engine. */
export function describeEachDatabase(name: string, suite: (engine: Engine) => void): void {
  describe.each(engines)(`${name} on %s`, suite);
}

/** Runs a suite once, on PostgreSQL where there is one: for what asks the database nothing that others do not ask on both. */
export function describeOnDatabase(name: string, suite: (engine: Engine) => void): void {
  describe.each(engines.slice(-1))(`${name} on %s`, suite);
}
