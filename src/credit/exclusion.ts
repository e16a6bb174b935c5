import type { Queryable, Tx } from '../db/db.js';

/** Who does not count although registered. An address is kept as the keyed hash that people are compared by. */
export type Exclusion = Readonly<{
  id: string;
  /** null: for every company. */
  companyId: string | null;
  kind: 'domain' | 'address_hash';
  /** Lower case; its subdomains are meant as well. Null for an address. */
  domain: string | null;
  reason: string;
  actor: string;
  at: Date;
  removedAt: Date | null;
  removedBy: string | null;
}>;

const COLUMNS = `id, company_id AS "companyId", kind, domain, reason, actor, at, removed_at AS "removedAt",
  removed_by AS "removedBy"`;

export type NewExclusion = Pick<Exclusion, 'id' | 'companyId' | 'reason' | 'actor' | 'at'> &
  (Readonly<{ domain: string }> | Readonly<{ addressHash: Buffer }>);

/** @returns undefined when the same stands already */
export async function insertExclusion(tx: Tx, wanted: NewExclusion): Promise<Exclusion | undefined> {
  const [domain, hash] = 'domain' in wanted ? [wanted.domain, null] : [null, wanted.addressHash];
  const [row] = await tx.query<Exclusion>(
    `INSERT INTO program_exclusions (id, company_id, kind, domain, address_hash, reason, actor, at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING RETURNING ${COLUMNS}`,
    [
      wanted.id,
      wanted.companyId,
      hash ? 'address_hash' : 'domain',
      domain,
      hash,
      wanted.reason,
      wanted.actor,
      wanted.at,
    ],
  );
  return row;
}

/** @returns false when there is none that stands */
export async function removeExclusion(tx: Tx, id: string, actor: string, at: Date): Promise<boolean> {
  const rows = await tx.query(
    'UPDATE program_exclusions SET removed_at = $3, removed_by = $2 WHERE id = $1 AND removed_at IS NULL RETURNING id',
    [id, actor, at],
  );
  return rows.length > 0;
}

/** Those of one company and those for every company (or these alone), removed ones too, the newest first. */
export async function listExclusions(db: Queryable, companyId: string | null): Promise<Exclusion[]> {
  return db.query<Exclusion>(
    `SELECT ${COLUMNS} FROM program_exclusions WHERE company_id = $1::uuid OR company_id IS NULL
     ORDER BY at DESC, id DESC LIMIT 1000`,
    [companyId],
  );
}

/**
 * Whether an exclusion stands for this person in this company. Domains are compared where the address is at hand; for
 * reports of the agency only the person's keyed hash is kept.
 */
export async function excluded(
  tx: Tx,
  who: Readonly<{ companyId: string; person: Buffer | null; email: string | null }>,
): Promise<boolean> {
  const domain = who.email?.slice(who.email.lastIndexOf('@') + 1).toLowerCase() ?? null;
  const rows = await tx.query(
    `SELECT 1 FROM program_exclusions WHERE removed_at IS NULL AND (company_id = $1 OR company_id IS NULL)
       AND (address_hash = $2 OR $3 = domain OR right($3, length(domain) + 1) = '.' || domain) LIMIT 1`,
    [who.companyId, who.person, domain],
  );
  return rows.length > 0;
}
