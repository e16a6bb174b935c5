#!/usr/bin/env node
import cluster from 'node:cluster';
import { Command } from 'commander';
import { type App, buildApp } from './app.js';
import { reclassifyClicks, rotateAllSecrets, showAmbiguous, verifyLedgers } from './commands.js';
import { exportTo, importFrom, seeDoctor } from './commands-operation.js';
import { type Config, ConfigError, parseConfig } from './config.js';
import { AppError } from './errors.js';
import { leadFleet } from './fleet-metrics.js';
import { forkedRoles, forkRoles, type RoleProcesses, RoleProcessFailed } from './fork.js';
import { STOP_LIMIT, type Stoppable, stopInTime } from './stop.js';
import { createStatusServer } from './web/status.js';

/** sysexits.h: the configuration is at fault. */
const EX_CONFIG = 78;

async function start(): Promise<void> {
  const config = parseConfig(process.env);
  const forked = forkedRoles(config);
  const forks = forked.length > 0 ? forkRoles(config) : undefined;
  let app: App | undefined;
  const gather = forks && leadFleet(() => app?.registry);
  process.on('SIGHUP', () => {
    forks?.reload();
    app?.reload();
  });
  let stopping: Promise<void> | undefined;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      stopping ??= stop([forks, app], config);
    });
  }
  await forks?.ready;
  if (forked.includes('web')) announce(config);
  const roles = config.roles.filter((role) => !forked.includes(role));
  app = roles.length > 0 ? await buildApp({ ...config, roles }, { metrics: gather }) : undefined;
  // Where every role runs in processes of its own, this one still tells how they are.
  if (!app && forks) await watchForks(config, forks, gather!);
  app?.ready.then(({ newOperatorKey }) => {
    if (newOperatorKey) console.log(`Operator key (shown once, keep it): ${newOperatorKey}`);
  }, fail);
  const ports = await app?.start();
  if (ports?.http !== undefined && cluster.isPrimary) announce(config);
}

async function watchForks(
  { operation }: Config,
  forks: RoleProcesses,
  metrics: () => Promise<string>,
): Promise<void> {
  if (operation.statusPort === undefined) return;
  await createStatusServer({ notReady: async () => forks.reasons(), metrics }).listen(operation.statusPort);
}

/** Exit code 1: it took too long, and is ended in the middle of what it does. */
async function stop(parts: readonly (Stoppable | undefined)[], { operation }: Config): Promise<void> {
  const running = parts.filter((part) => part !== undefined);
  const end = await stopInTime(running, operation.drainSeconds);
  if (end === 'late')
    console.error(`Stopping took longer than ${STOP_LIMIT / 1_000} s: what is left is cut off`);
  process.exit(end === 'late' ? 1 : 0);
}

function announce({ baseUrl }: Config): void {
  console.log(`Dashboard: ${baseUrl}/dashboard`);
}

async function migrateOnly(): Promise<void> {
  const app = await buildApp(parseConfig(process.env));
  await app.ready;
  await app.jobs.start({ work: false });
  await app.close();
}

function fail(error: unknown): never {
  if (error instanceof ConfigError) {
    console.error(error.message);
    process.exit(EX_CONFIG);
  }
  // Its own process has said why.
  if (error instanceof RoleProcessFailed) process.exit(error.exitCode);
  console.error(error instanceof AppError ? error.message : error);
  process.exit(1);
}

const program = new Command('career-relay').description('Turns a rejection mail into an offer of help.');
program.command('start').description('start the roles in ROLES (default: all)').action(start);
program.command('migrate').description('bring the database schema up to date').action(migrateOnly);
program
  .command('doctor')
  .description(
    'look at configuration, DNS, upstream, database, disk and clocks; exit code 1 when something fails',
  )
  .option('--json', 'the findings as JSON')
  .action((options) => seeDoctor(process.env, options));
program
  .command('export')
  .description('write everything that the database holds to a directory, with counts and hashes')
  .argument('<directory>', 'made now, or empty')
  .action((directory) => exportTo(parseConfig(process.env), directory));
program
  .command('import')
  .description('bring an export into an empty database, embedded or PostgreSQL, and compare it row by row')
  .argument('<directory>', 'what `export` wrote')
  .action((directory) => importFrom(parseConfig(process.env), directory));
program
  .command('reclassify')
  .description('judge clicks again by the present rules; counts follow')
  .requiredOption('--since <date>', 'from this moment on, such as 2026-11-01')
  .action((options) => reclassifyClicks(parseConfig(process.env), options));
program
  .command('ledger')
  .description('look after the credit ledger')
  .command('verify')
  .description('recompute every balance and the hash chain; exit code 1 names what does not hold')
  .option('--company <id>', 'only the ledger of this company')
  .option(
    '--anchor <sequence:hash>',
    'also compare with what a statement or a monthly summary says of its last entry',
  )
  .action((options) => verifyLedgers(parseConfig(process.env), options));
program
  .command('deliveries')
  .description('look at what the mail hook did')
  .command('ambiguous')
  .description('list mails of which it is not known whether the next server took them, oldest first')
  .option('--since <time>', 'received at or after, as 2026-11-22T10:00:00+09:00 (default: 30 days ago)')
  .option('--company <id>', "only this company's, with envelope addresses")
  .action((options) => showAmbiguous(parseConfig(process.env), options));
program
  .command('secrets')
  .description('look after what is encrypted in the database')
  .command('rotate')
  .description(
    'encrypt every secret anew under SECRET_KEY; SECRET_KEY_PREVIOUS opens what stands under another',
  )
  .action(() => rotateAllSecrets(parseConfig(process.env)));
program.parseAsync().catch(fail);
