import { type Request, Router } from 'express';
import type { Deps } from '../deps.js';
import { AppError } from '../errors.js';
import { companyKeys } from '../web/auth.js';
import type { Operation } from '../web/openapi.js';
import { statementAnswer } from './answers.js';
import { knownCompany } from './company-path.js';
import { MONTH, type Statement, statementCsv, statementOf } from './statement.js';

/** @throws AppError `invalid_input` for a text that is no month */
export function monthOf(text: unknown): string {
  if (typeof text === 'string' && MONTH.test(text)) return text;
  const message = 'must be a month as YYYY-MM';
  throw new AppError('invalid_input', `month: ${message}`, [{ field: 'month', message }]);
}

/** A month of a company's ledger, as JSON and as a table. */
export function statementApi(deps: Deps): Router {
  const router = Router();

  async function asked(request: Request<{ id: string; month: string }>): Promise<Statement> {
    const company = await knownCompany(deps, request.params);
    return statementOf(deps.db, company, monthOf(request.params.month));
  }

  router.get(
    '/companies/:id/statements/:month.csv',
    companyKeys('read', 'admin'),
    async (request, response) => {
      const statement = await asked(request);
      response
        .type('text/csv; charset=utf-8')
        .attachment(`statement-${statement.month}.csv`)
        .send(statementCsv(statement));
    },
  );
  router.get('/companies/:id/statements/:month', companyKeys('read', 'admin'), async (request, response) => {
    response.json(await asked(request));
  });
  return router;
}

const READER = 'operator, company';
const ANSWERS = { 400: 'not a month', 404: 'no such company' };

export const statementOperations: readonly Operation[] = [
  {
    method: 'get',
    path: '/companies/{id}/statements/{month}',
    summary: "A month (YYYY-MM, in the company's time zone) of the ledger with opening and closing balance",
    who: READER,
    answers: { 200: { means: 'the statement', body: statementAnswer }, ...ANSWERS },
  },
  {
    method: 'get',
    path: '/companies/{id}/statements/{month}.csv',
    summary: 'The same as CSV, UTF-8 with BOM',
    who: READER,
    answers: { 200: { means: 'the statement as a table', files: ['text/csv'] }, ...ANSWERS },
  },
];
