import { Router } from 'express';
import { z } from 'zod';
import type { Deps } from '../deps.js';
import { AppError } from '../errors.js';
import { isCode } from '../link/code.js';
import { principal, requireScope } from '../web/auth.js';
import { answerOnce } from '../web/idempotency.js';
import type { Operation } from '../web/openapi.js';
import { parseInput } from '../web/problem.js';
import { type ReportOutcome, report, reverse } from './report.js';
import type { Registration } from './store.js';

const time = z.iso.datetime({ offset: true }).transform((text) => new Date(text));

/** `registered` is the agency's word for what is `pending` here. */
const status = z
  .enum(['registered', 'pending', 'verified', 'accepted', 'rejected', 'withdrawn'])
  .transform((given) => (given === 'registered' ? 'pending' : given));

const ADDRESS = /\S@\S+\.\S/;
/** Ids, versions and reasons are kept when a candidate's data is erased, so they must not name one. */
function anonymous(schema: z.ZodString) {
  return schema.refine((text) => !ADDRESS.test(text), 'must not contain an e-mail address');
}

const reportSchema = z.strictObject({
  externalId: anonymous(z.string().min(1).max(200)),
  code: z.string().refine(isCode, 'is not a code').optional(),
  clickId: z.guid().optional(),
  status,
  occurredAt: time.optional(),
  candidate: z.strictObject({ email: z.email().max(254), name: z.string().max(200).optional() }).optional(),
  consent: z.strictObject({ version: anonymous(z.string().min(1).max(100)), at: time }).optional(),
});

const reversalSchema = z.strictObject({ reason: anonymous(z.string().trim().min(1).max(200)) });

/** What the agency is told. No address, no name: it has them. */
function shown(registration: Registration) {
  const { id, externalId, companyId, status, attribution, counted, reason } = registration;
  return { id, externalId, companyId, status, attribution, counted, ...(reason ? { reason } : {}) };
}

function answerOf(outcome: ReportOutcome) {
  switch (outcome.kind) {
    case 'created':
      return { status: 201, body: shown(outcome.registration) };
    case 'repeated':
      return { status: 200, body: shown(outcome.registration) };
    case 'conflict': {
      const { field, message } = outcome;
      throw new AppError('conflict', `${field}: ${message}`, [{ field, message }]);
    }
  }
}

/** How agencies report registrations of their own, and take them back. */
export function postbackApi(deps: Deps): Router {
  const router = Router();
  router.post('/registrations', async (request, response) => {
    const who = principal(response);
    requireScope(who, 'agency');
    const input = parseInput(reportSchema, request.body);
    if (input.code !== undefined && input.clickId !== undefined) {
      const message = 'send code or clickId, not both';
      throw new AppError('invalid_input', message, [{ field: 'clickId', message }]);
    }
    await answerOnce(deps, request, response, async (tx) => answerOf(await report(deps, tx, input, who.id)));
  });
  router.post('/registrations/:externalId/reversal', async (request, response) => {
    const who = principal(response);
    requireScope(who, 'agency');
    const { reason } = parseInput(reversalSchema, request.body);
    const { externalId } = request.params;
    await answerOnce(deps, request, response, async (tx) => {
      const outcome = await reverse(deps, tx, { externalId, reason }, who.id);
      if (outcome.kind === 'unknown') throw new AppError('not_found', 'no registration has this externalId');
      return { status: outcome.kind === 'reversed' ? 201 : 200, body: shown(outcome.registration) };
    });
  });
  return router;
}

export const postbackOperations: readonly Operation[] = [
  {
    method: 'post',
    path: '/registrations',
    summary: 'Report a registration, or its next status',
    who: 'operator, agency',
    body: reportSchema,
    answers: {
      201: '{id, externalId, companyId, status, attribution, counted, reason?}',
      200: 'reported before: the registration as it stands',
      409: 'the same externalId with other content',
    },
  },
  {
    method: 'post',
    path: '/registrations/{externalId}/reversal',
    summary: 'Take a registration back',
    who: 'operator, agency',
    body: reversalSchema,
    answers: {
      201: 'the registration, reversed',
      200: 'it was reversed before',
      404: 'no such registration',
    },
  },
];
