import { Router } from 'express';
import { z } from 'zod';
import type { Deps } from '../deps.js';
import { AppError } from '../errors.js';
import { keyActing } from '../web/actor.js';
import { companyKeys, principal, requireScope } from '../web/auth.js';
import { answerOnce } from '../web/idempotency.js';
import type { Operation } from '../web/openapi.js';
import { parseInput } from '../web/problem.js';
import { sendgridAccountAnswer } from './answers.js';
import { companyIdSchema } from './schemas.js';
import {
  depositSendgridAccount,
  findSendgridAccount,
  forgetSendgridAccount,
  type SendgridAccount,
} from './sendgrid-account.js';
import { findCompany } from './store.js';

/** An API key of SendGrid, as it comes: no blanks, nothing that a header could not carry. */
export const sendgridKey = z
  .string()
  .trim()
  .regex(/^[\x21-\x7e]{20,512}$/, 'must be an API key of SendGrid');

/** Body of `POST /v1/companies/{id}/sendgrid`: the company's own key, or the installation's account. */
export const sendgridAccountSchema = z.union([
  z.strictObject({ apiKey: sendgridKey }),
  z.strictObject({ installation: z.literal(true) }),
]);

function shown({ kind, hint, depositedAt }: SendgridAccount) {
  return { kind, hint, depositedAt: depositedAt.toISOString() };
}

/** `/v1/companies/{id}/sendgrid`: whose SendGrid account a company's mails go by. */
export function sendgridAccountApi(deps: Deps): Router {
  const router = Router();

  async function existing(id: string): Promise<string> {
    const known = companyIdSchema.safeParse(id).success && (await findCompany(deps.db, id));
    if (!known) throw new AppError('not_found', `no company ${id}`);
    return id;
  }

  router.post('/companies/:id/sendgrid', companyKeys('admin'), async (request, response) => {
    const who = principal(response);
    const wanted = parseInput(sendgridAccountSchema, request.body);
    // With our account a company writes in the name of whoever verified a sender there.
    if ('installation' in wanted) requireScope(who);
    const companyId = await existing(request.params.id);
    const apiKey = 'apiKey' in wanted ? wanted.apiKey : undefined;
    await answerOnce(deps, request, response, async (tx) => ({
      status: 201,
      body: shown(await depositSendgridAccount(deps, tx, keyActing(who), { companyId, apiKey })),
    }));
  });

  router.get('/companies/:id/sendgrid', companyKeys('admin'), async (request, response) => {
    const account = await findSendgridAccount(deps.db, await existing(request.params.id));
    if (!account) throw new AppError('not_found', 'no SendGrid account is set');
    response.json(shown(account));
  });

  router.delete('/companies/:id/sendgrid', companyKeys('admin'), async (request, response) => {
    const companyId = await existing(request.params.id);
    if (!(await forgetSendgridAccount(deps, keyActing(principal(response)), companyId))) {
      throw new AppError('not_found', 'no SendGrid account is set');
    }
    response.status(204).end();
  });

  return router;
}

const ADMIN = 'operator, company admin';
const UNKNOWN = 'no such company, or no account is set';

export const sendgridAccountOperations: readonly Operation[] = [
  {
    method: 'post',
    path: '/companies/{id}/sendgrid',
    summary:
      "Deposit the company's SendGrid API key, or replace it; it is kept encrypted and never shown. An operator may let the company use the installation's account instead",
    who: ADMIN,
    body: sendgridAccountSchema,
    answers: { 201: { means: 'the account', body: sendgridAccountAnswer }, 404: 'no such company' },
  },
  {
    method: 'get',
    path: '/companies/{id}/sendgrid',
    summary: 'Whose SendGrid account the mails of /v3/mail/send go by',
    who: ADMIN,
    answers: { 200: { means: 'the account', body: sendgridAccountAnswer }, 404: UNKNOWN },
  },
  {
    method: 'delete',
    path: '/companies/{id}/sendgrid',
    summary: 'Forget the SendGrid account, the key with it',
    who: ADMIN,
    answers: { 204: 'forgotten', 404: UNKNOWN },
  },
];
