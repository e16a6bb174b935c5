import { type Request, type Response, Router } from 'express';
import { z } from 'zod';
import type { Tx } from '../db/db.js';
import type { Deps } from '../deps.js';
import { AppError } from '../errors.js';
import { anonymous } from '../registration/person.js';
import { commonKeys, companyKeys, principal } from '../web/auth.js';
import { type Answer, answerOnce } from '../web/idempotency.js';
import type { Operation } from '../web/openapi.js';
import { parseInput } from '../web/problem.js';
import {
  approveAdjustment,
  type Decision,
  type DecisionOutcome,
  proposeAdjustment,
  rejectAdjustment,
} from './adjustment.js';
import { type Adjustment, listAdjustments } from './adjustment-store.js';
import { adjustmentAnswer, adjustmentsAnswer } from './answers.js';
import { knownCompany } from './company-path.js';

const LISTED = 200;
const delta = (limit: number) => z.int().min(-limit).max(limit).default(0);

/** What an adjustment may ask for: at least one delta, and why. */
export const adjustmentBody = z
  .strictObject({
    referrals: delta(10_000),
    progress: delta(10_000),
    credits: delta(100),
    /** For the record. Never a candidate's name. */
    reason: anonymous(z.string().trim().min(1).max(500)),
  })
  .refine((given) => given.referrals !== 0 || given.progress !== 0 || given.credits !== 0, {
    message: 'at least one of referrals, progress and credits must not be 0',
    path: ['credits'],
  });

const noBody = z.strictObject({});

function shown({ decision, ...adjustment }: Adjustment) {
  return { ...adjustment, status: decision ?? 'pending' };
}

/** @throws AppError for every outcome that decided nothing */
function decided(outcome: DecisionOutcome): Adjustment {
  switch (outcome.kind) {
    case 'done':
    case 'repeated':
      return outcome.adjustment;
    case 'unknown':
      throw new AppError('not_found', 'no such adjustment');
    case 'same_operator':
      throw new AppError('forbidden', 'another operator than the one who proposed it must approve it');
    case 'decided':
      throw new AppError('conflict', `it was ${outcome.adjustment.decision} before`);
    case 'not_available':
      throw new AppError('conflict', `it takes more credits than are open: ${outcome.available}`);
  }
}

/** @throws AppError `not_found` for a text that is no id */
function adjustmentId(params: Readonly<Record<string, unknown>>): string {
  const id = z.uuid().safeParse(params.adjustmentId);
  if (!id.success) throw new AppError('not_found', 'no such adjustment');
  return id.data;
}

/** Adjustments over HTTP: one operator proposes, another approves. */
export function adjustmentApi(deps: Deps): Router {
  const router = Router();

  router.get('/companies/:id/adjustments', companyKeys(), async (request, response) => {
    const { id } = await knownCompany(deps, request.params);
    response.json({ adjustments: (await listAdjustments(deps.db, id, LISTED)).map(shown) });
  });

  router.post('/companies/:id/adjustments', companyKeys(), async (request, response) => {
    const { id: companyId } = await knownCompany(deps, request.params);
    const wanted = parseInput(adjustmentBody, request.body);
    const actor = principal(response).id;
    await answerOnce(deps, request, response, async (tx): Promise<Answer> => {
      const proposal = { ...wanted, id: deps.newId(), companyId, actor, at: deps.clock() };
      return { status: 201, body: shown(await proposeAdjustment(tx, proposal)) };
    });
  });

  async function decide(
    request: Request,
    response: Response,
    work: (tx: Tx, decision: Decision) => Promise<DecisionOutcome>,
  ): Promise<void> {
    const id = adjustmentId(request.params);
    parseInput(noBody, request.body);
    const decision = { id, actor: principal(response).id, at: deps.clock() };
    await answerOnce(deps, request, response, async (tx): Promise<Answer> => {
      return { status: 200, body: shown(decided(await work(tx, decision))) };
    });
  }

  router.post('/adjustments/:adjustmentId/approval', commonKeys(), (request, response) =>
    decide(request, response, (tx, decision) => approveAdjustment(deps, tx, decision)),
  );
  router.post('/adjustments/:adjustmentId/rejection', commonKeys(), (request, response) =>
    decide(request, response, rejectAdjustment),
  );
  return router;
}

export const adjustmentOperations: readonly Operation[] = [
  {
    method: 'get',
    path: '/companies/{id}/adjustments',
    summary: 'The adjustments of a company, the newest first',
    who: 'operator',
    answers: { 200: { means: 'the adjustments', body: adjustmentsAnswer }, 404: 'no such company' },
  },
  {
    method: 'post',
    path: '/companies/{id}/adjustments',
    summary: 'Propose a correction of the ledger; another operator must approve it',
    who: 'operator',
    body: adjustmentBody,
    answers: { 201: { means: 'the adjustment, pending', body: adjustmentAnswer }, 404: 'no such company' },
  },
  {
    method: 'post',
    path: '/adjustments/{adjustmentId}/approval',
    summary:
      'Approve and post an adjustment that another operator proposed; credits are earned and revoked as follows',
    who: 'another operator',
    answers: {
      200: { means: 'the adjustment, approved', body: adjustmentAnswer },
      404: 'no such adjustment',
      409: 'rejected before, or too few credits',
    },
  },
  {
    method: 'post',
    path: '/adjustments/{adjustmentId}/rejection',
    summary: 'Close an adjustment without posting it',
    who: 'operator',
    answers: {
      200: { means: 'the adjustment, rejected', body: adjustmentAnswer },
      404: 'no such adjustment',
      409: 'approved before',
    },
  },
];
