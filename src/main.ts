#!/usr/bin/env node
import { Command } from 'commander';
import { buildApp, openDatabase } from './app.js';
import { ConfigError, parseConfig } from './config.js';
import { verifyLedger } from './credit/verify.js';
import { AppError } from './errors.js';

/** sysexits.h: the configuration is at fault. */
const EX_CONFIG = 78;

async function start(): Promise<void> {
  const config = parseConfig(process.env);
  const app = await buildApp(config);
  const { http } = await app.start();
  if (app.newOperatorKey) {
    console.log(`Operator key (shown once, keep it): ${app.newOperatorKey}`);
  }
  if (http !== undefined) console.log(`Dashboard: ${config.baseUrl}/dashboard`);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => void app.close().then(() => process.exit(0)));
  }
}

async function migrateOnly(): Promise<void> {
  const app = await buildApp(parseConfig(process.env));
  await app.jobs.start({ work: false });
  await app.close();
}

/** Prints what holds and what does not; exit code 1 when something does not. Changes nothing. */
async function verifyLedgers(options: { company?: string }): Promise<void> {
  const config = parseConfig(process.env);
  const db = await openDatabase(config).catch((error: unknown) => {
    if (!(error instanceof AppError && error.code === 'conflict')) throw error;
    const route = `${config.baseUrl}/v1/companies/${options.company ?? '{id}'}/ledger/verify`;
    throw new AppError('conflict', `${error.message}; or ask the running server: GET ${route}`);
  });
  try {
    const { companies, entries, breaks } = await verifyLedger(db, { companyId: options.company });
    for (const { companyId, sequence, wrong, detail } of breaks) {
      console.error(`company ${companyId}, entry ${sequence}: ${wrong} (${detail})`);
    }
    const verdict = breaks.length === 0 ? 'intact' : `${breaks.length} of them broken`;
    console.log(`${companies} ledgers with ${entries} entries that hold: ${verdict}`);
    process.exitCode = breaks.length === 0 ? 0 : 1;
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
  .command('ledger')
  .description('look after the credit ledger')
  .command('verify')
  .description('recompute every balance and the hash chain; exit code 1 names what does not hold')
  .option('--company <id>', 'only the ledger of this company')
  .action(verifyLedgers);
program.parseAsync().catch(fail);
