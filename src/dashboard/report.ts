import { type Request, type Response, Router } from 'express';
import type { Company } from '../company/store.js';
import { MONTH, statementOf } from '../credit/statement.js';
import type { Deps } from '../deps.js';
import { pageFaults } from '../web/page-fault.js';
import { COMPANY_ROLES, requireSession, session } from '../web/session.js';
import { addDays, dayOf, stepOf } from './days.js';
import { companyOf, viewOf } from './pages.js';
import { figuresBy, figuresOf, standingOf } from './stats.js';
import { type Report, reportPage } from './views/report.js';

/** The last day of a month (`YYYY-MM`). */
function lastDayOf(month: string): string {
  return addDays(stepOf(addDays(`${month}-01`, 31), 'month'), -1);
}

async function reportOf(
  deps: Deps,
  company: Company,
  month: string,
  today: string,
): Promise<Omit<Report, 'locale'>> {
  const { db } = deps;
  const to = lastDayOf(month);
  const range = { from: `${month}-01`, to, timeZone: company.timeZone };
  const [figures, weeks, jobs, statement, standing] = await Promise.all([
    figuresOf(db, company.id, range),
    figuresBy(db, company.id, range, 'week'),
    figuresBy(db, company.id, range, 'job'),
    statementOf(db, company, month),
    standingOf(db, company.id, deps.clock()),
  ]);
  return {
    company,
    month,
    soFar: today <= to,
    figures,
    weeks,
    jobs: [...jobs].sort((left, right) => right.notices - left.notices),
    statement,
    remaining: standing.referrals.remaining,
  };
}

async function show(deps: Deps, request: Request, response: Response): Promise<void> {
  const who = session(response);
  const company = await companyOf(deps, who);
  const today = dayOf(deps.clock(), company.timeZone);
  const { month } = request.query;
  const chosen = typeof month === 'string' && MONTH.test(month) ? month : today.slice(0, 7);
  const report = await reportOf(deps, company, chosen, today);
  const view = viewOf(deps, who, company.timeZone);
  response.send(reportPage(who, view, { locale: who.locale, ...report }));
}

/** The monthly report, made for printing. */
export function reportPages(deps: Deps): Router {
  const router = Router();
  router.get('/dashboard/report', requireSession(deps, ...COMPANY_ROLES), (request, response) =>
    show(deps, request, response),
  );
  return router.use(pageFaults);
}
