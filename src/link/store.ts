import type { Queryable, Tx } from '../db/db.js';

export type LinkOrigin = 'smtp' | 'sendgrid' | 'api' | 'import' | 'static';

export type Link = Readonly<{
  code: string;
  companyId: string;
  kind: 'candidate' | 'static';
  origin: LinkOrigin;
  recipient: string | null;
  job: string | null;
  stage: string | null;
  source: string | null;
  externalId: string | null;
  createdAt: Date;
  revokedAt: Date | null;
}>;

const COLUMNS = `code, company_id AS "companyId", kind, origin, recipient, job, stage, source,
  external_id AS "externalId", created_at AS "createdAt", revoked_at AS "revokedAt"`;

/** One static link a company, made with it. */
export async function insertStaticLink(
  tx: Tx,
  link: Readonly<{ code: string; companyId: string; createdAt: Date }>,
): Promise<void> {
  await tx.query(
    `INSERT INTO links (code, company_id, kind, origin, created_at) VALUES ($1, $2, 'static', 'static', $3)`,
    [link.code, link.companyId, link.createdAt],
  );
}

export async function findLink(db: Queryable, code: string): Promise<Link | undefined> {
  const [row] = await db.query<Link>(`SELECT ${COLUMNS} FROM links WHERE code = $1`, [code]);
  return row;
}

/** The code of a company's static link, by the company's slug. */
export async function findStaticCode(db: Queryable, slug: string): Promise<string | undefined> {
  const [row] = await db.query<{ code: string }>(
    `SELECT l.code FROM links l JOIN companies c ON c.id = l.company_id WHERE c.slug = $1 AND l.kind = 'static'`,
    [slug],
  );
  return row?.code;
}

/**
 * Takes a candidate's link back; its clicks stay, and a second time changes nothing. A static link stays for good.
 * @param companyId whose link it must be; null: anybody's
 * @returns whose it is and whether it was in force until now; undefined when there is no such link
 */
export async function revokeLink(
  db: Queryable,
  code: string,
  companyId: string | null,
  at: Date,
): Promise<{ companyId: string; isNew: boolean } | undefined> {
  const [row] = await db.query<{ companyId: string; isNew: boolean }>(
    `UPDATE links l SET revoked_at = coalesce(l.revoked_at, $3)
     FROM (SELECT code, revoked_at IS NULL AS "isNew" FROM links WHERE code = $1 FOR UPDATE) AS before
     WHERE l.code = before.code AND l.kind = 'candidate' AND ($2::uuid IS NULL OR l.company_id = $2)
     RETURNING l.company_id AS "companyId", before."isNew"`,
    [code, companyId, at],
  );
  return row;
}
