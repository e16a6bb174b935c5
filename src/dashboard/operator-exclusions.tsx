import { type Request, type Response, Router } from 'express';
import { findCompany } from '../company/store.js';
import { listExclusions } from '../credit/exclusion.js';
import type { Deps } from '../deps.js';
import { AppError } from '../errors.js';
import { pageFaults } from '../web/page-fault.js';
import { requireSession, session } from '../web/session.js';
import { addExclusion, endExclusion } from './exclusion-desk.js';
import { operatorPlaces } from './operator.js';
import { viewOf } from './pages.js';
import { settingsSaid, settingsWordsOf } from './settings-words.js';
import { Exclusions, Told } from './views/exclusions.js';
import { framedPage } from './views/frame.js';

/** The agency is in Japan. */
const TIME_ZONE = 'Asia/Tokyo';
const COMMON = '/operator/exclusions';

async function showCommon(deps: Deps, request: Request, response: Response): Promise<void> {
  const who = session(response);
  const w = settingsWordsOf(who.locale);
  const list = {
    who,
    view: viewOf(deps, who, TIME_ZONE),
    rows: await listExclusions(deps.db, null),
    action: COMMON,
    lead: w.exclusions.ofEvery,
    endable: () => true,
    sources: w.exclusions.sourcesOutside,
  };
  response.send(
    framedPage({
      who,
      title: w.exclusions.common,
      here: COMMON,
      places: operatorPlaces(deps, who),
      children: (
        <>
          <Told w={w} said={settingsSaid(request.query.said)} />
          <Exclusions list={list} level={1} />
        </>
      ),
    }),
  );
}

/** The company that a path names. @throws AppError `not_found` */
async function companyIdIn(deps: Deps, request: Request): Promise<string> {
  const id = String(request.params.id);
  const company = /^[0-9a-f-]{36}$/i.test(id) ? await findCompany(deps.db, id) : undefined;
  if (!company) throw new AppError('not_found', 'no such company');
  return company.id;
}

/** Who does not count: for every company, and for one. The list of one stands on that company's page. */
export function operatorExclusionPages(deps: Deps): Router {
  const gate = requireSession(deps, 'operator');
  const router = Router();
  const actor = (response: Response) => session(response).member.id;

  router.get(COMMON, gate, (request, response) => showCommon(deps, request, response));
  router.post(COMMON, gate, async (request, response) => {
    const by = { companyId: null, source: 'operator', actor: actor(response) } as const;
    response.redirect(303, `${COMMON}?said=${await addExclusion(deps, by, request.body)}`);
  });
  router.post(`${COMMON}/end`, gate, async (request, response) => {
    const by = { companyId: null, actor: actor(response) };
    response.redirect(303, `${COMMON}?said=${await endExclusion(deps, by, request.body)}`);
  });
  router.post('/operator/companies/:id/exclusions', gate, async (request, response) => {
    const companyId = await companyIdIn(deps, request);
    const by = { companyId, source: 'operator', actor: actor(response) } as const;
    const said = await addExclusion(deps, by, request.body);
    response.redirect(303, `/operator/companies/${companyId}?said=${said}`);
  });
  router.post('/operator/companies/:id/exclusions/end', gate, async (request, response) => {
    const companyId = await companyIdIn(deps, request);
    const said = await endExclusion(deps, { companyId, actor: actor(response) }, request.body);
    response.redirect(303, `/operator/companies/${companyId}?said=${said}`);
  });
  return router.use(pageFaults);
}
