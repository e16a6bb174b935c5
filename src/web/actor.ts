import type { AuditActor } from '../company/audit.js';
import type { Principal } from './auth.js';
import type { Session } from './session.js';

/** A signed-in person, as the audit log names who acts. */
export function personActing({ member }: Pick<Session, 'member'>): AuditActor {
  return { kind: 'member', id: member.id };
}

/** A key of the API, as the audit log names who acts. */
export function keyActing({ id }: Pick<Principal, 'id'>): AuditActor {
  return { kind: 'key', id };
}
