import { z } from 'zod';
import { type AuditActor, recordAudit } from '../company/audit.js';
import type { Queryable, Tx } from '../db/db.js';
import type { Deps } from '../deps.js';
import { anonymous, normaliseAddress } from '../registration/person.js';

const reason = anonymous(z.string().trim().min(1).max(500));

/** Whom to leave out: everybody of a domain with its subdomains, or one address. */
export const exclusionBody = z.union([
  z.strictObject({
    domain: z
      .string()
      .trim()
      .toLowerCase()
      .max(253)
      .regex(/^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z0-9-]{2,}$/, 'must be a domain')
      .describe('with its subdomains'),
    reason,
  }),
  /** Only its keyed hash is kept. */
  z.strictObject({ address: z.email().max(254).describe('only its keyed hash is kept'), reason }),
]);

/** On whose behalf somebody is left out. */
export type ExclusionSource = 'operator' | 'agency' | 'company';

/** Who does not count although registered. An address is kept as the keyed hash that people are compared by. */
export type Exclusion = Readonly<{
  id: string;
  /** null: for every company. */
  companyId: string | null;
  kind: 'domain' | 'address_hash';
  /** Lower case; its subdomains are meant as well. Null for an address. */
  domain: string | null;
  reason: string;
  source: ExclusionSource;
  actor: string;
  at: Date;
  removedAt: Date | null;
  removedBy: string | null;
}>;

const COLUMNS = `id, company_id AS "companyId", kind, domain, reason, source, actor, at, removed_at AS "removedAt",
  removed_by AS "removedBy"`;

type NewExclusion = Pick<Exclusion, 'id' | 'companyId' | 'reason' | 'source' | 'actor' | 'at'> &
  (Readonly<{ domain: string }> | Readonly<{ addressHash: Buffer }>);

export type WantedExclusion = Readonly<{
  /** null: for every company. */
  companyId: string | null;
  source: ExclusionSource;
  actor: string;
}> &
  z.infer<typeof exclusionBody>;

/** Leaves a domain or a person out from now on; what has counted stays. @returns undefined when the same stands already */
export function exclude(
  deps: Pick<Deps, 'keys' | 'newId' | 'clock'>,
  tx: Tx,
  wanted: WantedExclusion,
): Promise<Exclusion | undefined> {
  const { companyId, source, actor, reason: why } = wanted;
  const by = { id: deps.newId(), companyId, source, actor, reason: why, at: deps.clock() };
  if ('domain' in wanted) return insertExclusion(tx, { ...by, domain: wanted.domain });
  const addressHash = deps.keys.hash('person', normaliseAddress(wanted.address));
  return insertExclusion(tx, { ...by, addressHash });
}

async function insertExclusion(tx: Tx, wanted: NewExclusion): Promise<Exclusion | undefined> {
  const [domain, hash] = 'domain' in wanted ? [wanted.domain, null] : [null, wanted.addressHash];
  const [row] = await tx.query<Exclusion>(
    `INSERT INTO program_exclusions (id, company_id, kind, domain, address_hash, reason, actor, at, source)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING RETURNING ${COLUMNS}`,
    [
      wanted.id,
      wanted.companyId,
      hash ? 'address_hash' : 'domain',
      domain,
      hash,
      wanted.reason,
      wanted.actor,
      wanted.at,
      wanted.source,
    ],
  );
  return row;
}

/** Which exclusions somebody may end: of one company, or the common ones (`companyId` null), by their source. */
export type EndableBy = Readonly<{ companyId?: string | null; source?: ExclusionSource }>;

/** @returns the exclusion as it stood; undefined when there is none that stands, or none that this one may end */
export async function removeExclusion(
  tx: Tx,
  id: string,
  by: Readonly<{ actor: string; at: Date }> & EndableBy,
): Promise<Exclusion | undefined> {
  const [row] = await tx.query<Exclusion>(
    `UPDATE program_exclusions SET removed_at = $3, removed_by = $2 WHERE id = $1 AND removed_at IS NULL
       AND ($4 OR company_id IS NOT DISTINCT FROM $5::uuid) AND ($6::text IS NULL OR source = $6)
     RETURNING ${COLUMNS}`,
    [id, by.actor, by.at, by.companyId === undefined, by.companyId ?? null, by.source ?? null],
  );
  return row;
}

type AuditDeps = Pick<Deps, 'newId' | 'clock'>;

/** Writes into the audit log that somebody was left out: a domain by its name, a person without any. */
export function recordExclusion(deps: AuditDeps, tx: Tx, actor: AuditActor, made: Exclusion): Promise<void> {
  const { companyId, id: subject, domain } = made;
  return recordAudit(deps, tx, { companyId, actor, action: 'exclusion.added', subject, details: { domain } });
}

/** Writes into the audit log that an exclusion was ended. */
export function recordExclusionEnd(
  deps: AuditDeps,
  tx: Tx,
  actor: AuditActor,
  ended: Exclusion,
): Promise<void> {
  const { companyId, id: subject, domain } = ended;
  return recordAudit(deps, tx, { companyId, actor, action: 'exclusion.ended', subject, details: { domain } });
}

/** Those of one company, removed ones too, the newest first. @param companyId null: those for every company */
export async function listExclusions(
  db: Queryable,
  companyId: string | null,
  limit = 1_000,
): Promise<Exclusion[]> {
  return db.query<Exclusion>(
    `SELECT ${COLUMNS} FROM program_exclusions WHERE company_id IS NOT DISTINCT FROM $1::uuid
     ORDER BY removed_at IS NOT NULL, at DESC, id DESC LIMIT $2`,
    [companyId, limit],
  );
}

/** The part of an address that exclusions by domain are compared with. */
export function domainOf(email: string): string {
  return email.slice(email.lastIndexOf('@') + 1).toLowerCase();
}

/**
 * Whether an exclusion stands for this person in this company. A domain is compared where one is at hand; for reports
 * of the agency only the person's keyed hash is kept.
 */
export async function excluded(
  tx: Tx,
  who: Readonly<{ companyId: string; person: Buffer | null; domain: string | null }>,
): Promise<boolean> {
  const rows = await tx.query(
    `SELECT 1 FROM program_exclusions WHERE removed_at IS NULL AND (company_id = $1 OR company_id IS NULL)
       AND (address_hash = $2 OR $3 = domain OR right($3, length(domain) + 1) = '.' || domain) LIMIT 1`,
    [who.companyId, who.person, who.domain],
  );
  return rows.length > 0;
}
