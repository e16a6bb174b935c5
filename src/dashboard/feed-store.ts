import type { Queryable, Tx } from '../db/db.js';
import type { Deps } from '../deps.js';
import { digest } from '../keys.js';

/** An address that spreadsheets read counts from. The secret in it is not here. */
export type Feed = Readonly<{
  id: string;
  companyId: string;
  label: string;
  /** The last characters of the secret. */
  hint: string;
  createdAt: Date;
  rotatedAt: Date | null;
  lastReadAt: Date | null;
}>;

const COLUMNS = `id, company_id AS "companyId", label, hint, created_at AS "createdAt", rotated_at AS "rotatedAt",
  last_read_at AS "lastReadAt"`;
const HINT = 4;

function freshToken(deps: Pick<Deps, 'randomBytes'>): { token: string; hash: Buffer; hint: string } {
  const token = `crf_${deps.randomBytes(32).toString('base64url')}`;
  return { token, hash: digest(token), hint: token.slice(-HINT) };
}

/** The live feeds of a company, oldest first. */
export async function listFeeds(db: Queryable, companyId: string): Promise<Feed[]> {
  return db.query<Feed>(
    `SELECT ${COLUMNS} FROM feeds WHERE company_id = $1 AND revoked_at IS NULL ORDER BY created_at, id`,
    [companyId],
  );
}

/** Makes a feed. @returns its secret, to be shown once, and its id */
export async function createFeed(
  deps: Pick<Deps, 'clock' | 'newId' | 'randomBytes'>,
  tx: Tx,
  { companyId, label }: Pick<Feed, 'companyId' | 'label'>,
): Promise<{ id: string; token: string }> {
  const { token, hash, hint } = freshToken(deps);
  const id = deps.newId();
  await tx.query(
    `INSERT INTO feeds (id, company_id, label, token_hash, hint, created_at) VALUES ($1, $2, $3, $4, $5, $6)`,
    [id, companyId, label, hash, hint, deps.clock()],
  );
  return { id, token };
}

/** Gives a live feed another secret; the one before opens nothing any more. @returns undefined when there is no such feed */
export async function rotateFeed(
  deps: Pick<Deps, 'clock' | 'randomBytes'>,
  tx: Tx,
  companyId: string,
  id: string,
): Promise<string | undefined> {
  const { token, hash, hint } = freshToken(deps);
  const rows = await tx.query(
    `UPDATE feeds SET token_hash = $3, hint = $4, rotated_at = $5
     WHERE id = $2 AND company_id = $1 AND revoked_at IS NULL RETURNING id`,
    [companyId, id, hash, hint, deps.clock()],
  );
  return rows.length > 0 ? token : undefined;
}

export async function revokeFeed(tx: Tx, companyId: string, id: string, at: Date): Promise<boolean> {
  const rows = await tx.query(
    'UPDATE feeds SET revoked_at = $3 WHERE id = $2 AND company_id = $1 AND revoked_at IS NULL RETURNING id',
    [companyId, id, at],
  );
  return rows.length > 0;
}

/** The live feed that a secret opens. */
export async function findFeed(db: Queryable, token: string): Promise<Feed | undefined> {
  const [row] = await db.query<Feed>(
    `SELECT ${COLUMNS} FROM feeds WHERE token_hash = $1 AND revoked_at IS NULL`,
    [digest(token)],
  );
  return row;
}

/** Notes that a feed was read. */
export async function noteRead(db: Queryable, id: string, at: Date): Promise<void> {
  await db.query('UPDATE feeds SET last_read_at = $2 WHERE id = $1', [id, at]);
}
