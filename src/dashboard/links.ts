import { type Request, type Response, Router } from 'express';
import { z } from 'zod';
import { staticUrlOf } from '../company/company.js';
import type { Deps } from '../deps.js';
import { AppError } from '../errors.js';
import { isCode } from '../link/code.js';
import { linkUrl } from '../link/mint.js';
import { sendQr } from '../link/qr-api.js';
import { takeLink } from '../link/revocation.js';
import { findLink } from '../link/store.js';
import { personActing } from '../web/actor.js';
import { pageFaults } from '../web/page-fault.js';
import { COMPANY_ROLES, companyIdOf, requireSession, session } from '../web/session.js';
import { type LinkCursor, listLinks } from './link-queries.js';
import { LINKS_SAID } from './link-words.js';
import { companyOf, viewOf } from './pages.js';
import { placesOf } from './places.js';
import { linksPage } from './views/links.js';

const PAGE = 50;
const HERE = '/dashboard/links';

const listQuery = z.object({
  text: z.string().trim().min(1).max(100).optional().catch(undefined),
  state: z.enum(['live', 'revoked']).optional().catch(undefined),
  after: z.string().optional().catch(undefined),
  said: z.enum(LINKS_SAID).optional().catch(undefined),
});

/** A place in the list as text: the moment and the code of the last one shown. Anything else begins anew. */
function placeOf(text: string | undefined): LinkCursor | undefined {
  const [at = '', code = ''] = (text ?? '').split('_');
  const createdAt = new Date(at);
  return Number.isNaN(createdAt.getTime()) || !isCode(code) ? undefined : { createdAt, code };
}

async function showLinks(deps: Deps, request: Request, response: Response): Promise<void> {
  const who = session(response);
  const company = await companyOf(deps, who);
  const { text, state, after, said } = listQuery.parse(request.query);
  const place = placeOf(after);
  const rows = await listLinks(deps.db, company.id, { text, state }, { after: place, limit: PAGE + 1 });
  const links = rows.slice(0, PAGE).map((link) => ({
    ...link,
    url: linkUrl(deps.config, link.code, company.linkHost),
  }));
  const last = links.at(-1);
  response.send(
    linksPage(who, placesOf(who), viewOf(deps, who, company.timeZone), {
      filter: { text, state },
      links,
      next: rows.length > PAGE && last ? `${last.createdAt.toISOString()}_${last.code}` : undefined,
      first: place === undefined,
      staticUrl: staticUrlOf(deps.config, company),
      mayRevoke: who.member.role !== 'viewer',
      said,
    }),
  );
}

async function showQr(deps: Deps, request: Request, response: Response): Promise<void> {
  const company = await companyOf(deps, session(response));
  const code = String(request.params.code);
  const link = isCode(code) ? await findLink(deps.db, code) : undefined;
  if (link?.companyId !== company.id) throw new AppError('not_found', 'no such link');
  sendQr(response, linkUrl(deps.config, code, company.linkHost), request.params.format, {});
}

async function revoke(deps: Deps, request: Request, response: Response): Promise<void> {
  const who = session(response);
  const code = String(request.params.code);
  const isDone = isCode(code) && (await takeLink(deps, personActing(who), code, companyIdOf(who)));
  response.redirect(303, `${HERE}?said=${isDone ? 'revoked' : 'unknown'}`);
}

/** The links that a company has: everybody of it looks, its members and administrators take one back. */
export function linkPages(deps: Deps): Router {
  const reader = requireSession(deps, ...COMPANY_ROLES);
  const router = Router();
  router.get(HERE, reader, (request, response) => showLinks(deps, request, response));
  router.get(`${HERE}/:code/qr.:format`, reader, (request, response) => showQr(deps, request, response));
  router.post(`${HERE}/:code/revocation`, requireSession(deps, 'member', 'admin'), (request, response) =>
    revoke(deps, request, response),
  );
  return router.use(pageFaults);
}
