import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import pg from 'pg';
import { openPostgres, pgliteDb } from '../../src/db/db.js';
import { migrate } from '../../src/db/migrate.js';
import { prepareQueue } from './queue-schema.js';

const CACHE = new URL('../../.cache/', import.meta.url).pathname;
const MIGRATIONS = new URL('../../src/db/migrations/', import.meta.url).pathname;

/** Names a schema by the bytes that make it, so that a changed migration never meets an old dump. */
function schemaVersion(): string {
  const hash = createHash('sha256');
  for (const name of readdirSync(MIGRATIONS).sort()) hash.update(readFileSync(join(MIGRATIONS, name)));
  hash.update(readFileSync(new URL('./queue-schema.ts', import.meta.url)));
  return hash.digest('hex').slice(0, 12);
}

/** Migrated once, dumped, loaded by every test file: a fresh PGlite takes seconds, a loaded one tenths. */
async function preparePglite(version: string): Promise<string> {
  const path = join(CACHE, `pglite-${version}.tar`);
  if (existsSync(path)) return path;
  mkdirSync(CACHE, { recursive: true });
  const engine = await PGlite.create();
  const db = pgliteDb(engine, () => {});
  await migrate(db);
  await prepareQueue(db);
  const dump = await engine.dumpDataDir('none');
  writeFileSync(path, Buffer.from(await dump.arrayBuffer()));
  await db.close();
  return path;
}

/** The same as a directory, for processes that are started on a copy of it. */
async function prepareDirectory(version: string, dump: string): Promise<string> {
  const path = join(CACHE, `pgdata-${version}`);
  if (existsSync(path)) return path;
  const making = `${path}-${process.pid}`;
  const engine = await PGlite.create({ dataDir: making, loadDataDir: new Blob([readFileSync(dump)]) });
  await engine.close();
  renameSync(making, path);
  return path;
}

async function preparePostgres(url: string, version: string): Promise<string> {
  const template = `career_relay_template_${version}`;
  const admin = new pg.Client({ connectionString: url });
  await admin.connect();
  try {
    await admin.query('SELECT pg_advisory_lock(4711)');
    const { rows } = await admin.query('SELECT 1 FROM pg_database WHERE datname = $1', [template]);
    if (rows.length > 0) return template;
    await admin.query(`CREATE DATABASE ${template}_new`);
    const target = new URL(url);
    target.pathname = `/${template}_new`;
    const db = openPostgres(target.toString(), 2);
    await migrate(db);
    await prepareQueue(db);
    await db.close();
    await admin.query(`ALTER DATABASE ${template}_new RENAME TO ${template}`);
    return template;
  } finally {
    await admin.end();
  }
}

/** Whether `npm run build` has seen the source as it is. */
function isBuilt(): boolean {
  const script = new URL('../../scripts/build.mjs', import.meta.url).pathname;
  return spawnSync(process.execPath, [script, '--check']).status === 0;
}

export async function prepare(): Promise<void> {
  if (isBuilt()) process.env.CR_TEST_BUILT = '1';
  const version = schemaVersion();
  process.env.CR_TEST_RUN = String(process.pid);
  process.env.CR_TEST_PGLITE_DUMP = await preparePglite(version);
  process.env.CR_TEST_PGLITE_DIRECTORY = await prepareDirectory(version, process.env.CR_TEST_PGLITE_DUMP);
  const url = process.env.TEST_DATABASE_URL;
  if (url) process.env.CR_TEST_POSTGRES_TEMPLATE = await preparePostgres(url, version);
}
