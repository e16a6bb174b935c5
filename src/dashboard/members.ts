import { type Request, type Response, Router } from 'express';
import { z } from 'zod';
import { changeRole, inviteMember, removeMember } from '../company/member-desk.js';
import { listMembers } from '../company/members.js';
import type { Deps } from '../deps.js';
import { personActing } from '../web/actor.js';
import { pageFaults } from '../web/page-fault.js';
import { COMPANY_ROLES, companyIdOf, requireSession, type Session, session } from '../web/session.js';
import { COMPANY_ROLES_OFFERED, MEMBERS_SAID, type MembersSaid } from './member-words.js';
import { companyOf, viewOf } from './pages.js';
import { placesOf } from './places.js';
import { membersPage } from './views/members.js';

const HERE = '/dashboard/members';

const saidQuery = z.enum(MEMBERS_SAID).optional().catch(undefined);
const role = z.enum(COMPANY_ROLES_OFFERED);
const inviteForm = z.object({
  email: z.string().trim().pipe(z.email().max(254)),
  role,
  locale: z.enum(['ja', 'en']),
});
const roleForm = z.object({ member: z.uuid(), role });
const removeForm = z.object({ member: z.uuid() });

async function show(deps: Deps, request: Request, response: Response): Promise<void> {
  const who = session(response);
  const company = await companyOf(deps, who);
  const members = await listMembers(deps.db, company.id);
  const list = {
    members,
    mayChange: who.member.role === 'admin',
    locale: company.locale,
    said: saidQuery.parse(request.query.said),
  };
  response.send(membersPage(who, placesOf(who), viewOf(deps, who, company.timeZone), list));
}

async function invite(deps: Deps, who: Session, body: unknown): Promise<MembersSaid> {
  const wanted = inviteForm.safeParse(body);
  if (!wanted.success) return 'invalid';
  const invited = { ...wanted.data, companyId: companyIdOf(who) };
  return (await inviteMember(deps, personActing(who), invited)) ? 'invited' : 'stands';
}

async function give(deps: Deps, who: Session, body: unknown): Promise<MembersSaid> {
  const wanted = roleForm.safeParse(body);
  if (!wanted.success) return 'unknown';
  const { member: id, role: given } = wanted.data;
  return changeRole(deps, personActing(who), companyIdOf(who), { id, role: given });
}

async function remove(deps: Deps, who: Session, body: unknown): Promise<MembersSaid> {
  const wanted = removeForm.safeParse(body);
  if (!wanted.success) return 'unknown';
  const done = await removeMember(deps, personActing(who), companyIdOf(who), wanted.data.member);
  return done === 'changed' ? 'removed' : done;
}

/** Who may sign in for a company: everybody of it looks, its administrators invite, change and remove. */
export function memberPages(deps: Deps): Router {
  const router = Router();
  const change = (path: string, work: typeof invite) =>
    router.post(path, requireSession(deps, 'admin'), async (request, response) => {
      response.redirect(303, `${HERE}?said=${await work(deps, session(response), request.body)}`);
    });
  router.get(HERE, requireSession(deps, ...COMPANY_ROLES), (request, response) =>
    show(deps, request, response),
  );
  change(HERE, invite);
  change(`${HERE}/role`, give);
  change(`${HERE}/removal`, remove);
  return router.use(pageFaults);
}
