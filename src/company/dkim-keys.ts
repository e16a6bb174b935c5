import { createPrivateKey, type KeyObject } from 'node:crypto';
import type { Queryable, Tx } from '../db/db.js';
import type { Deps } from '../deps.js';
import { AppError } from '../errors.js';
import type { DkimAlgorithm, KeyMaterial } from './dkim-material.js';

/** A deposited key as anybody may see it. */
export type DkimKey = Readonly<{
  id: string;
  companyId: string;
  /** d= and s=, lower case. */
  domain: string;
  selector: string;
  algorithm: DkimAlgorithm;
  /** p= of the DNS record. */
  publicKey: string;
  createdAt: Date;
  revokedAt: Date | null;
}>;

/** A live key with its private half, still encrypted; `openKey` opens it. */
export type SealedKey = DkimKey & Readonly<{ privateKey: Buffer }>;

const COLUMNS = `id, company_id AS "companyId", domain, selector, algorithm, public_key AS "publicKey",
  created_at AS "createdAt", revoked_at AS "revokedAt"`;

/**
 * Keeps a key, its private half encrypted and bound to the row.
 * @throws AppError `conflict` when the company has a live key of that domain and selector
 */
export async function depositKey(
  deps: Pick<Deps, 'clock' | 'newId' | 'randomBytes' | 'keys'>,
  tx: Tx,
  wanted: Pick<DkimKey, 'companyId' | 'domain' | 'selector'>,
  { algorithm, publicKey, privateKey }: KeyMaterial,
): Promise<DkimKey> {
  const { companyId, domain, selector } = wanted;
  const [id, createdAt] = [deps.newId(), deps.clock()];
  const key: DkimKey = { id, companyId, domain, selector, algorithm, publicKey, createdAt, revokedAt: null };
  const sealed = deps.keys.encrypt('dkim-key', id, privateKey, deps.randomBytes(12));
  if (!(await insertKey(tx, { ...key, privateKey: sealed }))) {
    throw new AppError('conflict', `there is a live key ${selector} for ${domain} already`);
  }
  return key;
}

/** The private half of a key. @throws Error when SECRET_KEY is not the one it was kept under, or the row is damaged */
export function openKey({ keys }: Pick<Deps, 'keys'>, key: SealedKey): KeyObject {
  const der = keys.decrypt('dkim-key', key.id, key.privateKey);
  return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
}

/** @returns false when there is a live one of that name */
async function insertKey(tx: Tx, key: SealedKey): Promise<boolean> {
  const rows = await tx.query(
    `INSERT INTO dkim_keys (id, company_id, domain, selector, algorithm, public_key, private_key, created_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING RETURNING id`,
    [
      key.id,
      key.companyId,
      key.domain,
      key.selector,
      key.algorithm,
      key.publicKey,
      key.privateKey,
      key.createdAt,
    ],
  );
  return rows.length > 0;
}

/** All keys of a company, revoked ones too, oldest first. */
export async function listKeys(db: Queryable, companyId: string): Promise<DkimKey[]> {
  return db.query<DkimKey>(`SELECT ${COLUMNS} FROM dkim_keys WHERE company_id = $1 ORDER BY created_at, id`, [
    companyId,
  ]);
}

/** The keys that the mails of these companies may be signed by, by company, oldest first. */
export async function findLiveKeys(
  db: Queryable,
  companyIds: readonly string[],
): Promise<Map<string, SealedKey[]>> {
  const rows = await db.query<SealedKey>(
    `SELECT ${COLUMNS}, private_key AS "privateKey" FROM dkim_keys
     WHERE company_id = ANY($1::uuid[]) AND revoked_at IS NULL ORDER BY created_at, id`,
    [companyIds],
    { name: 'live-dkim-keys' },
  );
  const keys = new Map<string, SealedKey[]>();
  for (const key of rows) keys.set(key.companyId, [...(keys.get(key.companyId) ?? []), key]);
  return keys;
}

/** Ends a key and forgets its private half. @returns false when there is no such live key */
export async function revokeKey(db: Queryable, companyId: string, id: string, at: Date): Promise<boolean> {
  const rows = await db.query(
    `UPDATE dkim_keys SET revoked_at = $3, private_key = NULL
     WHERE id = $2 AND company_id = $1 AND revoked_at IS NULL RETURNING id`,
    [companyId, id, at],
  );
  return rows.length > 0;
}
