import { type Request, type Response, Router } from 'express';
import { z } from 'zod';
import type { Deps } from '../deps.js';
import { AppError } from '../errors.js';
import { linkUrl } from '../link/mint.js';
import { REVIEW_DAYS } from '../relay/review.js';
import { pageFaults } from '../web/page-fault.js';
import { COMPANY_ROLES, requireSession, session } from '../web/session.js';
import { decodeCursor, encodeCursor } from './cursor.js';
import { isDay } from './days.js';
import { BECAME, countAsked, findMail, findMessages, type MailFilter } from './mail-queries.js';
import { companyOf, viewOf } from './pages.js';
import { placesOf } from './places.js';
import { mailPage } from './views/mail.js';
import { messagesPage } from './views/messages.js';

const PAGE = 50;
const LONGEST_TEXT = 100;

/** What a form leaves empty is not asked for; what is no value of its field neither. */
const text = z
  .string()
  .trim()
  .min(1)
  .transform((one) => one.slice(0, LONGEST_TEXT))
  .optional()
  .catch(undefined);
const listQuery = z.object({
  verdict: z.enum(['rejection', 'other', 'unsure']).optional().catch(undefined),
  became: z.enum(BECAME).optional().catch(undefined),
  text,
  from: text,
  to: text,
  cursor: z.string().optional().catch(undefined),
});

/** The filter of an address; days that are none are left out, and said. */
function filterOf({ from, to, ...rest }: MailFilter): { filter: MailFilter; isFaulty: boolean } {
  const sound = (day: string | undefined) => (day !== undefined && isDay(day) ? day : undefined);
  const filter = { ...rest, from: sound(from), to: sound(to) };
  return { filter, isFaulty: filter.from !== from || filter.to !== to };
}

async function showMails(deps: Deps, request: Request, response: Response): Promise<void> {
  const who = session(response);
  const company = await companyOf(deps, who);
  const { cursor, ...asked } = listQuery.parse(request.query);
  const { filter, isFaulty } = filterOf(asked);
  const after = cursor === undefined ? undefined : decodeCursor(cursor);
  const page = { timeZone: company.timeZone, after, limit: PAGE + 1 };
  const since = new Date(deps.clock().getTime() - REVIEW_DAYS * 86_400_000);
  const [rows, waiting] = await Promise.all([
    findMessages(deps.reads, company.id, filter, page),
    countAsked(deps.reads, company.id, since),
  ]);
  const messages = rows.slice(0, PAGE);
  const last = messages.at(-1);
  const next = rows.length > PAGE && last ? encodeCursor(last) : undefined;
  const list = { filter, isFaulty, messages, next, first: after === undefined };
  response.send(messagesPage(who, placesOf(who, waiting), viewOf(deps, who, company.timeZone), list));
}

async function showMail(deps: Deps, request: Request, response: Response): Promise<void> {
  const who = session(response);
  const company = await companyOf(deps, who);
  const id = z.uuid().safeParse(request.params.message);
  const mail = id.success ? await findMail(deps.reads, company.id, id.data) : undefined;
  if (!mail) throw new AppError('not_found', 'no such mail');
  const url = mail.code === null ? undefined : linkUrl(deps.config, mail.code, company.linkHost);
  response.send(mailPage(who, placesOf(who), viewOf(deps, who, company.timeZone), mail, url));
}

/** The journal of mails: the list, and what was done to one and why. */
export function mailPages(deps: Deps): Router {
  const gate = requireSession(deps, ...COMPANY_ROLES);
  const router = Router();
  router.get('/dashboard/messages', gate, (request, response) => showMails(deps, request, response));
  router.get('/dashboard/messages/:message', gate, (request, response) => showMail(deps, request, response));
  return router.use(pageFaults);
}
