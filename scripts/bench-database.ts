import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import pg from 'pg';
import { type Db, openPglite, openPostgres } from '../src/db/db.js';
import { migrate } from '../src/db/migrate.js';
import { fill } from './bench-fill.js';
import { copyEmbedded } from './server-process.js';

export type Size = Readonly<{ links: number; clicks: number }>;

/** A migrated database of its own with links in it, closed, for a server to be started on. */
export type Bench = Readonly<{
  /** Of the database on PostgreSQL. */
  name: string;
  engine: 'postgres' | 'pglite';
  /** The PostgreSQL database's name. */
  database: string | undefined;
  /** What it was filled with. */
  size: Size;
  codes: readonly string[];
  /** What the server needs in its environment to find it. */
  env: Readonly<{ DATA_DIR: string; DATABASE_URL?: string }>;
  /** Clicks beside those it was filled with. Call when no server runs on it. */
  countClicks(): Promise<number>;
  /** Opens the database; on PGlite only when no server runs on it. The caller closes it. */
  open(): Promise<Db>;
  drop(): Promise<void>;
}>;

async function administer(url: string, sql: string): Promise<void> {
  const admin = new pg.Client({ connectionString: url });
  await admin.connect();
  await admin.query(sql).finally(() => admin.end());
}

/**
 * @param databaseUrl any database of the PostgreSQL server; the bench makes its own beside it
 * @param dataDir what the server is given as DATA_DIR
 */
export async function openBenchDatabase(
  engine: Bench['engine'],
  databaseUrl: string | undefined,
  dataDir: string,
  size: Size,
): Promise<Bench> {
  mkdirSync(dataDir, { recursive: true });
  const name = `career_relay_bench_${process.pid}_${randomBytes(3).toString('hex')}`;
  const own = new URL(databaseUrl ?? 'postgres://127.0.0.1');
  own.pathname = `/${name}`;
  const postgres = engine === 'postgres' ? databaseUrl! : undefined;
  // Tests bring a migrated database to copy.
  const template = process.env.CR_TEST_POSTGRES_TEMPLATE;
  if (postgres)
    await administer(postgres, `CREATE DATABASE ${name}${template ? ` TEMPLATE ${template}` : ''}`);
  else copyEmbedded(dataDir);
  const open = async () =>
    postgres ? openPostgres(own.toString(), 2) : await openPglite({ directory: dataDir });

  async function withDb<T>(work: (db: Db) => Promise<T>): Promise<T> {
    const db = await open();
    return work(db).finally(() => db.close());
  }
  return {
    name,
    engine,
    database: postgres && name,
    size,
    codes: await withDb(async (db) => {
      await migrate(db);
      return fill(db, size.links, size.clicks);
    }),
    env: postgres ? { DATA_DIR: dataDir, DATABASE_URL: own.toString() } : { DATA_DIR: dataDir },
    countClicks: () =>
      withDb(
        async (db) =>
          (await db.query<{ count: number }>('SELECT count(*) FROM clicks'))[0]!.count - size.clicks,
      ),
    open,
    drop: async () => {
      if (postgres) await administer(postgres, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    },
  };
}
