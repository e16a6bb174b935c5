import { type AuditActor, recordAudit } from '../company/audit.js';
import type { Deps } from '../deps.js';
import { revokeLink } from './store.js';

/**
 * Takes a candidate's link back and writes that down; a second time changes nothing.
 * @param companyId whose link it must be; null: anybody's
 * @returns false when there is no such link
 */
export function takeLink(
  deps: Deps,
  actor: AuditActor,
  code: string,
  companyId: string | null,
): Promise<boolean> {
  return deps.db.transaction(async (tx) => {
    const revoked = await revokeLink(tx, code, companyId, deps.clock());
    if (revoked?.isNew) {
      const done = { companyId: revoked.companyId, actor, action: 'link.revoked', subject: code } as const;
      await recordAudit(deps, tx, done);
    }
    return revoked !== undefined;
  });
}
