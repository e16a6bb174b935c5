import { Router } from 'express';
import { z } from 'zod';
import type { Deps } from '../deps.js';
import { AppError } from '../errors.js';
import { anonymous } from '../registration/person.js';
import { commonKeys, principal } from '../web/auth.js';
import { type Answer, answerOnce } from '../web/idempotency.js';
import type { Operation } from '../web/openapi.js';
import { parseInput } from '../web/problem.js';
import { reconciliationAnswer, reconciliationsAnswer } from './answers.js';
import { parseCsv } from './csv.js';
import {
  findReconciliation,
  type ListedRegistration,
  listReconciliations,
  reconcile,
} from './reconciliation.js';
import { MONTH } from './statement.js';

const MOST = 10_000;
const LISTED = 100;

const listBody = z.strictObject({
  list: z
    .array(
      z.strictObject({
        externalId: anonymous(z.string().trim().min(1).max(200)),
        status: z.enum(['pending', 'verified', 'accepted', 'rejected', 'withdrawn', 'reversed']),
        /** `YYYY-MM`, in Japan. */
        month: z.string().regex(MONTH, 'must be a month as YYYY-MM'),
      }),
    )
    .min(1)
    .max(MOST)
    .superRefine((list, context) => {
      const seen = new Set<string>();
      for (const [index, { externalId }] of list.entries()) {
        if (seen.has(externalId)) {
          context.addIssue({ code: 'custom', path: [index, 'externalId'], message: 'is listed twice' });
        }
        seen.add(externalId);
      }
    }),
});

const COLUMNS = ['externalId', 'status', 'month'] as const;

/** A table with these columns in its first row, in any order, as what the JSON body is. */
function fromTable(table: string): unknown {
  const records = parseCsv(table);
  if (!records) throw new AppError('invalid_input', 'a quote does not end, or stands where none may');
  const [header, ...rows] = records;
  const places = COLUMNS.map((name) => header?.findIndex((cell) => cell.trim() === name) ?? -1);
  if (places.includes(-1)) {
    throw new AppError('invalid_input', `the table must begin with a row that names ${COLUMNS.join(', ')}`);
  }
  const record = (row: readonly string[]) =>
    Object.fromEntries(COLUMNS.map((name, index) => [name, row[places[index]!]?.trim()]));
  return { list: rows.map(record) };
}

/**
 * The agency's list out of JSON or of a table (text, or its bytes in UTF-8).
 * @throws AppError `invalid_input` naming the rows that are faulty
 */
export function listOf(body: unknown): readonly ListedRegistration[] {
  if (typeof body === 'string' || Buffer.isBuffer(body)) return listOf(fromTable(body.toString()));
  return parseInput(listBody, body).list;
}

/** Comparing the agency's list with our registrations, over HTTP. */
export function reconciliationApi(deps: Deps): Router {
  const router = Router();

  router.post('/reconciliations', commonKeys('agency'), async (request, response) => {
    const listed = listOf(request.body);
    const actor = principal(response).id;
    await answerOnce(deps, request, response, async (tx): Promise<Answer> => {
      const by = { actor, at: deps.clock() };
      return { status: 201, body: await reconcile(tx, deps.newId(), listed, by) };
    });
  });

  router.get('/reconciliations', commonKeys('agency'), async (_request, response) => {
    response.json({ reconciliations: await listReconciliations(deps.db, LISTED) });
  });

  router.get('/reconciliations/:reconciliationId', commonKeys('agency'), async (request, response) => {
    const id = z.uuid().safeParse(request.params.reconciliationId);
    const found = id.success && (await findReconciliation(deps.db, id.data));
    if (!found) throw new AppError('not_found', 'no such reconciliation');
    response.json(found);
  });
  return router;
}

const WHO = 'operator, agency';

export const reconciliationOperations: readonly Operation[] = [
  {
    method: 'post',
    path: '/reconciliations',
    summary:
      "Compare the agency's list with ours; also as text/csv with the columns externalId, status, month",
    who: WHO,
    body: listBody,
    answers: { 201: { means: 'where the lists differ', body: reconciliationAnswer } },
  },
  {
    method: 'get',
    path: '/reconciliations',
    summary: 'The comparisons so far, the newest first',
    who: WHO,
    answers: { 200: { means: 'the comparisons', body: reconciliationsAnswer } },
  },
  {
    method: 'get',
    path: '/reconciliations/{reconciliationId}',
    summary: 'One comparison with everything that differed',
    who: WHO,
    answers: {
      200: { means: 'the reconciliation', body: reconciliationAnswer },
      404: 'no such reconciliation',
    },
  },
];
