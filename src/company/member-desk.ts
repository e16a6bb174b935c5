import type { Queryable, Tx } from '../db/db.js';
import type { Deps } from '../deps.js';
import { type AuditActor, recordAudit } from './audit.js';
import { keepMember, type Member, type Role } from './members.js';
import type { Locale } from './store.js';

/** A role that a company may give. */
export type CompanyRole = Exclude<Role, 'operator'>;

/** What became of a wish to change a member. `last_admin`: a company is never left without an administrator. */
export type MemberChange = 'changed' | 'same' | 'unknown' | 'last_admin';

type MemberRow = Readonly<{ id: string; email: string; role: CompanyRole }>;

/** The members of a company, held until the transaction ends: two administrators cannot remove each other at once. */
async function lockMembers(tx: Tx, companyId: string): Promise<MemberRow[]> {
  await tx.query('SELECT 1 FROM companies WHERE id = $1 FOR UPDATE', [companyId]);
  return tx.query<MemberRow>(
    'SELECT id, email, role FROM members WHERE company_id = $1 AND removed_at IS NULL',
    [companyId],
  );
}

function isLastAdmin(members: readonly MemberRow[], one: MemberRow): boolean {
  return one.role === 'admin' && members.filter(({ role }) => role === 'admin').length === 1;
}

export type Invited = Readonly<{ companyId: string; email: string; role: CompanyRole; locale: Locale }>;

/**
 * Lets a person sign in for a company, tells him by mail, and writes it down.
 * @returns undefined when the address is a member already: his role is changed where it stands, not here
 */
export function inviteMember(deps: Deps, actor: AuditActor, wanted: Invited): Promise<Member | undefined> {
  const { companyId, email, role } = wanted;
  return deps.db.transaction(async (tx) => {
    const members = await lockMembers(tx, companyId);
    if (members.some((one) => one.email.toLowerCase() === email.toLowerCase())) return undefined;
    const { member } = await keepMember(deps, tx, wanted);
    await deps.jobs.enqueue(tx, 'invitation-mail', { memberId: member.id });
    const done = { companyId, actor, action: 'member.added', subject: member.id } as const;
    await recordAudit(deps, tx, { ...done, details: { role } });
    return member;
  });
}

async function setRole(db: Queryable, id: string, role: CompanyRole): Promise<void> {
  await db.query('UPDATE members SET role = $2 WHERE id = $1', [id, role]);
}

/** Gives a member another role, from his next request on. */
export function changeRole(
  deps: Deps,
  actor: AuditActor,
  companyId: string,
  wanted: Readonly<{ id: string; role: CompanyRole }>,
): Promise<MemberChange> {
  return deps.db.transaction(async (tx) => {
    const members = await lockMembers(tx, companyId);
    const before = members.find(({ id }) => id === wanted.id);
    if (!before) return 'unknown';
    if (before.role === wanted.role) return 'same';
    if (isLastAdmin(members, before)) return 'last_admin';
    await setRole(tx, before.id, wanted.role);
    await recordAudit(deps, tx, {
      companyId,
      actor,
      action: 'member.changed',
      subject: before.id,
      details: { role: wanted.role, roleBefore: before.role },
    });
    return 'changed';
  });
}

/** Ends a membership and every session of it. */
async function endMembership(db: Queryable, id: string, at: Date): Promise<void> {
  await db.query(
    `WITH ended AS (UPDATE sessions SET revoked_at = $2 WHERE member_id = $1 AND revoked_at IS NULL)
     UPDATE members SET removed_at = $2 WHERE id = $1`,
    [id, at],
  );
}

/** Takes a member out: he is signed out everywhere at once. */
export function removeMember(
  deps: Deps,
  actor: AuditActor,
  companyId: string,
  id: string,
): Promise<MemberChange> {
  return deps.db.transaction(async (tx) => {
    const members = await lockMembers(tx, companyId);
    const before = members.find((one) => one.id === id);
    if (!before) return 'unknown';
    if (isLastAdmin(members, before)) return 'last_admin';
    await endMembership(tx, id, deps.clock());
    await recordAudit(deps, tx, { companyId, actor, action: 'member.removed', subject: id });
    return 'changed';
  });
}

/** Writes into the audit log that the API let somebody in, or gave him another role. */
export function recordMember(
  deps: Pick<Deps, 'clock' | 'newId'>,
  tx: Tx,
  actor: AuditActor,
  { id: subject, companyId, role }: Member,
  isNew: boolean,
): Promise<void> {
  const noun = companyId === null ? 'operator' : 'member';
  const action = isNew ? (`${noun}.added` as const) : (`${noun}.changed` as const);
  return recordAudit(deps, tx, { companyId, actor, action, subject, details: { role } });
}
