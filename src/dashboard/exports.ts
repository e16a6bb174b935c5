import { type Request, type Response, Router } from 'express';
import { z } from 'zod';
import { type AuditAction, recordAudit } from '../company/audit.js';
import type { Tx } from '../db/db.js';
import type { Deps } from '../deps.js';
import { AppError } from '../errors.js';
import { personActing } from '../web/actor.js';
import { pageFaults } from '../web/page-fault.js';
import { COMPANY_ROLES, companyIdOf, requireSession, type Session, session } from '../web/session.js';
import { sendExport } from './export-api.js';
import { createFeed, listFeeds, revokeFeed, rotateFeed } from './feed-store.js';
import { companyOf, viewOf } from './pages.js';
import { placesOf } from './places.js';
import { EXPORTS_PATH, type ExportDesk, exportsPage, feedPage } from './views/exports.js';

const labelInput = z.string().trim().min(1).max(100);

async function show(deps: Deps, response: Response, said: ExportDesk['said']): Promise<void> {
  const who = session(response);
  const company = await companyOf(deps, who);
  const feeds = await listFeeds(deps.db, company.id);
  const desk = { feeds, mayChange: who.member.role === 'admin', said };
  response.send(exportsPage(who, placesOf(who), viewOf(deps, who, company.timeZone), desk));
}

function audited(deps: Deps, tx: Tx, who: Session, action: AuditAction, subject: string, label?: string) {
  const companyId = companyIdOf(who);
  return recordAudit(deps, tx, { companyId, actor: personActing(who), action, subject, details: { label } });
}

/** The secret is shown with this answer and never again: no redirect, no cache. */
function showSecret(deps: Deps, response: Response, label: string, token: string): void {
  const who = session(response);
  response.send(feedPage(who, placesOf(who), label, `${deps.config.baseUrl}/feeds/${token}`));
}

async function create(deps: Deps, request: Request, response: Response): Promise<void> {
  const who = session(response);
  const label = labelInput.safeParse((request.body as Record<string, unknown>).label);
  if (!label.success) {
    response.status(422);
    return show(deps, response, 'faulty');
  }
  const { token } = await deps.db.transaction(async (tx) => {
    const made = await createFeed(deps, tx, { companyId: companyIdOf(who), label: label.data });
    await audited(deps, tx, who, 'feed.created', made.id, label.data);
    return made;
  });
  showSecret(deps, response, label.data, token);
}

/** The feed that a path names. @throws AppError `not_found` for another company's, too */
async function feedOf(deps: Deps, who: Session, id: unknown) {
  const feed = (await listFeeds(deps.db, companyIdOf(who))).find((one) => one.id === id);
  if (!feed) throw new AppError('not_found', 'no such feed');
  return feed;
}

/** Rotating ends one secret and begins another: the log says both. */
async function rotate(deps: Deps, request: Request, response: Response): Promise<void> {
  const who = session(response);
  const feed = await feedOf(deps, who, request.params.feed);
  const token = await deps.db.transaction(async (tx) => {
    const made = await rotateFeed(deps, tx, feed.companyId, feed.id);
    if (!made) throw new AppError('not_found', 'no such feed');
    await audited(deps, tx, who, 'feed.revoked', feed.id, feed.label);
    await audited(deps, tx, who, 'feed.created', feed.id, feed.label);
    return made;
  });
  showSecret(deps, response, feed.label, token);
}

async function revoke(deps: Deps, request: Request, response: Response): Promise<void> {
  const who = session(response);
  const feed = await feedOf(deps, who, request.params.feed);
  await deps.db.transaction(async (tx) => {
    if (await revokeFeed(tx, feed.companyId, feed.id, deps.clock())) {
      await audited(deps, tx, who, 'feed.revoked', feed.id, feed.label);
    }
  });
  response.redirect(303, `${EXPORTS_PATH}?said=revoked`);
}

/** Files to download and feeds: everybody of the company downloads, its admins make and revoke feeds. */
export function exportPages(deps: Deps): Router {
  const reader = requireSession(deps, ...COMPANY_ROLES);
  const admin = requireSession(deps, 'admin');
  const router = Router();
  router.get(EXPORTS_PATH, reader, (request, response) =>
    show(deps, response, request.query.said === 'revoked' ? 'revoked' : undefined),
  );
  router.get(`${EXPORTS_PATH}/:table.:format`, reader, async (request: Request, response: Response) => {
    const who = session(response);
    // A form sends its empty fields as well.
    const query = Object.fromEntries(Object.entries(request.query).filter(([, value]) => value !== ''));
    await sendExport(deps, response, await companyOf(deps, who), {
      path: request.params,
      query,
      actor: personActing(who),
    });
  });
  router.post(`${EXPORTS_PATH}/feeds`, admin, (request, response) => create(deps, request, response));
  router.post(`${EXPORTS_PATH}/feeds/:feed/rotate`, admin, (request: Request, response: Response) =>
    rotate(deps, request, response),
  );
  router.post(`${EXPORTS_PATH}/feeds/:feed/revoke`, admin, (request: Request, response: Response) =>
    revoke(deps, request, response),
  );
  return router.use(pageFaults);
}
