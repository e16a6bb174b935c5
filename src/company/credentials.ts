import { randomBytes, scrypt as scryptCallback } from 'node:crypto';
import type { Queryable } from '../db/db.js';
import type { Deps } from '../deps.js';
import { digest, sameBytes } from '../keys.js';
import type { Policy } from './store.js';

/** What an API key may do. `company` keys act for their company; `operator` and `agency` keys have no company. */
export type Scope = 'operator' | 'agency' | 'admin' | 'read' | 'links' | 'mail';

export type Credential = Readonly<{
  id: string;
  companyId: string | null;
  kind: 'smtp' | 'api';
  scopes: readonly Scope[];
  label: string | null;
  username: string | null;
  /** Overrules the company's; null: follows it. */
  policy: Policy | null;
  createdAt: Date;
  lastUsedAt: Date | null;
  revokedAt: Date | null;
}>;

const COLUMNS = `id, company_id AS "companyId", kind, scopes, label, username, policy, created_at AS "createdAt",
  last_used_at AS "lastUsedAt", revoked_at AS "revokedAt"`;

/** scrypt cost (RFC 7914): 16 MiB and some 30–60 ms a try. Kept in the stored text, so that it can be raised later. */
const COST = { N: 16_384, r: 8, p: 1 };
/** For names that do not exist: as long to try as a real one, and no password fits. */
const DECOY = `$scrypt$${COST.N}$${COST.r}$${COST.p}$${Buffer.alloc(16).toString('base64')}$${Buffer.alloc(32).toString('base64')}`;
const ALPHABET = 'abcdefghjkmnpqrstuvwxyz23456789';

function scrypt(password: string, salt: Buffer, cost: typeof COST): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scryptCallback(password, salt, 32, { ...cost, maxmem: 256 * cost.N * cost.r }, (error, key) =>
      error ? reject(error) : resolve(key),
    );
  });
}

/** `$scrypt$N$r$p$salt$hash`, salt and hash in base64. */
export async function hashPassword(password: string, salt: Buffer): Promise<string> {
  const hash = await scrypt(password, salt, COST);
  return `$scrypt$${COST.N}$${COST.r}$${COST.p}$${salt.toString('base64')}$${hash.toString('base64')}`;
}

export async function passwordMatches(password: string, stored: string): Promise<boolean> {
  const [, , N, r, p, salt = '', hash = ''] = stored.split('$');
  const actual = await scrypt(password, Buffer.from(salt, 'base64'), {
    N: Number(N),
    r: Number(r),
    p: Number(p),
  });
  return sameBytes(actual, Buffer.from(hash, 'base64'));
}

function readable(bytes: Buffer): string {
  return [...bytes].map((byte) => ALPHABET[byte % ALPHABET.length]).join('');
}

export type NewCredential = Readonly<{
  companyId: string | null;
  kind: 'smtp' | 'api';
  scopes: readonly Scope[];
  label?: string;
  policy?: Policy;
}>;

/** The secret is in here once and stored nowhere. */
export type IssuedCredential =
  | Readonly<{ kind: 'smtp'; id: string; username: string; password: string }>
  | Readonly<{ kind: 'api'; id: string; key: string }>;

/** Makes a credential and stores its hash. The caller shows the secret once. */
export async function issueCredential(
  deps: Pick<Deps, 'clock' | 'newId' | 'randomBytes'>,
  db: Queryable,
  wanted: NewCredential,
): Promise<IssuedCredential> {
  const id = deps.newId();
  if (wanted.kind === 'smtp') {
    const username = `relay-${readable(deps.randomBytes(10))}`;
    const password = readable(deps.randomBytes(24));
    await insertCredential(
      db,
      id,
      wanted,
      username,
      await hashPassword(password, deps.randomBytes(16)),
      deps.clock(),
    );
    return { kind: 'smtp', id, username, password };
  }
  const key = `cr_${deps.randomBytes(24).toString('base64url')}`;
  await insertCredential(db, id, wanted, null, digest(key).toString('hex'), deps.clock());
  return { kind: 'api', id, key };
}

