#!/usr/bin/env node
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { buildApp, openDatabase } from './app.js';
import { reclassify } from './click/hindsight.js';
import { type Config, ConfigError, parseConfig } from './config.js';
import { verifyLedger } from './credit/verify.js';
import type { Db } from './db/db.js';
import { AppError } from './errors.js';
import { type AmbiguousDelivery, type DeliveryCursor, listAmbiguous } from './relay/deliveries.js';

/** sysexits.h: the configuration is at fault. */
const EX_CONFIG = 78;
/** sysexits.h: not now; the embedded database is another process's. */
const EX_TEMPFAIL = 75;

async function start(): Promise<void> {
  const config = parseConfig(process.env);
  const app = await buildApp(config);
  app.ready.then(({ newOperatorKey }) => {
    if (newOperatorKey) console.log(`Operator key (shown once, keep it): ${newOperatorKey}`);
  }, fail);
  const { http } = await app.start();
  if (http !== undefined) console.log(`Dashboard: ${config.baseUrl}/dashboard`);
  process.on('SIGHUP', () => app.reload());
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => void app.close().then(() => process.exit(0)));
  }
}

async function migrateOnly(): Promise<void> {
  const app = await buildApp(parseConfig(process.env));
  await app.ready;
  await app.jobs.start({ work: false });
  await app.close();
}

/** Opens the database that stands, to read it: unlike `buildApp` it makes and migrates nothing. */
async function openStanding(config: Config, askInstead: string): Promise<Db> {
  if (!config.databaseUrl && !existsSync(join(config.dataDir, 'pgdata'))) {
    throw new AppError(
      'not_found',
      `there is no database in ${config.dataDir}; set DATA_DIR or DATABASE_URL`,
    );
  }
  return openDatabase(config).catch((error: unknown) => {
    if (!(error instanceof AppError && error.code === 'conflict')) throw error;
    console.error(`${error.message}; or ask the running server: ${askInstead}`);
    process.exit(EX_TEMPFAIL);
  });
}

/** Prints what holds and what does not; exit code 1 when something does not. Changes nothing. */
async function verifyLedgers(options: { company?: string }): Promise<void> {
  const config = parseConfig(process.env);
  const route = `/v1/companies/${options.company ?? '{id}'}/ledger/verify`;
  const db = await openStanding(config, `GET ${config.baseUrl}${route}`);
  try {
    const { companies, entries, breaks } = await verifyLedger(db, { companyId: options.company });
    for (const { companyId, sequence, wrong, detail } of breaks) {
      console.error(`company ${companyId}, entry ${sequence}: ${wrong} (${detail})`);
    }
    if (options.company && companies === 0) {
      throw new AppError('not_found', `there is no ledger of a company ${options.company}`);
    }
    const verdict = breaks.length === 0 ? 'all intact' : `${breaks.length} broken`;
    console.log(`ledgers: ${companies}, entries that hold: ${entries}; ${verdict}`);
    process.exitCode = breaks.length === 0 ? 0 : 1;
  } finally {
    await db.close();
  }
}

/** Prints mails of which it is not known whether they were delivered; addresses only where one company is asked for. */
async function showAmbiguous(options: { since?: string; company?: string }): Promise<void> {
  const config = parseConfig(process.env);
  const since = options.since ? new Date(options.since) : new Date(Date.now() - 30 * 86_400_000);
  if (Number.isNaN(since.getTime()))
    throw new AppError('invalid_input', `--since: ${options.since} is no time`);
  const route = options.company ? `companies/${options.company}/deliveries` : 'deliveries';
  const db = await openStanding(config, `GET ${config.baseUrl}/v1/${route}/ambiguous`);
  try {
    let after: DeliveryCursor | undefined;
    for (;;) {
      const page = await listAmbiguous(db, { companyId: options.company, since, after, limit: 500 });
      for (const one of page) console.log(deliveryLine(one, options.company !== undefined));
      after = page.at(-1);
      if (page.length < 500) return;
    }
  } finally {
    await db.close();
  }
}

function deliveryLine(one: AmbiguousDelivery, withAddresses: boolean): string {
  const facts = [
    one.receivedAt.toISOString(),
    `company=${one.companyId}`,
    `message=${one.id}`,
    `upstream=${one.upstream ?? '-'}`,
    `size=${one.size}+${one.inserted}`,
  ];
  if (withAddresses) facts.push(`from=<${one.envelopeFrom}>`, ...one.recipients.map((to) => `to=<${to}>`));
  return facts.join(' ');
}

/** Judges clicks again by the present rules, from what is stored of them. */
async function reclassifyClicks(options: { since: string }): Promise<void> {
  const since = new Date(options.since);
  if (Number.isNaN(since.getTime()))
    throw new AppError('invalid_input', `--since: ${options.since} is no date`);
  const config = parseConfig(process.env);
  const db = await openStanding(config, 'it judges recent clicks by itself');
  try {
    console.log(`clicks with a new verdict: ${await reclassify(db, since)}`);
  } finally {
    await db.close();
  }
}

function fail(error: unknown): never {
  if (error instanceof ConfigError) {
    console.error(error.message);
    process.exit(EX_CONFIG);
  }
  console.error(error instanceof AppError ? error.message : error);
  process.exit(1);
}

const program = new Command('career-relay').description('Turns a rejection mail into an offer of help.');
program.command('start').description('start the roles in ROLES (default: all)').action(start);
program.command('migrate').description('bring the database schema up to date').action(migrateOnly);
program
  .command('reclassify')
  .description('judge clicks again by the present rules; counts follow')
  .requiredOption('--since <date>', 'from this moment on, such as 2026-11-01')
  .action(reclassifyClicks);
program
  .command('ledger')
  .description('look after the credit ledger')
  .command('verify')
  .description('recompute every balance and the hash chain; exit code 1 names what does not hold')
  .option('--company <id>', 'only the ledger of this company')
  .action(verifyLedgers);
program
  .command('deliveries')
  .description('look at what the mail hook did')
  .command('ambiguous')
  .description('list mails of which it is not known whether the next server took them, oldest first')
  .option('--since <time>', 'received at or after, as 2026-11-22T10:00:00+09:00 (default: 30 days ago)')
  .option('--company <id>', "only this company's, with envelope addresses")
  .action(showAmbiguous);
program.parseAsync().catch(fail);
