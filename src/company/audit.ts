import type { Queryable, Tx } from '../db/db.js';
import type { Deps } from '../deps.js';

/** Who acts: a person who signed in, a key of the API, or the service by itself (the name of a job). */
export type AuditActor = Readonly<{ kind: 'member' | 'key' | 'system'; id: string }>;

/** Everything that is written down, as `noun.what was done`. A new one needs its words in `dashboard/audit-words.ts`. */
export const AUDIT_ACTIONS = [
  'company.created',
  'company.changed',
  'member.added',
  'member.changed',
  'member.removed',
  'member.signed_out',
  'operator.added',
  'operator.changed',
  'operator.removed',
  'credential.issued',
  'credential.changed',
  'credential.revoked',
  'dkim_key.added',
  'dkim_key.revoked',
  'sendgrid_account.kept',
  'sendgrid_account.removed',
  'signing_secret.added',
  'signing_secret.revoked',
  'exclusion.added',
  'exclusion.ended',
  'review.answered',
  'rule.removed',
  'block.changed',
  'link.revoked',
  'table.merged',
  'feed.created',
  'feed.revoked',
  'export.made',
  'program.changed',
  'redemption.recorded',
  'redemption.cancelled',
  'adjustment.proposed',
  'adjustment.approved',
  'adjustment.rejected',
  'registration.reversed',
  'postback.discarded',
  'reconciliation.made',
  'delivery.settled',
  'job.retried',
] as const;
export type AuditAction = (typeof AUDIT_ACTIONS)[number];

export type AuditDetails = Readonly<
  Record<string, string | number | boolean | null | readonly string[] | undefined>
>;

/** One thing that was done. */
export type Audited = Readonly<{
  /** null: it concerns no single company. */
  companyId: string | null;
  actor: AuditActor;
  action: AuditAction;
  /** What it was done to: an id, a code, a name. Never an address. */
  subject?: string;
  /** What was chosen. Never a secret, a candidate's data or an address. */
  details?: AuditDetails;
}>;

/** Writes one row, in the transaction of what it tells of: both are there or neither. */
export async function recordAudit(
  { clock, newId }: Pick<Deps, 'clock' | 'newId'>,
  tx: Tx,
  { companyId, actor, action, subject, details }: Audited,
): Promise<void> {
  await tx.query(
    `INSERT INTO audit_log (id, company_id, at, actor_kind, actor, action, subject, details)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [
      newId(),
      companyId,
      clock(),
      actor.kind,
      actor.id,
      action,
      subject ?? null,
      JSON.stringify(details ?? {}),
    ],
  );
}

/** A row as people read it. */
export type AuditRow = Readonly<{
  id: string;
  companyId: string | null;
  at: Date;
  actorKind: AuditActor['kind'];
  actor: string;
  /** The address of a person, the label of a key; null where it has none. */
  actorName: string | null;
  /** The person is an operator: a company is shown that, and not who. */
  actorIsOperator: boolean;
  action: AuditAction;
  subject: string | null;
  /** The address of the member, or the label or user name of the credential, that it was done to. */
  subjectName: string | null;
  details: AuditDetails;
}>;

export type AuditPage = Readonly<{
  /** undefined: of all companies and of none (operators). */
  companyId?: string;
  /** Only actions of this noun (`member`, `credential`, …). */
  noun?: string;
  /** Only rows older than this one. */
  before?: string;
  limit: number;
}>;

/** What was done, newest first. */
export async function listAudit(db: Queryable, page: AuditPage): Promise<AuditRow[]> {
  return db.query<AuditRow>(
    `SELECT a.id, a.company_id AS "companyId", a.at, a.actor_kind AS "actorKind", a.actor,
       coalesce(am.email, ak.label, ak.username) AS "actorName",
       coalesce(am.role = 'operator', a.actor = 'operator-key' OR 'operator' = ANY (ak.scopes), false)
         AS "actorIsOperator",
       a.action, a.subject, coalesce(sm.email, sk.label, sk.username) AS "subjectName", a.details
     FROM audit_log a
     LEFT JOIN members am ON a.actor_kind = 'member' AND am.id::text = a.actor
     LEFT JOIN credentials ak ON a.actor_kind = 'key' AND ak.id::text = a.actor
     LEFT JOIN members sm ON (a.action LIKE 'member.%' OR a.action LIKE 'operator.%') AND sm.id::text = a.subject
     LEFT JOIN credentials sk ON a.action LIKE 'credential.%' AND sk.id::text = a.subject
     WHERE ($1::uuid IS NULL OR a.company_id = $1) AND ($2::text IS NULL OR split_part(a.action, '.', 1) = $2)
       AND ($3::uuid IS NULL OR a.id < $3)
     ORDER BY a.id DESC LIMIT $4`,
    [page.companyId ?? null, page.noun ?? null, page.before ?? null, page.limit],
  );
}
