import { Router } from 'express';
import { z } from 'zod';
import { memberAnswer, membersAnswer } from '../company/answers.js';
import { recordMember } from '../company/member-desk.js';
import { keepMember, listMembers, type Member } from '../company/members.js';
import { type Company, findCompany } from '../company/store.js';
import type { Queryable } from '../db/db.js';
import type { Deps } from '../deps.js';
import { AppError } from '../errors.js';
import { keyActing } from '../web/actor.js';
import { commonKeys, companyKeys, principal } from '../web/auth.js';
import { answerOnce } from '../web/idempotency.js';
import type { Operation } from '../web/openapi.js';
import { parseInput } from '../web/problem.js';
import { messagesAnswer, statsAnswer } from './answers.js';
import { decodeCursor, encodeCursor } from './cursor.js';
import { isDay } from './days.js';
import { listMessages } from './queries.js';
import { figuresBy, figuresOf, standingOf } from './stats.js';

const PAGE = 50;

const day = z.string().refine(isDay, 'must be a day as YYYY-MM-DD');
const statsQuery = z
  .object({
    from: day.optional().describe('first day, YYYY-MM-DD'),
    to: day.optional().describe('last day, YYYY-MM-DD'),
    by: z.enum(['day', 'job', 'stage', 'source']).optional().describe('adds `series`'),
  })
  .refine((given) => !given.from || !given.to || given.from <= given.to, {
    message: 'must not be after to',
    path: ['from'],
  });
const messagesQuery = z.object({
  verdict: z.enum(['rejection', 'other', 'unsure']).optional(),
  cursor: z.string().optional(),
});
const address = z.email().max(254);
const memberInput = z.object({
  email: address,
  role: z.enum(['viewer', 'member', 'admin']),
  locale: z.enum(['ja', 'en']).optional(),
});
const operatorInput = z.object({ email: address, locale: z.enum(['ja', 'en']).optional() });

/** The company that a path names. @throws AppError `not_found`, also for what is no id */
async function companyOf(db: Queryable, id: string): Promise<Company> {
  const company = z.uuid().safeParse(id).success ? await findCompany(db, id) : undefined;
  if (!company) throw new AppError('not_found', 'no such company');
  return company;
}

function shownMember({ id, companyId, email, role, locale, createdAt }: Member) {
  return { id, companyId, email, role, locale, createdAt };
}

async function stats(deps: Deps, company: Company, query: z.infer<typeof statsQuery>) {
  const range = {
    from: query.from ?? '-infinity',
    to: query.to ?? 'infinity',
    timeZone: company.timeZone,
  };
  const [totals, standing, series] = await Promise.all([
    figuresOf(deps.reads, company.id, range),
    standingOf(deps.reads, company.id, deps.clock()),
    query.by ? figuresBy(deps.reads, company.id, range, query.by) : undefined,
  ]);
  const { pending, counted, reversed } = totals.registrations;
  return {
    mails: totals.mails,
    clicks: totals.clicks,
    candidatesClicked: totals.candidatesClicked,
    registrations: { pending, counted, reversed },
    ...standing,
    ...(series ? { series } : {}),
  };
}

function memberRoutes(deps: Deps): Router {
  const router = Router();
  router.post('/companies/:id/members', companyKeys('admin'), async (request, response) => {
    const company = await companyOf(deps.db, request.params.id);
    const who = principal(response);
    const wanted = parseInput(memberInput, request.body);
    await answerOnce(deps, request, response, async (tx) => {
      const { member, created } = await keepMember(deps, tx, { ...wanted, companyId: company.id });
      await recordMember(deps, tx, keyActing(who), member, created);
      return { status: created ? 201 : 200, body: shownMember(member) };
    });
  });
  router.get('/companies/:id/members', companyKeys('admin'), async (request, response) => {
    const company = await companyOf(deps.db, request.params.id);
    response.json({ members: (await listMembers(deps.db, company.id)).map(shownMember) });
  });
  router.post('/operators', commonKeys(), async (request, response) => {
    const who = principal(response);
    const wanted = parseInput(operatorInput, request.body);
    await answerOnce(deps, request, response, async (tx) => {
      const { member, created } = await keepMember(deps, tx, {
        ...wanted,
        companyId: null,
        role: 'operator',
      });
      await recordMember(deps, tx, keyActing(who), member, created);
      return { status: created ? 201 : 200, body: shownMember(member) };
    });
  });
  return router;
}

/** What a company or the operator may read of a company, and who may sign in there. Behind Bearer keys. */
export function dashboardApi(deps: Deps): Router {
  const router = Router();
  router.get('/companies/:id/stats', companyKeys('read', 'admin'), async (request, response) => {
    const company = await companyOf(deps.db, request.params.id);
    response.json(await stats(deps, company, parseInput(statsQuery, request.query)));
  });
  router.get('/companies/:id/messages', companyKeys('read', 'admin'), async (request, response) => {
    const company = await companyOf(deps.db, request.params.id);
    const { verdict, cursor } = parseInput(messagesQuery, request.query);
    const rows = await listMessages(deps.reads, company.id, {
      verdict,
      after: cursor === undefined ? undefined : decodeCursor(cursor),
      limit: PAGE + 1,
    });
    const shown = rows.slice(0, PAGE);
    const last = shown.at(-1);
    response.json({ messages: shown, next: rows.length > PAGE && last ? encodeCursor(last) : null });
  });
  return router.use(memberRoutes(deps));
}

const READER = 'operator, company';
const ADMIN = 'operator, company admin';
const UNKNOWN = 'no such company';

export const dashboardOperations: readonly Operation[] = [
  {
    method: 'get',
    path: '/companies/{id}/stats',
    summary: 'The figures of a company; from and to are days in its time zone',
    who: READER,
    query: statsQuery,
    answers: {
      200: { means: 'the figures', body: statsAnswer },
      404: UNKNOWN,
    },
  },
  {
    method: 'get',
    path: '/companies/{id}/messages',
    summary: 'What was done to each mail and why, newest first',
    who: READER,
    query: messagesQuery,
    answers: { 200: { means: 'a page of them', body: messagesAnswer }, 404: UNKNOWN },
  },
  {
    method: 'post',
    path: '/companies/{id}/members',
    summary: 'Let a person sign in to the dashboard',
    who: ADMIN,
    body: memberInput,
    answers: {
      201: { means: 'the member', body: memberAnswer },
      200: {
        means: 'the address is a member already; role and locale are those asked for',
        body: memberAnswer,
      },
      404: UNKNOWN,
    },
  },
  {
    method: 'get',
    path: '/companies/{id}/members',
    summary: 'List the people who may sign in',
    who: ADMIN,
    answers: { 200: { means: 'the members, the oldest first', body: membersAnswer }, 404: UNKNOWN },
  },
  {
    method: 'post',
    path: '/operators',
    summary: 'Let a person sign in to the operator console',
    who: 'operator',
    body: operatorInput,
    answers: {
      201: { means: 'the operator', body: memberAnswer },
      200: { means: 'the address is an operator already', body: memberAnswer },
    },
  },
];
