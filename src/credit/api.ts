import { Router } from 'express';
import { z } from 'zod';
import type { Deps } from '../deps.js';
import { AppError } from '../errors.js';
import { anonymous } from '../registration/person.js';
import { companyKeys, principal } from '../web/auth.js';
import { type Answer, answerOnce } from '../web/idempotency.js';
import type { Operation } from '../web/openapi.js';
import { parseInput } from '../web/problem.js';
import { adjustmentApi, adjustmentOperations } from './adjustment-api.js';
import { entriesAnswer, redeemedAnswer, verificationAnswer } from './answers.js';
import { knownCompany } from './company-path.js';
import type { LedgerEntry } from './entry.js';
import { exclusionApi, exclusionOperations } from './exclusion-api.js';
import { balances } from './ledger.js';
import { programApi, programOperations } from './program-api.js';
import { reconciliationApi, reconciliationOperations } from './reconciliation-api.js';
import {
  type Cancellation,
  type CancellationOutcome,
  cancelRedemption,
  type Redemption,
  type RedemptionOutcome,
  redeem,
} from './redemption.js';
import { statementApi, statementOperations } from './statement-api.js';
import { listEntries } from './store.js';
import { verifyLedger } from './verify.js';

const ledgerQuery = z.object({
  /** The `next` of the page before: the sequence of its last entry. */
  cursor: z
    .string()
    .regex(/^\d{1,15}$/, 'must be the next of the page before')
    .transform(Number)
    .default(0),
  limit: z
    .string()
    .regex(/^\d{1,4}$/, 'must be a number')
    .transform(Number)
    .pipe(z.number().min(1).max(1_000))
    .default(100),
});

/** The anchor of a statement or a monthly summary: both, or neither. */
const anchorQuery = z
  .object({
    sequence: z
      .string()
      .regex(/^\d{1,15}$/, 'must be the number of an entry')
      .transform(Number)
      .optional(),
    hash: z
      .string()
      .regex(/^[0-9a-f]{64}$/i, 'must be 64 hexadecimal digits')
      .optional(),
  })
  .refine(({ sequence, hash }) => (sequence === undefined) === (hash === undefined), {
    path: ['hash'],
    message: 'sequence and hash belong together',
  });

export const redemptionBody = z.strictObject({
  quantity: z.int().min(1).max(1_000).describe('how many credits'),
  reference: anonymous(z.string().trim().min(1).max(200)).describe(
    'the introduction or order that they pay for; used once per company, never a candidate’s name',
  ),
});

/** Everything that the hash is made of (see `hashOf`), so that the reader can recompute the chain. */
function shown(entry: LedgerEntry) {
  return {
    ...entry,
    inputHash: entry.inputHash.toString('hex'),
    previousHash: entry.previousHash.toString('hex'),
    hash: entry.hash.toString('hex'),
  };
}

function redemptionAnswer(redemption: Redemption, outcome: RedemptionOutcome, available: number): Answer {
  const { reference, quantity } = redemption;
  switch (outcome.kind) {
    case 'redeemed':
      return { status: 201, body: { reference, quantity, credits: { available } } };
    case 'exists':
      return { status: 200, body: { reference, quantity, credits: { available } } };
    case 'conflict':
      throw new AppError('conflict', `the reference ${reference} redeemed another quantity before`);
    case 'cancelled':
      throw new AppError('conflict', `the redemption ${reference} was cancelled: use another reference`);
    case 'not_available':
      throw new AppError('conflict', `not available: ${quantity} asked for, ${outcome.available} available`);
  }
}

export const cancellationBody = z.strictObject({
  reason: anonymous(z.string().trim().min(1).max(500)).describe('for the record; never a candidate’s name'),
});

function cancellationAnswer(
  { reference }: Cancellation,
  outcome: CancellationOutcome,
  available: number,
): Answer {
  if (outcome.kind === 'not_redeemed') throw new AppError('not_found', `${reference} redeemed nothing`);
  const { kind, quantity } = outcome;
  return { status: kind === 'cancelled' ? 201 : 200, body: { reference, quantity, credits: { available } } };
}

