import { type Request, type Response, Router } from 'express';
import { z } from 'zod';
import type { Deps } from '../deps.js';
import { AppError } from '../errors.js';
import { commonKeys, companyKeys, principal } from '../web/auth.js';
import { type Answer, answerOnce } from '../web/idempotency.js';
import type { Operation } from '../web/openapi.js';
import { parseInput } from '../web/problem.js';
import { programAnswer, rulesAnswer } from './answers.js';
import { knownCompany } from './company-path.js';
import { rulesInForce } from './program.js';
import { changeRules, rulesHistory } from './program-change.js';

const days = z.int().min(1).max(3_650);

/** What of the rules may change; what is left out stays. */
export const rulesBody = z.strictObject({
  threshold: z.int().min(1).max(1_000).optional().describe('counted referrals that earn a credit'),
  countEvent: z.enum(['registered', 'verified', 'accepted']).optional().describe('what counts'),
  attributionWindowDays: days.optional().describe('how old a link or click may be'),
  personWindowDays: days.optional().describe('how long one person counts once over all companies'),
  creditExpiresAfterDays: days.nullable().optional().describe('null: credits do not expire'),
  effectiveAt: z.iso
    .datetime({ offset: true })
    .transform((text) => new Date(text))
    .optional()
    .describe('ISO 8601 with an offset; not before now'),
});

async function program(deps: Deps, companyId: string | null) {
  const [inForce, history] = await Promise.all([
    rulesInForce(deps.db, companyId, deps.clock()),
    rulesHistory(deps.db, companyId),
  ]);
  return { inForce: history.find((rules) => rules.id === inForce.id), history };
}

async function change(
  deps: Deps,
  companyId: string | null,
  request: Request,
  response: Response,
): Promise<void> {
  const wanted = parseInput(rulesBody, request.body);
  const actor = principal(response).id;
  await answerOnce(deps, request, response, async (tx): Promise<Answer> => {
    const changed = await changeRules(deps, tx, { ...wanted, companyId, actor });
    if (changed.kind === 'past') {
      const message = 'must not be before now';
      throw new AppError('invalid_input', `effectiveAt: ${message}`, [{ field: 'effectiveAt', message }]);
    }
    return { status: 201, body: changed.rules };
  });
}

/** The rules of the program, over HTTP. */
export function programApi(deps: Deps): Router {
  const router = Router();
  router.get('/program', commonKeys(), async (_request, response) => {
    response.json(await program(deps, null));
  });
  router.post('/program', commonKeys(), (request, response) => {
    return change(deps, null, request, response);
  });
  router.get('/companies/:id/program', companyKeys('read', 'admin'), async (request, response) => {
    response.json(await program(deps, (await knownCompany(deps, request.params)).id));
  });
  router.post('/companies/:id/program', companyKeys(), async (request, response) => {
    await change(deps, (await knownCompany(deps, request.params)).id, request, response);
  });
  return router;
}

const UNKNOWN = 'no such company';

export const programOperations: readonly Operation[] = [
  {
    method: 'get',
    path: '/program',
    summary: 'The common rules: in force, planned and past',
    who: 'operator',
    answers: { 200: { means: 'the rules', body: programAnswer } },
  },
  {
    method: 'post',
    path: '/program',
    summary: 'Change the common rules from now or later on; what was posted stays',
    who: 'operator',
    body: rulesBody,
    answers: { 201: { means: 'the new rules', body: rulesAnswer } },
  },
  {
    method: 'get',
    path: '/companies/{id}/program',
    summary: "A company's rules: in force, planned and past, with the common ones",
    who: 'operator, company',
    answers: { 200: { means: 'the rules', body: programAnswer }, 404: UNKNOWN },
  },
  {
    method: 'post',
    path: '/companies/{id}/program',
    summary: 'Give a company rules of its own from now or later on; what was posted stays',
    who: 'operator',
    body: rulesBody,
    answers: { 201: { means: 'the new rules', body: rulesAnswer }, 404: UNKNOWN },
  },
];
