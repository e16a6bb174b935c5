import { randomBytes, randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import pg from 'pg';
import { insertCompany } from '../src/company/store.js';
import { type Db, openPglite, openPostgres } from '../src/db/db.js';
import { migrate } from '../src/db/migrate.js';
import { newCode } from '../src/link/code.js';

/** A migrated database of its own with links in it, closed, for a server to be started on. */
export type Bench = Readonly<{
  /** Of the database on PostgreSQL. */
  name: string;
  engine: 'postgres' | 'pglite';
  codes: readonly string[];
  /** What the server needs in its environment to find it. */
  env: Readonly<{ DATA_DIR: string; DATABASE_URL?: string }>;
  /** Call when no server runs on it. */
  countClicks(): Promise<number>;
  /** Opens the database; on PGlite only when no server runs on it. The caller closes it. */
  open(): Promise<Db>;
  drop(): Promise<void>;
}>;

async function fill(db: Db, count: number): Promise<string[]> {
  await migrate(db);
  const companyId = randomUUID();
  await db.transaction((tx) =>
    insertCompany(tx, {
      id: companyId,
      slug: 'bench',
      name: 'Bench',
      locale: 'ja',
      policy: 'auto',
      signedPolicy: 'pass',
      timeZone: 'Asia/Tokyo',
      linkHost: null,
      destinationUrl: null,
      createdAt: new Date(),
    }),
  );
  const codes = Array.from({ length: count }, () => newCode(randomBytes(32)));
  for (let at = 0; at < count; at += 10_000) {
    await db.query(
      `INSERT INTO links (code, company_id, kind, origin, created_at)
       SELECT code, $1, 'candidate', 'api', now() FROM unnest($2::text[]) AS code`,
      [companyId, codes.slice(at, at + 10_000)],
    );
  }
  await db.exec('ANALYZE');
  return codes;
}

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
  links: number,
): Promise<Bench> {
  mkdirSync(dataDir, { recursive: true });
  const name = `career_relay_bench_${process.pid}`;
  const own = new URL(databaseUrl ?? 'postgres://127.0.0.1');
  own.pathname = `/${name}`;
  const postgres = engine === 'postgres' ? databaseUrl! : undefined;
  if (postgres) await administer(postgres, `CREATE DATABASE ${name}`);
  const open = async () =>
    postgres ? openPostgres(own.toString(), 2) : await openPglite({ directory: dataDir });

  async function withDb<T>(work: (db: Db) => Promise<T>): Promise<T> {
    const db = await open();
    return work(db).finally(() => db.close());
  }
  return {
    name,
    engine,
    codes: await withDb((db) => fill(db, links)),
    env: postgres ? { DATA_DIR: dataDir, DATABASE_URL: own.toString() } : { DATA_DIR: dataDir },
    countClicks: () =>
      withDb(async (db) => (await db.query<{ count: number }>('SELECT count(*) FROM clicks'))[0]!.count),
    open,
    drop: async () => {
      if (postgres) await administer(postgres, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    },
  };
}
