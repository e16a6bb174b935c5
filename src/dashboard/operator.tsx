import { Router } from 'express';
import { listCompanies } from '../company/store.js';
import type { Deps } from '../deps.js';
import { pageFaults } from '../web/page-fault.js';
import { requireSession, type Session, session } from '../web/session.js';
import { consoleWordsOf } from './console-words.js';
import { formatOf } from './format.js';
import { type CompanyMails, clicksByCompany, mailsByCompany } from './operator-queries.js';
import { outboxIsOpen } from './outbox.js';
import { standingOf } from './stats.js';
import type { Place } from './views/frame.js';
import { type CompanyLine, type Health, operatorPage } from './views/operator.js';
import { wordsOf } from './words.js';

const DAY = 86_400_000;
const SILENT_DAYS = 7;

/** One word on how a company's mail is doing: failures first, then silence. */
function healthOf(mails: CompanyMails | undefined, now: Date): Health {
  if (!mails) return 'fresh';
  if (mails.failed > 0) return 'failing';
  return now.getTime() - mails.lastAt.getTime() > SILENT_DAYS * DAY ? 'silent' : 'fine';
}

/** Every company with its figures: mails and clicks of the last 30 days, standings of its ledger. */
async function companyLines(deps: Deps): Promise<CompanyLine[]> {
  const now = deps.clock();
  const since = new Date(now.getTime() - 30 * DAY);
  const [companies, mails, clicks] = await Promise.all([
    listCompanies(deps.reads),
    mailsByCompany(deps.reads, since, new Date(now.getTime() - DAY)),
    clicksByCompany(deps.reads, since),
  ]);
  const mailsOf = new Map(mails.map((row) => [row.companyId, row]));
  const clicksOf = new Map(clicks.map((row) => [row.companyId, row.human]));
  return Promise.all(
    companies.map(async (company) => ({
      company,
      relayed: mailsOf.get(company.id)?.relayed ?? 0,
      inserted: mailsOf.get(company.id)?.inserted ?? 0,
      clicks: clicksOf.get(company.id) ?? 0,
      standing: await standingOf(deps.reads, company.id, now),
      health: healthOf(mailsOf.get(company.id), now),
    })),
  );
}

/** What stands in an operator's menu. */
export function operatorPlaces(deps: Deps, who: Session): Place[] {
  const { nav } = wordsOf(who.locale);
  const places = [
    { href: '/operator', label: nav.companies },
    { href: '/operator/registrations', label: consoleWordsOf(who.locale).registrations.title },
    { href: '/operator/reconciliations', label: nav.reconciliations },
    { href: '/operator/exclusions', label: nav.exclusions },
    { href: '/operator/system', label: consoleWordsOf(who.locale).jobs.title },
  ];
  return outboxIsOpen(deps.config) ? [...places, { href: '/dev/outbox', label: nav.outbox }] : places;
}

/** The operator's desk. */
export function operatorPages(deps: Deps): Router {
  const router = Router();
  router.get('/operator', requireSession(deps, 'operator'), async (_request, response) => {
    const who = session(response);
    const w = wordsOf(who.locale);
    const view = { w, format: formatOf(who.locale, 'Asia/Tokyo', w), now: deps.clock() };
    response.send(operatorPage(who, operatorPlaces(deps, who), view, await companyLines(deps)));
  });
  return router.use(pageFaults);
}
