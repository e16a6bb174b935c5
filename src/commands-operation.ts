import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import pino from 'pino';
import { Registry } from 'prom-client';
import { openDatabase } from './app.js';
import { exportArchive } from './archive/export.js';
import { importArchive } from './archive/import.js';
import type { Manifest } from './archive/manifest.js';
import { openStanding } from './commands.js';
import { type Config, ConfigError, parseConfig } from './config.js';
import type { Db } from './db/db.js';
import { migrate } from './db/migrate.js';
import { examine, type Finding, report } from './doctor/doctor.js';
import { AppError } from './errors.js';
import { createEvents } from './events.js';
import { createJobQueue } from './jobs/queue.js';

/** The secret that stands, without making one. */
function standingSecret({ secretKey, dataDir }: Config): string | undefined {
  const path = join(dataDir, 'secret.key');
  return secretKey ?? (existsSync(path) ? readFileSync(path, 'utf8').trim() : undefined);
}

function spooledFiles({ dataDir }: Config): number {
  const spool = join(dataDir, 'spool');
  if (!existsSync(spool)) return 0;
  const names = readdirSync(spool, { recursive: true, encoding: 'utf8' });
  return names.filter((name) => name.endsWith('.jsonl')).length;
}

function printTables({ tables, ledgers }: Manifest): void {
  for (const { table, count } of tables) console.log(`${table.padEnd(24)} ${String(count).padStart(10)}`);
  const verdict = ledgers.intact ? 'all intact' : 'NOT intact: see `career-relay ledger verify`';
  console.log(`ledgers: ${ledgers.companies}, entries that hold: ${ledgers.entries}; ${verdict}`);
}

/** `career-relay export DIRECTORY` */
export async function exportTo(config: Config, directory: string): Promise<void> {
  const secret = standingSecret(config);
  if (!secret) throw new AppError('invalid_input', 'SECRET_KEY is not set, and DATA_DIR has none');
  const db = await openStanding(config, 'it cannot export while it serves');
  try {
    const manifest = await exportArchive(db, directory, secret, new Date());
    printTables(manifest);
    console.log(`exported to ${directory}; it holds personal data, and not SECRET_KEY: keep both, apart`);
    const spooled = spooledFiles(config);
    if (spooled > 0)
      console.log(
        `${spooled} file(s) of clicks wait in DATA_DIR/spool: keep DATA_DIR, or start once before the export`,
      );
    process.exitCode = manifest.ledgers.intact ? 0 : 1;
  } finally {
    await db.close();
  }
}

/** The queue's own tables, which no migration makes. */
async function prepareQueue(db: Db): Promise<void> {
  const events = createEvents(pino({ level: 'silent' }), new Registry());
  const queue = createJobQueue(db, events, () => ({}) as never);
  await queue.start({ work: false });
  await queue.stop();
}

/** `career-relay import DIRECTORY` */
export async function importFrom(config: Config, directory: string): Promise<void> {
  const db = await openDatabase(config);
  try {
    await migrate(db);
    await prepareQueue(db);
    printTables(await importArchive(db, directory, standingSecret(config)));
    console.log('imported, and compared row by row');
  } finally {
    await db.close();
  }
}

function configFindings(error: unknown): Finding[] {
  if (!(error instanceof ConfigError)) throw error;
  return error.faults.map((found) => ({
    check: 'configuration',
    status: 'fail',
    found,
    todo: 'see README, Settings',
  }));
}

/** `career-relay doctor`; exit code 1 when something fails. */
export async function seeDoctor(env: NodeJS.ProcessEnv, options: { json?: boolean }): Promise<void> {
  let findings: Finding[];
  try {
    findings = await examine(parseConfig(env));
  } catch (error) {
    findings = configFindings(error);
  }
  console.log(options.json ? JSON.stringify(findings, null, 2) : report(findings));
  process.exitCode = findings.some(({ status }) => status === 'fail') ? 1 : 0;
}
