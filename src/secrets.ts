import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { insertCredential } from './company/credentials.js';
import type { Config } from './config.js';
import type { Db, Queryable, Tx } from './db/db.js';
import { digest, type Keys, LASTING, type SecretPurpose } from './keys.js';

/** SECRET_KEY, or the one generated at the first start and kept in DATA_DIR, readable by its owner alone. */
export function loadSecret(config: Config, randomBytes: (count: number) => Buffer): string {
  if (config.secretKey) return config.secretKey;
  const path = join(config.dataDir, 'secret.key');
  if (existsSync(path)) return readFileSync(path, 'utf8').trim();
  mkdirSync(config.dataDir, { recursive: true });
  const secret = randomBytes(32).toString('base64url');
  writeFileSync(path, `${secret}\n`, { mode: 0o600 });
  return secret;
}

/**
 * Without OPERATOR_KEY, makes an operator's key at the first start of a database.
 * @returns the key to print, once; undefined when there is one already
 */
export async function ensureOperatorKey(
  config: Config,
  db: Db,
  make: Readonly<{ clock: () => Date; newId: () => string; randomBytes: (count: number) => Buffer }>,
): Promise<string | undefined> {
  if (config.operatorKey) return undefined;
  const key = `cr_op_${make.randomBytes(32).toString('base64url')}`;
  return db.transaction(async (tx) => {
    await tx.query("SELECT pg_advisory_xact_lock(hashtextextended('operator-key', 0))");
    const present = await tx.query("SELECT 1 FROM credentials WHERE 'operator' = ANY (scopes) LIMIT 1");
    if (present.length > 0) return undefined;
    const wanted = { companyId: null, kind: 'api', scopes: ['operator'], label: 'bootstrap' } as const;
    await insertCredential(tx, make.newId(), wanted, null, digest(key).toString('hex'), make.clock());
    return key;
  });
}

type Make = Readonly<{ clock: () => Date; randomBytes: (count: number) => Buffer }>;

/** A column of secrets, and the column whose value each is bound to. */
type SealedColumn = Readonly<{ table: string; owner: string; column: string }>;

/** Where everything stands that is encrypted under SECRET_KEY: whoever adds a purpose says it here. */
const SEALED: Readonly<Record<SecretPurpose, SealedColumn>> = {
  'dkim-key': { table: 'dkim_keys', owner: 'id', column: 'private_key' },
  'signing-secret': { table: 'signing_secrets', owner: 'id', column: 'sealed' },
  'sendgrid-key': { table: 'sendgrid_accounts', owner: 'company_id', column: 'api_key' },
  review: { table: 'reviews', owner: 'message_id', column: 'excerpt' },
  totp: { table: 'totp', owner: 'member_id', column: 'sealed' },
  'block-draft': { table: 'block_drafts', owner: 'member_id', column: 'draft' },
  'kept-key': { table: 'kept_keys', owner: 'purpose', column: 'sealed' },
};

const BATCH = 500;
const NONCE_BYTES = 12;

/**
 * Takes the keys of lasting hashes from where they are kept; with SECRET_KEY_PREVIOUS keeps them first, so that they
 * outlast the key that they came from.
 */
export async function adoptKeptKeys(
  config: Pick<Config, 'previousSecretKeys'>,
  db: Db,
  keys: Keys,
  make: Make,
): Promise<void> {
  if (config.previousSecretKeys.length > 0) {
    for (const purpose of LASTING) {
      const sealed = keys.encrypt(
        'kept-key',
        purpose,
        keys.lastingKey(purpose),
        make.randomBytes(NONCE_BYTES),
      );
      await db.query(
        'INSERT INTO kept_keys (purpose, sealed, created_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING',
        [purpose, sealed, make.clock()],
      );
    }
  }
  const kept = await db.query<{ purpose: string; sealed: Buffer }>('SELECT purpose, sealed FROM kept_keys');
  for (const purpose of LASTING) {
    const found = kept.find((row) => row.purpose === purpose);
    if (found) keys.keepKey(purpose, keys.decrypt('kept-key', purpose, found.sealed));
  }
}

async function sealedAfter(db: Queryable, { table, owner, column }: SealedColumn, after: string | undefined) {
  return db.query<{ owner: string; sealed: Buffer }>(
    `SELECT ${owner}::text AS owner, ${column} AS sealed FROM ${table}
     WHERE ${column} IS NOT NULL AND ($1::text IS NULL OR ${owner}::text > $1) ORDER BY ${owner}::text LIMIT ${BATCH}`,
    [after ?? null],
  );
}

async function reseal(tx: Tx, { table, owner, column }: SealedColumn, row: Sealed, sealed: Buffer) {
  // Only what was read: who changed it meanwhile has encrypted it anew.
  await tx.query(`UPDATE ${table} SET ${column} = $3 WHERE ${owner}::text = $1 AND ${column} = $2`, [
    row.owner,
    row.sealed,
    sealed,
  ]);
}

type Sealed = Readonly<{ owner: string; sealed: Buffer }>;

/** How many secrets of a kind there are, how many of them were encrypted anew, and how many open under no key. */
export type Rotated = Readonly<{ purpose: SecretPurpose; found: number; rotated: number; lost: number }>;

async function rotateColumn(db: Db, keys: Keys, make: Make, purpose: SecretPurpose): Promise<Rotated> {
  const column = SEALED[purpose];
  const counts = { purpose, found: 0, rotated: 0, lost: 0 };
  for (let after: string | undefined; ; ) {
    const rows = await sealedAfter(db, column, after);
    await db.transaction(async (tx) => {
      for (const row of rows) {
        counts.found += 1;
        if (keys.isCurrent(purpose, row.owner, row.sealed)) continue;
        const plain = opened(keys, purpose, row);
        if (!plain) counts.lost += 1;
        else {
          await reseal(
            tx,
            column,
            row,
            keys.encrypt(purpose, row.owner, plain, make.randomBytes(NONCE_BYTES)),
          );
          counts.rotated += 1;
        }
      }
    });
    if (rows.length < BATCH) return counts;
    after = rows.at(-1)!.owner;
  }
}

/** @returns undefined where it opens under no key that is given */
function opened(keys: Keys, purpose: SecretPurpose, { owner, sealed }: Sealed): Buffer | undefined {
  try {
    return keys.decrypt(purpose, owner, sealed);
  } catch {
    return undefined;
  }
}

/**
 * Encrypts every secret in the database under SECRET_KEY that still stands under one before it. May be run again, and
 * beside running processes that know both.
 */
export async function rotateSecrets(
  config: Pick<Config, 'previousSecretKeys'>,
  db: Db,
  keys: Keys,
  make: Make,
): Promise<Rotated[]> {
  await adoptKeptKeys(config, db, keys, make);
  const rotated: Rotated[] = [];
  for (const purpose of Object.keys(SEALED) as SecretPurpose[]) {
    rotated.push(await rotateColumn(db, keys, make, purpose));
  }
  return rotated;
}