/** The ledger over HTTP: reading it, verifying it (company and operator) and redeeming (operator). */
export function ledgerApi(deps: Deps): Router {
  const router = Router();

  router.get('/companies/:id/ledger', companyKeys('read', 'admin'), async (request, response) => {
    const { id: companyId } = await knownCompany(deps, request.params);
    const { cursor, limit } = parseInput(ledgerQuery, request.query);
    const entries = await listEntries(deps.db, companyId, { after: cursor, limit: limit + 1 });
    const page = entries.slice(0, limit);
    const next = entries.length > limit ? String(page.at(-1)!.sequence) : null;
    response.json({ entries: page.map(shown), next });
  });

  router.get('/companies/:id/ledger/verify', companyKeys('read', 'admin'), async (request, response) => {
    const { id: companyId } = await knownCompany(deps, request.params);
    const { sequence, hash } = parseInput(anchorQuery, request.query);
    const anchor = sequence !== undefined && hash !== undefined ? { sequence, hash } : undefined;
    const { intact, entries, breaks } = await verifyLedger(deps.db, { companyId, anchor });
    response.json({ intact, entries, break: breaks[0] ?? null });
  });

  router.post('/companies/:id/redemptions', companyKeys(), async (request, response) => {
    const { id: companyId } = await knownCompany(deps, request.params);
    const wanted = parseInput(redemptionBody, request.body);
    const actor = principal(response).id;
    await answerOnce(deps, request, response, async (tx) => {
      const redemption = { ...wanted, companyId, actor, at: deps.clock() };
      const outcome = await redeem(deps, tx, redemption);
      return redemptionAnswer(redemption, outcome, (await balances(tx, companyId)).credits);
    });
  });

  router.post(
    '/companies/:id/redemptions/:reference/cancellation',
    companyKeys(),
    async (request, response) => {
      const { id: companyId } = await knownCompany(deps, request.params);
      const { reason } = parseInput(cancellationBody, request.body);
      const { reference } = request.params;
      const actor = principal(response).id;
      await answerOnce(deps, request, response, async (tx) => {
        const cancellation = { companyId, reference, reason, actor, at: deps.clock() };
        const outcome = await cancelRedemption(deps, tx, cancellation);
        return cancellationAnswer(cancellation, outcome, (await balances(tx, companyId)).credits);
      });
    },
  );

  return router.use(
    programApi(deps),
    exclusionApi(deps),
    adjustmentApi(deps),
    statementApi(deps),
    reconciliationApi(deps),
  );
}

const READER = 'operator, company';
const UNKNOWN = 'no such company';

export const ledgerOperations: readonly Operation[] = [
  {
    method: 'get',
    path: '/companies/{id}/ledger',
    summary: 'Read the ledger, oldest entry first, with everything its hash chain is made of',
    who: READER,
    query: ledgerQuery,
    answers: { 200: { means: 'a page of entries', body: entriesAnswer }, 404: UNKNOWN },
  },
  {
    method: 'get',
    path: '/companies/{id}/ledger/verify',
    summary:
      'Recompute every balance and the hash chain; with sequence and hash of a statement, also that it is the same chain',
    who: READER,
    query: anchorQuery,
    answers: { 200: { means: 'whether all of it holds', body: verificationAnswer }, 404: UNKNOWN },
  },
  {
    method: 'post',
    path: '/companies/{id}/redemptions',
    summary: 'Redeem credits, the oldest first: all of them or none',
    who: 'operator',
    body: redemptionBody,
    answers: {
      201: { means: 'redeemed', body: redeemedAnswer },
      200: {
        means: 'the same reference and quantity again: nothing more is redeemed',
        body: redeemedAnswer,
      },
      404: UNKNOWN,
      409: 'not available, or the reference redeemed another quantity before, or was cancelled',
    },
  },
  {
    method: 'post',
    path: '/companies/{id}/redemptions/{reference}/cancellation',
    summary: 'Take back what a reference redeemed, once and whole: its credits are open again',
    who: 'operator',
    body: cancellationBody,
    answers: {
      201: { means: 'taken back', body: redeemedAnswer },
      200: { means: 'cancelled before: nothing more is given back', body: redeemedAnswer },
      404: 'no such company, or the reference redeemed nothing',
    },
  },
  ...programOperations,
  ...exclusionOperations,
  ...adjustmentOperations,
  ...statementOperations,
  ...reconciliationOperations,
];
