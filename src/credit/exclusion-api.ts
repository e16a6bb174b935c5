import { type Request, type Response, Router } from 'express';
import { z } from 'zod';
import type { Deps } from '../deps.js';
import { AppError } from '../errors.js';
import { keyActing } from '../web/actor.js';
import { commonKeys, companyKeys, ownKeys, type Principal, principal } from '../web/auth.js';
import { type Answer, answerOnce } from '../web/idempotency.js';
import type { Operation } from '../web/openapi.js';
import { parseInput } from '../web/problem.js';
import { exclusionAnswer, exclusionsAnswer } from './answers.js';
import { knownCompany } from './company-path.js';
import {
  type EndableBy,
  type ExclusionSource,
  exclude,
  exclusionBody,
  listExclusions,
  recordExclusion,
  recordExclusionEnd,
  removeExclusion,
} from './exclusion.js';

/** On whose behalf a key leaves somebody out. */
function sourceOf(who: Principal): ExclusionSource {
  if (who.scopes.has('operator')) return 'operator';
  return who.companyId === null ? 'agency' : 'company';
}

/** Which exclusions a key may end: an operator's any, the others' those that came from their own side. */
function endableBy(who: Principal): EndableBy {
  const source = sourceOf(who);
  return source === 'operator' ? {} : { companyId: who.companyId, source };
}

async function add(
  deps: Deps,
  companyId: string | null,
  request: Request,
  response: Response,
): Promise<void> {
  const wanted = parseInput(exclusionBody, request.body);
  const who = principal(response);
  await answerOnce(deps, request, response, async (tx): Promise<Answer> => {
    const by = { companyId, source: sourceOf(who), actor: who.id };
    const exclusion = await exclude(deps, tx, { ...wanted, ...by });
    if (!exclusion) throw new AppError('conflict', 'this exclusion stands already');
    await recordExclusion(deps, tx, keyActing(who), exclusion);
    return { status: 201, body: exclusion };
  });
}

/** Who is left out of the program, over HTTP. */
export function exclusionApi(deps: Deps): Router {
  const router = Router();
  router.get('/program/exclusions', commonKeys('agency'), async (_request, response) => {
    response.json({ exclusions: await listExclusions(deps.db, null) });
  });
  router.post('/program/exclusions', commonKeys('agency'), (request, response) => {
    return add(deps, null, request, response);
  });
  router.get('/companies/:id/exclusions', companyKeys('admin'), async (request, response) => {
    const { id } = await knownCompany(deps, request.params);
    response.json({ exclusions: await listExclusions(deps.db, id) });
  });
  router.post('/companies/:id/exclusions', companyKeys('admin'), async (request, response) => {
    await add(deps, (await knownCompany(deps, request.params)).id, request, response);
  });
  router.delete('/exclusions/:exclusionId', ownKeys('agency', 'admin'), async (request, response) => {
    const who = principal(response);
    const id = z.uuid().safeParse(request.params.exclusionId);
    const by = { actor: who.id, at: deps.clock(), ...endableBy(who) };
    const removed =
      id.success &&
      (await deps.db.transaction(async (tx) => {
        const ended = await removeExclusion(tx, id.data, by);
        if (ended) await recordExclusionEnd(deps, tx, keyActing(who), ended);
        return ended;
      }));
    if (!removed) throw new AppError('not_found', 'no such exclusion stands');
    response.status(204).end();
  });
  return router;
}

const UNKNOWN = 'no such company';

export const exclusionOperations: readonly Operation[] = [
  {
    method: 'get',
    path: '/program/exclusions',
    summary: 'Who counts for no company; ended ones too',
    who: 'operator, agency',
    answers: { 200: { means: 'the exclusions', body: exclusionsAnswer } },
  },
  {
    method: 'post',
    path: '/program/exclusions',
    summary: 'Leave a domain or an address (a member whom the agency knew before) out for every company',
    who: 'operator, agency',
    body: exclusionBody,
    answers: { 201: { means: 'the exclusion', body: exclusionAnswer }, 409: 'it stands already' },
  },
  {
    method: 'get',
    path: '/companies/{id}/exclusions',
    summary: 'Who does not count for one company; ended ones too',
    who: 'operator, company admin',
    answers: { 200: { means: 'the exclusions', body: exclusionsAnswer }, 404: UNKNOWN },
  },
  {
    method: 'post',
    path: '/companies/{id}/exclusions',
    summary: 'Leave a domain (own employees) or an address (tests) out for one company',
    who: 'operator, company admin',
    body: exclusionBody,
    answers: {
      201: { means: 'the exclusion', body: exclusionAnswer },
      404: UNKNOWN,
      409: 'it stands already',
    },
  },
  {
    method: 'delete',
    path: '/exclusions/{exclusionId}',
    summary: 'End an exclusion; what was not counted because of it stays so',
    who: 'operator; agency and company admin what their own side added',
    answers: { 204: 'ended', 404: 'no such exclusion stands' },
  },
];
