#!/usr/bin/env node
import { Command } from 'commander';
import { buildApp } from './app.js';
import { ConfigError, parseConfig } from './config.js';
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
program.parseAsync().catch(fail);
