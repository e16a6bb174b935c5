import { type Request, type Response, Router } from 'express';
import { type Company, findCompany, NOTICE_KINDS, updateCompany } from '../company/store.js';
import { listExclusions } from '../credit/exclusion.js';
import type { Deps } from '../deps.js';
import { AppError } from '../errors.js';
import { pageFaults } from '../web/page-fault.js';
import { COMPANY_ROLES, companyIdOf, requireSession, type Session, session } from '../web/session.js';
import { addExclusion, endExclusion } from './exclusion-desk.js';
import { placesOf, viewOf } from './pages.js';
import { type SettingsSaid, settingsSaid } from './settings-words.js';
import { settingsPage } from './views/settings.js';

const HERE = '/dashboard/settings';

async function companyOf(deps: Deps, who: Session): Promise<Company> {
  const company = await findCompany(deps.db, companyIdOf(who));
  if (!company) throw new AppError('not_found', 'no such company');
  return company;
}

async function show(deps: Deps, request: Request, response: Response): Promise<void> {
  const who = session(response);
  const company = await companyOf(deps, who);
  const exclusions = await listExclusions(deps.db, company.id);
  const mayChange = who.member.role === 'admin';
  const settings = { company, exclusions, mayChange, said: settingsSaid(request.query.said) };
  response.send(settingsPage(who, placesOf(who), viewOf(deps, who, company.timeZone), settings));
}

/** What is ticked is wanted: boxes that are not come with no field at all. */
async function chooseNotices(deps: Deps, companyId: string, body: unknown): Promise<SettingsSaid> {
  const ticked = (body ?? {}) as Record<string, unknown>;
  await updateCompany(deps.db, companyId, {
    noticesOff: NOTICE_KINDS.filter((kind) => ticked[kind] !== 'yes'),
  });
  return 'saved';
}

/** A company's settings: everybody of it reads them, its administrators change them. */
export function settingsPages(deps: Deps): Router {
  const router = Router();
  const change = (path: string, work: (who: Session, body: unknown) => Promise<SettingsSaid>) =>
    router.post(`${HERE}/${path}`, requireSession(deps, 'admin'), async (request, response) => {
      const said = await work(session(response), request.body);
      response.redirect(303, `${HERE}?said=${said}`);
    });

  router.get(HERE, requireSession(deps, ...COMPANY_ROLES), (request, response) =>
    show(deps, request, response),
  );
  change('notices', (who, body) => chooseNotices(deps, companyIdOf(who), body));
  change('exclusions', (who, body) =>
    addExclusion(deps, { companyId: companyIdOf(who), source: 'company', actor: who.member.id }, body),
  );
  change('exclusions/end', (who, body) =>
    endExclusion(deps, { companyId: companyIdOf(who), source: 'company', actor: who.member.id }, body),
  );
  return router.use(pageFaults);
}
