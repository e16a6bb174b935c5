import { once } from 'node:events';
import { createWriteStream, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { verifyLedger } from '../credit/verify.js';
import type { Db, Tx } from '../db/db.js';
import { migrationState } from '../db/migrate.js';
import { AppError } from '../errors.js';
import { createDigest } from './digest.js';
import { type Manifest, secretMark, type TableCount, writeManifest } from './manifest.js';
import { fixFormats, JOBS, jobsVersion, readRows, tablesInOrder } from './store.js';

/** An archive holds addresses and names: only its owner may read it. */
function makeDirectory(directory: string): void {
  if (existsSync(directory) && readdirSync(directory).length > 0) {
    throw new AppError('conflict', `${directory} is not empty; name a directory that is not there yet`);
  }
  mkdirSync(directory, { recursive: true, mode: 0o700 });
}

export function fileOf(directory: string, table: string): string {
  return join(directory, `${table}.jsonl.gz`);
}

async function exportTable(tx: Tx, directory: string, table: string): Promise<TableCount> {
  const file = createWriteStream(fileOf(directory, table), { flags: 'wx', mode: 0o600, flush: true });
  const packed = createGzip({ level: 6 });
  packed.pipe(file);
  const digest = createDigest();
  for await (const rows of readRows(tx, table)) {
    for (const row of rows) digest.add(row);
    if (!packed.write(`${rows.join('\n')}\n`)) await once(packed, 'drain');
  }
  packed.end();
  await finished(file);
  return { table, ...digest.result() };
}

/**
 * Writes everything that the database holds, as it was at one moment, to files of JSON lines: the way from the embedded
 * database to PostgreSQL, and back. Disturbs nobody who works on the database meanwhile.
 * @param directory made now, or empty
 * @throws AppError `conflict` when it is not empty, or when migrations are missing
 */
export async function exportArchive(
  db: Db,
  directory: string,
  secretKey: string,
  now: Date,
): Promise<Manifest> {
  makeDirectory(directory);
  const whole = await db.transaction(async (tx) => {
    await tx.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY');
    await fixFormats(tx);
    const { applied, pending, unknown } = await migrationState(tx);
    if (pending.length > 0 || unknown.length > 0) {
      throw new AppError('conflict', 'the schema is another version’s; run `career-relay migrate` first');
    }
    const version = await jobsVersion(tx);
    const tables: TableCount[] = [];
    for (const table of [...(await tablesInOrder(tx)), ...(version === null ? [] : [JOBS])]) {
      tables.push(await exportTable(tx, directory, table));
    }
    const { companies, entries, intact } = await verifyLedger(tx);
    const ledgers = { companies, entries, intact };
    const secret = secretMark(secretKey);
    const exportedAt = now.toISOString();
    return {
      format: 1,
      exportedAt,
      from: db.engine,
      migrations: applied,
      jobsVersion: version,
      secret,
      tables,
      ledgers,
    } as const;
  });
  writeManifest(directory, whole);
  return whole;
}