/** @returns false when the same secret is stored already (the operator's bootstrap key at a second start) */
export async function insertCredential(
  db: Queryable,
  id: string,
  wanted: NewCredential,
  username: string | null,
  secretHash: string,
  createdAt: Date,
): Promise<boolean> {
  const rows = await db.query(
    `INSERT INTO credentials (id, company_id, kind, scopes, label, username, secret_hash, created_at, policy)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (secret_hash) DO NOTHING RETURNING id`,
    [
      id,
      wanted.companyId,
      wanted.kind,
      wanted.scopes,
      wanted.label ?? null,
      username,
      secretHash,
      createdAt,
      wanted.policy ?? null,
    ],
  );
  return rows.length > 0;
}

/** The live credential that an API key belongs to. */
export async function findApiCredential(db: Queryable, key: string): Promise<Credential | undefined> {
  const [row] = await db.query<Credential>(
    `SELECT ${COLUMNS} FROM credentials WHERE secret_hash = $1 AND kind = 'api' AND revoked_at IS NULL`,
    [digest(key).toString('hex')],
  );
  return row;
}

/** The live SMTP credential of a user name, with the hash of its password. */
export async function findSmtpCredential(
  db: Queryable,
  username: string,
): Promise<(Credential & { secretHash: string }) | undefined> {
  const [row] = await db.query<Credential & { secretHash: string }>(
    `SELECT ${COLUMNS}, secret_hash AS "secretHash" FROM credentials
     WHERE username = $1 AND kind = 'smtp' AND revoked_at IS NULL`,
    [username],
  );
  return row;
}

export async function listCredentials(db: Queryable, companyId: string): Promise<Credential[]> {
  return db.query<Credential>(
    `SELECT ${COLUMNS} FROM credentials WHERE company_id = $1 ORDER BY created_at`,
    [companyId],
  );
}

/** @param policy null: it follows the company's again. @returns the credential as it is now; undefined when none is live */
export async function setCredentialPolicy(
  db: Queryable,
  companyId: string,
  id: string,
  policy: Policy | null,
): Promise<Credential | undefined> {
  const [row] = await db.query<Credential>(
    `UPDATE credentials SET policy = $3 WHERE id = $2 AND company_id = $1 AND revoked_at IS NULL RETURNING ${COLUMNS}`,
    [companyId, id, policy],
  );
  return row;
}

export async function revokeCredential(
  db: Queryable,
  companyId: string,
  id: string,
  at: Date,
): Promise<boolean> {
  const rows = await db.query(
    'UPDATE credentials SET revoked_at = $3 WHERE id = $2 AND company_id = $1 AND revoked_at IS NULL RETURNING id',
    [companyId, id, at],
  );
  return rows.length > 0;
}

const REMEMBERED = 1_000;

/**
 * Checks SMTP user names and passwords. scrypt is slow on purpose, and a mail server signs in again for each
 * connection: a pair that was right is remembered in memory by a hash under a key of this process alone, beside the
 * stored hash it was checked against, so that a revoked or changed credential is refused at once.
 * @returns the credential, or undefined for an unknown name, a wrong password or a revoked credential (in equal time)
 */
export function createPasswordCheck(db: Queryable) {
  const key = randomBytes(32);
  const remembered = new Map<string, Buffer>();
  return async (username: string, password: string): Promise<Credential | undefined> => {
    const found = await findSmtpCredential(db, username);
    if (!found) {
      await passwordMatches(password, DECOY);
      return undefined;
    }
    const { secretHash, ...credential } = found;
    const proof = digest(Buffer.concat([key, Buffer.from(`${secretHash}\0${password}`)]));
    const known = remembered.get(credential.id);
    if (known && sameBytes(known, proof)) return credential;
    if (!(await passwordMatches(password, secretHash))) return undefined;
    if (remembered.size >= REMEMBERED) remembered.clear();
    remembered.set(credential.id, proof);
    return credential;
  };
}
