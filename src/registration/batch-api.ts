import { type Request, type Response, Router } from 'express';
import { z } from 'zod';
import type { Deps } from '../deps.js';
import { AppError } from '../errors.js';
import { commonKeys, principal } from '../web/auth.js';
import type { Operation } from '../web/openapi.js';
import { parseInput } from '../web/problem.js';
import { batchAnswer, importAnswer } from './answers.js';
import { type ItemResult, takeReports } from './batch.js';
import { MOST_ROWS, readTable } from './report-csv.js';
import { reportSchema } from './report-schema.js';
import { spendSignature } from './signature.js';

const MOST_ITEMS = 1_000;
/** What a caller sends; each item is checked by itself, so that one faulty item is told as one. */
const batchSchema = z.strictObject({ registrations: z.array(z.unknown()).min(1).max(MOST_ITEMS) });
const describedBatch = z.strictObject({ registrations: z.array(reportSchema).min(1).max(MOST_ITEMS) });
const importQuery = z.object({ dryRun: z.enum(['true', 'false']).default('false') });

/**
 * Takes the reports, then spends the signature: an interrupted batch may be sent again under the same webhook-id, and
 * one that is sent twice at once finds its own work, item by item.
 */
async function takeSigned(deps: Deps, response: Response, inputs: readonly unknown[]): Promise<ItemResult[]> {
  const results = await takeReports(deps, inputs, principal(response).id);
  await deps.db.transaction((tx) => spendSignature(deps, tx, response));
  return results;
}

async function takeTable(deps: Deps, request: Request, response: Response): Promise<void> {
  const { dryRun } = parseInput(importQuery, request.query);
  if (!Buffer.isBuffer(request.body)) {
    throw new AppError('invalid_input', 'send the table as text/csv, in UTF-8 or Shift_JIS');
  }
  const { rows, inputs, faults } = readTable(request.body);
  if (dryRun === 'true') {
    response.json({ dryRun: true, rows, sound: inputs.length, errors: faults });
    return;
  }
  if (faults.length > 0) {
    const told = faults.map(({ row, field, message }) => ({ field: `row ${row}: ${field}`, message }));
    throw new AppError('invalid_input', 'nothing was imported: some rows are faulty', told);
  }
  const results = await takeSigned(
    deps,
    response,
    inputs.map((one) => one.input),
  );
  response.json({
    dryRun: false,
    rows,
    results: results.map((one, at) => ({ row: inputs[at]!.row, ...one })),
  });
}

/** Many reports at once, as JSON or as a table. */
export function batchApi(deps: Deps): Router {
  const router = Router();
  router.post('/registrations/batch', commonKeys('agency'), async (request, response) => {
    const { registrations } = parseInput(batchSchema, request.body);
    response.json({ results: await takeSigned(deps, response, registrations) });
  });
  router.post('/registrations/import', commonKeys('agency'), (request, response) =>
    takeTable(deps, request, response),
  );
  return router;
}

export const batchOperations: readonly Operation[] = [
  {
    method: 'post',
    path: '/registrations/batch',
    summary: 'Report up to 1,000 registrations, each in a transaction of its own; a repeat changes nothing',
    who: 'operator, agency',
    body: describedBatch,
    answers: {
      200: { means: 'one result for each report, in the order sent', body: batchAnswer },
    },
  },
  {
    method: 'post',
    path: '/registrations/import',
    summary: `Import up to ${MOST_ROWS} reports as text/csv (UTF-8 or Shift_JIS); dryRun=true only checks the rows`,
    who: 'operator, agency',
    query: importQuery,
    answers: {
      200: { means: 'one result for each row; with dryRun=true what is faulty', body: importAnswer },
      400: 'some rows are faulty, each is named, and nothing was imported',
    },
  },
];
