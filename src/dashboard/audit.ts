import { Router } from 'express';
import { z } from 'zod';
import { listAudit } from '../company/audit.js';
import type { Deps } from '../deps.js';
import { pageFaults } from '../web/page-fault.js';
import { requireSession, session } from '../web/session.js';
import { AUDIT_NOUNS } from './audit-words.js';
import { companyOf, viewOf } from './pages.js';
import { placesOf } from './places.js';
import { auditPage } from './views/audit.js';

const PAGE = 50;

const listQuery = z.object({
  noun: z.enum(AUDIT_NOUNS).optional().catch(undefined),
  before: z.uuid().optional().catch(undefined),
});

/** What was changed at a company, by whom and when; for its administrators. */
export function auditPages(deps: Deps): Router {
  const router = Router();
  router.get('/dashboard/audit', requireSession(deps, 'admin'), async (request, response) => {
    const who = session(response);
    const company = await companyOf(deps, who);
    const { noun, before } = listQuery.parse(request.query);
    const rows = await listAudit(deps.db, { companyId: company.id, noun, before, limit: PAGE + 1 });
    const shown = rows.slice(0, PAGE);
    const next = rows.length > PAGE ? shown.at(-1)?.id : undefined;
    const log = { noun, rows: shown, next, first: before === undefined };
    response.send(auditPage(who, placesOf(who), viewOf(deps, who, company.timeZone), log));
  });
  return router.use(pageFaults);
}
