import { Router } from 'express';
import { z } from 'zod';
import { findReconciliation, listReconciliations, reconcile } from '../credit/reconciliation.js';
import { listOf } from '../credit/reconciliation-api.js';
import type { Deps } from '../deps.js';
import { AppError } from '../errors.js';
import { pageFaults } from '../web/page-fault.js';
import { requireSession, session } from '../web/session.js';
import { operatorPlaces } from './operator.js';
import { viewOf } from './pages.js';
import { reconciliationPage, reconciliationsPage } from './views/reconciliations.js';

const LISTED = 50;
/** The agency is in Japan. */
const TIME_ZONE = 'Asia/Tokyo';
const HERE = '/operator/reconciliations';

const listForm = z.object({ list: z.string() });

/** Comparing the agency's list with ours, on the operator's desk. */
export function operatorReconciliationPages(deps: Deps): Router {
  const gate = requireSession(deps, 'operator');
  const router = Router();

  router.get(HERE, gate, async (request, response) => {
    const who = session(response);
    const lines = await listReconciliations(deps.db, LISTED);
    const invalid = request.query.said === 'invalid';
    const view = viewOf(deps, who, TIME_ZONE);
    response.send(reconciliationsPage(who, operatorPlaces(deps, who), view, lines, invalid));
  });

  router.post(HERE, gate, async (request, response) => {
    const by = { actor: session(response).member.id, at: deps.clock() };
    try {
      const listed = listOf(listForm.safeParse(request.body).data?.list);
      const { id } = await deps.db.transaction((tx) => reconcile(tx, deps.newId(), listed, by));
      response.redirect(303, `${HERE}/${id}`);
    } catch (error) {
      if (!(error instanceof AppError && error.code === 'invalid_input')) throw error;
      response.redirect(303, `${HERE}?said=invalid`);
    }
  });

  router.get(`${HERE}/:id`, gate, async (request, response) => {
    const who = session(response);
    const id = z.uuid().safeParse(request.params.id);
    const found = id.success && (await findReconciliation(deps.db, id.data));
    if (!found) throw new AppError('not_found', 'no such reconciliation');
    const view = viewOf(deps, who, TIME_ZONE);
    response.send(reconciliationPage(who, operatorPlaces(deps, who), view, found));
  });
  return router.use(pageFaults);
}
