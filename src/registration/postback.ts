import { Router } from 'express';
import type { Deps } from '../deps.js';
import { AppError } from '../errors.js';
import { commonKeys, principal } from '../web/auth.js';
import { answerOnce } from '../web/idempotency.js';
import type { Operation } from '../web/openapi.js';
import { parseInput } from '../web/problem.js';
import { announce } from './announce.js';
import { explainedAnswer, parkedAnswer, registrationAnswer } from './answers.js';
import { because, chainOf, timesOf } from './explain.js';
import { listParked } from './parked-store.js';
import { report, reverse } from './report.js';
import { answerOf, reportSchema, reversalSchema, shown } from './report-schema.js';
import { spendSignature } from './signature.js';
import { findByExternalId } from './store.js';

const UNKNOWN = 'no registration has this externalId';
const MOST_PARKED = 1_000;

/** How agencies report registrations of their own, and take them back. */
export function postbackApi(deps: Deps): Router {
  const router = Router();
  router.post('/registrations', commonKeys('agency'), async (request, response) => {
    const who = principal(response);
    const input = parseInput(reportSchema, request.body);
    let id: string | undefined;
    await answerOnce(deps, request, response, async (tx) => {
      await spendSignature(deps, tx, response);
      const outcome = await report(deps, tx, input, who.id);
      if (outcome.kind !== 'conflict') id = outcome.registration.id;
      return answerOf(outcome);
    });
    if (id) await announce(deps, id);
  });
  router.post('/registrations/:externalId/reversal', commonKeys('agency'), async (request, response) => {
    const who = principal(response);
    const { reason } = parseInput(reversalSchema, request.body);
    const { externalId } = request.params;
    let id: string | undefined;
    await answerOnce(deps, request, response, async (tx) => {
      await spendSignature(deps, tx, response);
      const outcome = await reverse(deps, tx, { externalId, reason }, who.id);
      if (outcome.kind === 'unknown') throw new AppError('not_found', UNKNOWN);
      id = outcome.registration.id;
      return { status: outcome.kind === 'reversed' ? 201 : 200, body: shown(outcome.registration) };
    });
    if (id) await announce(deps, id);
  });
  router.get('/registrations/parked', commonKeys(), async (_request, response) => {
    response.json({ parked: await listParked(deps.db, MOST_PARKED) });
  });
  router.get('/registrations/:externalId', commonKeys('agency'), async (request, response) => {
    const who = principal(response);
    const found = await findByExternalId(deps.db, request.params.externalId);
    if (!found) throw new AppError('not_found', UNKNOWN);
    const told = { ...shown(found), because: because(found.attribution), registration: timesOf(found) };
    response.json(who.scopes.has('operator') ? { ...told, ...(await chainOf(deps.db, found)) } : told);
  });
  return router;
}

export const postbackOperations: readonly Operation[] = [
  {
    method: 'post',
    path: '/registrations',
    summary: 'Report a registration, or its next status',
    who: 'operator, agency (by key or by signature)',
    body: reportSchema,
    answers: {
      201: { means: 'the registration', body: registrationAnswer },
      200: { means: 'reported before: the registration as it stands', body: registrationAnswer },
      409: 'the same externalId with other content, or a webhook-id that was handled before',
    },
  },
  {
    method: 'post',
    path: '/registrations/{externalId}/reversal',
    summary: 'Take a registration back',
    who: 'operator, agency (by key or by signature)',
    body: reversalSchema,
    answers: {
      201: { means: 'the registration, reversed', body: registrationAnswer },
      200: { means: 'it was reversed before', body: registrationAnswer },
      404: 'no such registration (yet): send it again after the report',
    },
  },
  {
    method: 'get',
    path: '/registrations/parked',
    summary:
      'Reports that name a code or a click which we do not know (yet), and those given up after 30 days',
    who: 'operator',
    answers: { 200: { means: 'what is parked', body: parkedAnswer } },
  },
  {
    method: 'get',
    path: '/registrations/{externalId}',
    summary:
      'Why a registration counts or does not: the rule that decided; the operator sees the whole chain',
    who: 'operator, agency',
    answers: {
      200: { means: 'the registration; from `mails` on for operators alone', body: explainedAnswer },
      404: 'no such registration',
    },
  },
];
