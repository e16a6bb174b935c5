import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { openDatabase } from './app.js';
import { reclassify } from './click/hindsight.js';
import type { Config } from './config.js';
import { verifyLedger } from './credit/verify.js';
import type { Db } from './db/db.js';
import { AppError } from './errors.js';
import { createKeys } from './keys.js';
import { type AmbiguousDelivery, type DeliveryCursor, listAmbiguous } from './relay/deliveries.js';
import { rotateSecrets } from './secrets.js';

/** sysexits.h: not now; the embedded database is another process's. */
const EX_TEMPFAIL = 75;

/** Opens the database that stands, to read it: unlike `buildApp` it makes and migrates nothing. */
export async function openStanding(config: Config, askInstead: string): Promise<Db> {
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

/** `SEQUENCE:HASH` as a statement or a monthly summary names them. @throws AppError `invalid_input` */
function anchorOf(options: { company?: string; anchor?: string }) {
  if (options.anchor === undefined) return undefined;
  const found = /^(\d{1,15}):([0-9a-f]{64})$/i.exec(options.anchor);
  if (!found) throw new AppError('invalid_input', '--anchor: must be SEQUENCE:HASH');
  if (!options.company) throw new AppError('invalid_input', '--anchor: belongs to one --company');
  return { sequence: Number(found[1]), hash: found[2]! };
}

/** Prints what holds and what does not; exit code 1 when something does not. Changes nothing. */
export async function verifyLedgers(
  config: Config,
  options: { company?: string; anchor?: string },
): Promise<void> {
  const anchor = anchorOf(options);
  const route = `/v1/companies/${options.company ?? '{id}'}/ledger/verify`;
  const db = await openStanding(config, `GET ${config.baseUrl}${route}`);
  try {
    const { companies, entries, breaks } = await verifyLedger(db, { companyId: options.company, anchor });
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
export async function showAmbiguous(
  config: Config,
  options: { since?: string; company?: string },
): Promise<void> {
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
export async function reclassifyClicks(config: Config, options: { since: string }): Promise<void> {
  const since = new Date(options.since);
  if (Number.isNaN(since.getTime()))
    throw new AppError('invalid_input', `--since: ${options.since} is no date`);
  const db = await openStanding(config, 'it judges recent clicks by itself');
  try {
    console.log(`clicks with a new verdict: ${await reclassify(db, since)}`);
  } finally {
    await db.close();
  }
}

/** Encrypts every secret anew under SECRET_KEY; exit code 1 when one opens under no key that is given. */
export async function rotateAllSecrets(config: Config): Promise<void> {
  if (!config.secretKey || config.previousSecretKeys.length === 0) {
    throw new AppError(
      'invalid_input',
      'set SECRET_KEY to the new key and SECRET_KEY_PREVIOUS to the one before',
    );
  }
  const db = await openStanding(config, 'stop it first');
  try {
    const keys = createKeys(config.secretKey, config.previousSecretKeys);
    const rotated = await rotateSecrets(config, db, keys, { clock: () => new Date(), randomBytes });
    for (const { purpose, found, rotated: anew, lost } of rotated) {
      console.log(
        `${purpose}: ${found}, encrypted anew: ${anew}${lost > 0 ? `, open under no key: ${lost}` : ''}`,
      );
    }
    const lost = rotated.reduce((sum, one) => sum + one.lost, 0);
    if (lost === 0)
      console.log('SECRET_KEY_PREVIOUS is not needed any more once every process runs with SECRET_KEY');
    process.exitCode = lost === 0 ? 0 : 1;
  } finally {
    await db.close();
  }
}
