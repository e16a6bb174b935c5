import { type Request, type Response, Router } from 'express';
import { z } from 'zod';
import { staticUrlOf } from '../company/company.js';
import { listCredentials } from '../company/credentials.js';
import { findSendgridAccount } from '../company/sendgrid-account.js';
import { type Company, findCompany } from '../company/store.js';
import { balances } from '../credit/ledger.js';
import { rulesInForce } from '../credit/program.js';
import type { Deps } from '../deps.js';
import { AppError } from '../errors.js';
import { pageFaults } from '../web/page-fault.js';
import { COMPANY_ROLES, companyIdOf, requireSession, type Session, session } from '../web/session.js';
import { newestEntries } from './credit-queries.js';
import { decodeCursor, encodeCursor } from './cursor.js';
import { addDays, dayOf, type Step, stepsBetween } from './days.js';
import { exportWordsOf } from './export-words.js';
import { formatOf } from './format.js';
import { listHappenings, listMessages } from './queries.js';
import { figuresBy, figuresOf, filled, projectedDay, standingOf } from './stats.js';
import { creditsPage } from './views/credits.js';
import type { Place } from './views/frame.js';
import { messagesPage } from './views/messages.js';
import { type Choice, type Overview, overviewPage, SPANS } from './views/overview.js';
import { SENDGRID_SAID, type SendgridDesk } from './views/sendgrid-account.js';
import { type Connection, setupPage } from './views/setup.js';
import type { View } from './views/view.js';
import { wordsOf } from './words.js';

const PAGE = 50;

const choiceQuery = z.object({
  days: z.coerce
    .number()
    .pipe(z.literal([...SPANS]))
    .catch(30),
  by: z.enum(['day', 'week', 'month']).optional().catch(undefined),
});
const listQuery = z.object({
  verdict: z.enum(['rejection', 'other', 'unsure']).optional().catch(undefined),
  cursor: z.string().optional().catch(undefined),
});

const creditsQuery = z.object({
  before: z.coerce.number().pipe(z.int().min(1)).optional().catch(undefined),
});

export function viewOf(deps: Deps, who: Session, timeZone: string): View {
  const w = wordsOf(who.locale);
  return { w, format: formatOf(who.locale, timeZone, w), now: deps.clock() };
}

/** What stands in the menu of a company's people. */
export function placesOf(who: Session): Place[] {
  const { nav } = wordsOf(who.locale);
  return [
    { href: '/dashboard', label: nav.overview },
    { href: '/dashboard/messages', label: nav.messages },
    { href: '/dashboard/review', label: nav.review },
    { href: '/dashboard/credits', label: nav.credits },
    { href: '/dashboard/setup', label: nav.setup },
    { href: '/dashboard/settings', label: nav.settings },
    { href: '/dashboard/lines', label: nav.lines },
    { href: '/dashboard/exports', label: exportWordsOf(who.locale).title },
    ...(who.member.role === 'viewer' ? [] : [{ href: '/dashboard/csv', label: nav.csv }]),
  ];
}

/** The company of whoever is signed in. @throws AppError */
export async function companyOf(deps: Deps, who: Session): Promise<Company> {
  const company = await findCompany(deps.db, companyIdOf(who));
  if (!company) throw new AppError('not_found', 'no such company');
  return company;
}

/** Days as the tabs offer them, the last one today; long spans are shown by the week unless asked otherwise. */
function choiceOf(query: unknown, today: string): Choice {
  const { days, by } = choiceQuery.parse(query ?? {});
  const step: Step = by ?? (days === 90 ? 'week' : 'day');
  return { days, step, from: addDays(today, 1 - days), to: today };
}

async function connectionOf(deps: Deps, company: Company): Promise<Connection> {
  const credentials = await listCredentials(deps.db, company.id);
  return {
    host: new URL(deps.config.baseUrl).hostname,
    port: deps.config.smtpPort,
    tls: deps.config.smtpTls !== undefined,
    usernames: credentials.flatMap((one) => (one.username && !one.revokedAt ? [one.username] : [])),
    staticUrl: staticUrlOf(deps.config, company),
    policy: company.policy,
  };
}

async function sendgridOf(deps: Deps, company: Company, said: unknown): Promise<SendgridDesk> {
  const account = await findSendgridAccount(deps.db, company.id);
  return { account, baseUrl: deps.config.baseUrl, said: SENDGRID_SAID.find((one) => one === said) };
}

async function overviewOf(deps: Deps, company: Company, query: unknown): Promise<Overview> {
  const now = deps.clock();
  const { reads: db } = deps;
  const { timeZone } = company;
  const choice = choiceOf(query, dayOf(now, timeZone));
  const range = { from: choice.from, to: choice.to, timeZone };
  const standing = await standingOf(db, company.id, now);
  const [projected, figures, series, jobs, happenings, messages, connection] = await Promise.all([
    projectedDay(db, company.id, standing.referrals.remaining, now, timeZone),
    figuresOf(db, company.id, range),
    figuresBy(db, company.id, range, choice.step),
    figuresBy(db, company.id, range, 'job'),
    listHappenings(db, company.id, 6),
    listMessages(db, company.id, { limit: 8 }),
    connectionOf(deps, company),
  ]);
  return {
    company,
    choice,
    standing,
    projected,
    figures,
    series: filled(series, stepsBetween(choice.from, choice.to, choice.step)),
    jobs,
    happenings,
    messages,
    connection,
    fresh: messages.length === 0 && happenings.length === 0 && figures.notices === 0,
  };
}

async function showMessages(deps: Deps, request: Request, response: Response): Promise<void> {
  const who = session(response);
  const company = await companyOf(deps, who);
  const { verdict, cursor } = listQuery.parse(request.query);
  const after = cursor === undefined ? undefined : decodeCursor(cursor);
  const rows = await listMessages(deps.reads, company.id, { verdict, after, limit: PAGE + 1 });
  const messages = rows.slice(0, PAGE);
  const last = messages.at(-1);
  const next = rows.length > PAGE && last ? encodeCursor(last) : undefined;
  const list = { verdict, messages, next, first: after === undefined };
  response.send(messagesPage(who, placesOf(who), viewOf(deps, who, company.timeZone), list));
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

/** The pages of one company, for its people. */
export function dashboardPages(deps: Deps): Router {
  const gate = requireSession(deps, ...COMPANY_ROLES);
  const router = Router();
  router.get('/dashboard', gate, async (request, response) => {
    const who = session(response);
    const company = await companyOf(deps, who);
    const shown = await overviewOf(deps, company, request.query);
    response.send(overviewPage(who, placesOf(who), viewOf(deps, who, company.timeZone), shown));
  });
  router.get('/dashboard/messages', gate, (request, response) => showMessages(deps, request, response));
  router.get('/dashboard/credits', gate, (request, response) => showCredits(deps, request, response));
  router.get('/dashboard/setup', gate, async (request, response) => {
    const who = session(response);
    const company = await companyOf(deps, who);
    const [connection, sendgrid] = await Promise.all([
      connectionOf(deps, company),
      sendgridOf(deps, company, request.query.said),
    ]);
    const view = viewOf(deps, who, company.timeZone);
    response.send(setupPage(who, placesOf(who), view, connection, sendgrid));
  });
  return router.use(pageFaults);
}
