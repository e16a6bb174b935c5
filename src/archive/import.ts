import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';
import { verifyLedger } from '../credit/verify.js';
import type { Db, Tx } from '../db/db.js';
import { migrationState } from '../db/migrate.js';
import { AppError } from '../errors.js';
import { createDigest } from './digest.js';
import { fileOf } from './export.js';
import { type Manifest, readManifest, secretMark, type TableCount } from './manifest.js';
import {
  fixFormats,
  freeJobs,
  isFresh,
  JOBS,
  jobsVersion,
  readRows,
  tablesInOrder,
  writeRows,
} from './store.js';

/** Rows of one statement. */
const PAGE = 500;

function refuse(message: string): never {
  throw new AppError('conflict', message);
}

async function* linesOf(path: string): AsyncGenerator<string[]> {
  const lines = createInterface({
    input: createReadStream(path).pipe(createGunzip()),
    crlfDelay: Number.POSITIVE_INFINITY,
  });
  let page: string[] = [];
  for await (const line of lines) {
    page.push(line);
    if (page.length < PAGE) continue;
    yield page;
    page = [];
  }
  if (page.length > 0) yield page;
}

async function importTable(tx: Tx, directory: string, { table, count, digest }: TableCount): Promise<void> {
  const read = createDigest();
  for await (const rows of linesOf(fileOf(directory, table))) {
    for (const row of rows) read.add(row);
    await writeRows(tx, table, rows);
  }
  const found = read.result();
  if (found.count !== count || found.digest !== digest) {
    refuse(
      `${table}: the file holds ${found.count} rows, and the archive was made with ${count} or with others`,
    );
  }
}

/** Reads what was written, and compares it with what was exported. */
async function compareTable(tx: Tx, { table, count, digest }: TableCount): Promise<void> {
  const stored = createDigest();
  for await (const rows of readRows(tx, table)) for (const row of rows) stored.add(row);
  const found = stored.result();
  if (found.count !== count || found.digest !== digest)
    refuse(`${table}: what was stored is not what was exported`);
}

async function checkTarget(tx: Tx, manifest: Manifest): Promise<void> {
  const { applied } = await migrationState(tx);
  if (applied.join() !== manifest.migrations.join()) {
    refuse('the archive is another version’s: import it with the version that exported it, then upgrade');
  }
  const tables = await tablesInOrder(tx);
  const version = await jobsVersion(tx);
  if (manifest.jobsVersion !== null && version !== manifest.jobsVersion) {
    refuse(
      `the queue of jobs has version ${version ?? 'none'} here and ${manifest.jobsVersion} in the archive`,
    );
  }
  for (const table of [...tables, ...(version === null ? [] : [JOBS])]) {
    if (!(await isFresh(tx, table)))
      refuse(`the database is not empty (${table}); import before the first start, into a fresh one`);
  }
  const missing = tables.filter((table) => !manifest.tables.some((one) => one.table === table));
  if (missing.length > 0) refuse(`the archive lacks ${missing.join(', ')}`);
}

async function checkLedgers(tx: Tx, { ledgers }: Manifest): Promise<void> {
  const { companies, entries, intact } = await verifyLedger(tx);
  if (companies !== ledgers.companies || entries !== ledgers.entries || intact !== ledgers.intact) {
    refuse(
      `ledgers: ${companies} with ${entries} entries that hold, and ${ledgers.companies} with ${ledgers.entries} were exported`,
    );
  }
}

/**
 * Brings an archive into an empty, migrated database, in one transaction: all of it, proved row by row and ledger by
 * ledger against the manifest, or nothing.
 * @param secretKey undefined where none is set here
 * @throws AppError `conflict` when the target is not empty, SECRET_KEY is another, or anything is not as it was exported
 */
export async function importArchive(
  db: Db,
  directory: string,
  secretKey: string | undefined,
): Promise<Manifest> {
  const manifest = readManifest(directory);
  if (secretKey === undefined || secretMark(secretKey) !== manifest.secret) {
    const what = secretKey === undefined ? 'is not set' : 'is another';
    refuse(
      `SECRET_KEY ${what}; set it to what it was where the archive comes from (or to the text of secret.key in that DATA_DIR)`,
    );
  }
  await db.transaction(async (tx) => {
    await fixFormats(tx);
    await checkTarget(tx, manifest);
    for (const table of manifest.tables) await importTable(tx, directory, table);
    for (const table of manifest.tables) await compareTable(tx, table);
    await checkLedgers(tx, manifest);
    if (manifest.jobsVersion !== null) await freeJobs(tx);
  });
  return manifest;
}
