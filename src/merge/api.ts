import { pipeline } from 'node:stream/promises';
import { type Request, type Response, Router } from 'express';
import { z } from 'zod';
import type { Company } from '../company/store.js';
import type { Deps } from '../deps.js';
import { AppError } from '../errors.js';
import { companyFor } from '../link/api.js';
import { keyActing } from '../web/actor.js';
import { ownKeys, principal } from '../web/auth.js';
import type { Operation } from '../web/openapi.js';
import { parseInput } from '../web/problem.js';
import { dryRunAnswer } from './answers.js';
import type { ChosenColumns, Columns } from './columns.js';
import type { Merge, MergeOutcome } from './merge.js';
import { sentencesEn } from './sentences.js';
import {
  type Checked,
  checkTable,
  type Held,
  holdTable,
  LARGEST_TABLE,
  MOST_ROWS,
  type Unusable,
} from './table.js';

const column = z.string().max(1_000).optional();
const mergeQuery = z.object({
  company: z.uuid().optional(),
  dryRun: z.enum(['true', 'false']).default('false'),
  recipient: column,
  externalId: column,
  job: column,
  stage: column,
  source: column,
});

/** Ends work whose caller has hung up. */
export function signalOf(response: Response): AbortSignal {
  const gone = new AbortController();
  response.on('close', () => {
    if (!response.writableFinished) gone.abort(new AppError('unavailable', 'the caller hung up'));
  });
  return gone.signal;
}

/** What a table comes back as. */
export function tableHeaders(held: Held): Record<string, string> {
  return {
    'Content-Type': `text/csv; charset=${held.kind === 'shift_jis' ? 'Shift_JIS' : 'utf-8'}; header=present`,
    'Content-Disposition': 'attachment; filename="relay-links.csv"',
    'Cache-Control': 'no-store',
  };
}

function refuseUnusable({ reason, heading, faults }: Unusable): never {
  const named = faults.map((fault) => ({ field: fault.field, message: sentencesEn.column[fault.reason] }));
  const [first] = named;
  const detail = first
    ? `${first.field}: ${first.message}; the heading is ${heading.join(', ')}`
    : sentencesEn.table[reason];
  throw new AppError('invalid_input', detail, named);
}

function faultsOf({ faults }: Checked) {
  return faults.map(({ row, column: name, reason }) => ({
    row,
    column: name,
    message: sentencesEn.row[reason],
  }));
}

function namesOf(columns: Columns, heading: readonly string[]): Record<string, string> {
  return Object.fromEntries(Object.entries(columns).map(([field, at]) => [field, heading[at]!]));
}

async function dryRun(held: Held, chosen: ChosenColumns, signal: AbortSignal) {
  const looked = await checkTable(held, chosen, () => {}, signal);
  if ('unusable' in looked) return refuseUnusable(looked.unusable);
  const { rows, columns, heading, faultCount } = looked.checked;
  const errors = faultsOf(looked.checked);
  return {
    dryRun: true,
    encoding: held.kind,
    rows,
    columns: namesOf(columns, heading),
    errorCount: faultCount,
    errors,
  };
}

async function answer(response: Response, held: Held, outcome: MergeOutcome): Promise<void> {
  switch (outcome.kind) {
    case 'unusable':
      return refuseUnusable(outcome.unusable);
    case 'faulty': {
      const told = faultsOf(outcome.checked).map(({ row, column: name, message }) => ({
        field: name ? `row ${row}: ${name}` : `row ${row}`,
        message,
      }));
      const { faultCount } = outcome.checked;
      throw new AppError('invalid_input', `no link was minted: the table has ${faultCount} faults`, told);
    }
    case 'merged':
      response.writeHead(200, tableHeaders(held));
      return pipeline(outcome.output(), response);
  }
}

async function takeTable(deps: Deps, merge: Merge, request: Request, response: Response): Promise<void> {
  const { company: named, dryRun: asked, ...chosen } = parseInput(mergeQuery, request.query);
  const company: Company = await companyFor(deps, principal(response), named);
  if (!request.is('text/csv'))
    throw new AppError('invalid_input', 'send the table as text/csv, in UTF-8 or Shift_JIS');
  const signal = signalOf(response);
  const held = await holdTable(deps.newId, request, true);
  try {
    if (asked === 'true') response.json(await dryRun(held, chosen, signal));
    else
      await answer(
        response,
        held,
        await merge.run(company, held, { chosen, signal, actor: keyActing(principal(response)) }),
      );
  } finally {
    await held.spill.dispose();
  }
}

/** Links for a table of candidates; reads its body as it comes. */
export function mergeApi(deps: Deps, merge: Merge): Router {
  const router = Router();
  router.post('/links/csv', ownKeys('links'), async (request, response) => {
    await takeTable(deps, merge, request, response).catch((error: unknown) => {
      // Nobody is there to be told.
      if (!response.destroyed) throw error;
    });
  });
  return router;
}

export const mergeOperations: readonly Operation[] = [
  {
    method: 'post',
    path: '/links/csv',
    summary: `Mint a link for each row of a table (up to ${MOST_ROWS} rows, ${LARGEST_TABLE >> 20} MB, UTF-8 or Shift_JIS) and get the table back with the column relay_url; all rows or none, and the same rows get the same links again. Columns are guessed by the heading, or named by the parameters; dryRun=true only checks`,
    who: 'company with the scope links; operator, who names the company',
    query: mergeQuery,
    takesCsv: true,
    answers: {
      200: {
        means: 'the table in the encoding that came; with dryRun=true what a run would say',
        body: dryRunAnswer,
        files: ['text/csv'],
      },
      400: 'a column or some rows are faulty, each is named, and nothing was minted',
      503: 'other tables are being worked on',
    },
  },
];
