import type { Queryable } from '../db/db.js';
import type { Link } from '../link/store.js';

/** A candidate's link as its company sees it. No address, and nothing of what the candidate did with it. */
export type ListedLink = Pick<
  Link,
  'code' | 'origin' | 'job' | 'stage' | 'source' | 'externalId' | 'createdAt' | 'revokedAt'
>;

/** A place in the list of links: everything after it is older. */
export type LinkCursor = Readonly<{ createdAt: Date; code: string }>;

export type LinkFilter = Readonly<{
  /** The beginning of a code, or somewhere in job, stage, source or the company's own id of the candidate. */
  text?: string;
  state?: 'live' | 'revoked';
}>;

/** A company's candidate links, newest first. */
export async function listLinks(
  db: Queryable,
  companyId: string,
  { text, state }: LinkFilter,
  page: Readonly<{ after?: LinkCursor; limit: number }>,
): Promise<ListedLink[]> {
  const pattern = text?.replace(/[\\%_]/g, '\\$&');
  return db.query<ListedLink>(
    `SELECT code, origin, job, stage, source, external_id AS "externalId", created_at AS "createdAt",
       revoked_at AS "revokedAt"
     FROM links
     WHERE company_id = $1 AND kind = 'candidate'
       AND ($2::text IS NULL OR code LIKE $2 || '%' OR job ILIKE $3 OR stage ILIKE $3 OR source ILIKE $3
            OR external_id ILIKE $3)
       AND ($4::text IS NULL OR (revoked_at IS NOT NULL) = ($4 = 'revoked'))
       AND ($5::timestamptz IS NULL OR (created_at, code) < ($5, $6))
     ORDER BY created_at DESC, code DESC LIMIT $7`,
    [
      companyId,
      pattern ?? null,
      pattern === undefined ? null : `%${pattern}%`,
      state ?? null,
      page.after?.createdAt ?? null,
      page.after?.code ?? null,
      page.limit,
    ],
  );
}
