import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { insertCredential } from './company/credentials.js';
import type { Config } from './config.js';
import type { Db } from './db/db.js';
import { digest } from './keys.js';

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
