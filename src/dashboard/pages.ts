import { type Request, type Response, Router } from 'express';
import { z } from 'zod';
import { findSendgridAccount } from '../company/sendgrid-account.js';
import { type Company, findCompany } from '../company/store.js';
import { balances } from '../credit/ledger.js';
import { rulesInForce } from '../credit/program.js';
import type { Deps } from '../deps.js';
import { AppError } from '../errors.js';
import { pageFaults } from '../web/page-fault.js';
import { COMPANY_ROLES, companyIdOf, requireSession, type Session, session } from '../web/session.js';
import { newestEntries } from './credit-queries.js';
import { formatOf } from './format.js';
import { connectionOf, overviewOf } from './overview.js';
import { placesOf } from './places.js';
import { setupStateOf } from './setup-state.js';
import { creditsPage } from './views/credits.js';
import { overviewPage } from './views/overview.js';
import { SENDGRID_SAID, type SendgridDesk } from './views/sendgrid-account.js';
import { setupPage } from './views/setup.js';
import type { View } from './views/view.js';
import { wordsOf } from './words.js';

const PAGE = 50;

const creditsQuery = z.object({
  before: z.coerce.number().pipe(z.int().min(1)).optional().catch(undefined),
});

export function viewOf(deps: Deps, who: Session, timeZone: string): View {
  const w = wordsOf(who.locale);
  return { w, format: formatOf(who.locale, timeZone, w), now: deps.clock() };
}

/** The company of whoever is signed in. @throws AppError */
export async function companyOf(deps: Deps, who: Session): Promise<Company> {
  const company = await findCompany(deps.db, companyIdOf(who));
  if (!company) throw new AppError('not_found', 'no such company');
  return company;
}

async function sendgridOf(deps: Deps, company: Company, said: unknown): Promise<SendgridDesk> {
  const account = await findSendgridAccount(deps.db, company.id);
  return { account, baseUrl: deps.config.baseUrl, said: SENDGRID_SAID.find((one) => one === said) };
}

async function showCredits(deps: Deps, request: Request, response: Response): Promise<void> {
  const who = session(response);
  const company = await companyOf(deps, who);
  const { before } = creditsQuery.parse(request.query);
  const [sums, rules, entries] = await Promise.all([
    balances(deps.reads, company.id),
    rulesInForce(deps.reads, company.id, deps.clock()),
    newestEntries(deps.reads, company.id, before ?? Number.MAX_SAFE_INTEGER, PAGE + 1),
  ]);
  const shown = entries.slice(0, PAGE);
  const next = entries.length > PAGE ? shown.at(-1)?.sequence : undefined;
  const { threshold } = rules;
  const list = { sums, threshold, entries: shown, next, first: before === undefined };
  response.send(creditsPage(who, placesOf(who), viewOf(deps, who, company.timeZone), list));
}

/** The pages of one company that only show: for all its people. */
export function dashboardPages(deps: Deps): Router {
  const gate = requireSession(deps, ...COMPANY_ROLES);
  const router = Router();
  router.get('/dashboard', gate, async (request, response) => {
    const who = session(response);
    const company = await companyOf(deps, who);
    const shown = await overviewOf(deps, company, request.query);
    response.send(overviewPage(who, placesOf(who), viewOf(deps, who, company.timeZone), shown));
  });
  router.get('/dashboard/credits', gate, (request, response) => showCredits(deps, request, response));
  router.get('/dashboard/setup', gate, async (request, response) => {
    const who = session(response);
    const company = await companyOf(deps, who);
    const [connection, sendgrid] = await Promise.all([
      connectionOf(deps, company),
      sendgridOf(deps, company, request.query.said),
    ]);
    const view = viewOf(deps, who, company.timeZone);
    const state = await setupStateOf(deps, company, connection, sendgrid);
    response.send(setupPage(who, placesOf(who), view, connection, sendgrid, state));
  });
  return router.use(pageFaults);
}
