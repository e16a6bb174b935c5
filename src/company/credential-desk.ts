import type { Deps } from '../deps.js';
import { type AuditActor, recordAudit } from './audit.js';
import {
  type Credential,
  type IssuedCredential,
  issueCredential,
  type NewCredential,
  revokeCredential,
  setCredentialPolicy,
} from './credentials.js';
import { companyIdSchema } from './schemas.js';
import type { Policy } from './store.js';

const isId = (id: string) => companyIdSchema.safeParse(id).success;

/** Issues a credential and writes that down. The answer holds its secret, which nothing keeps. */
export async function giveCredential(
  deps: Deps,
  actor: AuditActor,
  { scopes = [], ...wanted }: Omit<NewCredential, 'scopes'> & Partial<Pick<NewCredential, 'scopes'>>,
): Promise<IssuedCredential> {
  return deps.db.transaction(async (tx) => {
    const issued = await issueCredential(deps, tx, { ...wanted, scopes });
    await recordAudit(deps, tx, {
      companyId: wanted.companyId,
      actor,
      action: 'credential.issued',
      subject: issued.id,
      details: { kind: wanted.kind, scopes, policy: wanted.policy },
    });
    return issued;
  });
}

/** @param changes policy null: it follows the company's again. @returns undefined when there is no such live credential */
export async function changeCredential(
  deps: Deps,
  actor: AuditActor,
  companyId: string,
  id: string,
  { policy }: Readonly<{ policy: Policy | null }>,
): Promise<Credential | undefined> {
  if (!isId(id)) return undefined;
  return deps.db.transaction(async (tx) => {
    const changed = await setCredentialPolicy(tx, companyId, id, policy);
    if (!changed) return undefined;
    const done = { companyId, actor, action: 'credential.changed', subject: id } as const;
    await recordAudit(deps, tx, { ...done, details: { policy } });
    return changed;
  });
}

/** Revokes a credential: its secret is refused from now on. @returns false when there is no such live credential */
export async function takeCredential(
  deps: Deps,
  actor: AuditActor,
  companyId: string,
  id: string,
): Promise<boolean> {
  if (!isId(id)) return false;
  return deps.db.transaction(async (tx) => {
    if (!(await revokeCredential(tx, companyId, id, deps.clock()))) return false;
    await recordAudit(deps, tx, { companyId, actor, action: 'credential.revoked', subject: id });
    return true;
  });
}
