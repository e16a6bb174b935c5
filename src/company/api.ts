import { Router } from 'express';
import type { Deps } from '../deps.js';
import { AppError } from '../errors.js';
import { keyActing } from '../web/actor.js';
import { commonKeys, companyKeys, ownKeys, principal } from '../web/auth.js';
import { answerOnce } from '../web/idempotency.js';
import type { Operation } from '../web/openapi.js';
import { parseInput } from '../web/problem.js';
import {
  companiesAnswer,
  companyAnswer,
  credentialAnswer,
  credentialsAnswer,
  issuedAnswer,
  issuedKeyAnswer,
} from './answers.js';
import { recordAudit } from './audit.js';
import { createCompany, staticUrlOf } from './company.js';
import { changeCredential, giveCredential, takeCredential } from './credential-desk.js';
import { listCredentials } from './credentials.js';
import {
  companyChangesSchema,
  companyIdSchema,
  credentialChangesSchema,
  newCommonCredentialSchema,
  newCompanySchema,
  newCredentialSchema,
} from './schemas.js';
import { changeCompany } from './settings.js';
import { type Company, findCompany, listCompanies } from './store.js';

function shown(deps: Deps, company: Company) {
  return {
    ...company,
    createdAt: company.createdAt.toISOString(),
    staticUrl: staticUrlOf(deps.config, company),
  };
}

/** The company that a route names. @throws AppError `not_found`, also for what is no id at all */
async function companyOf(deps: Deps, id: string): Promise<Company> {
  const found = companyIdSchema.safeParse(id).success ? await findCompany(deps.db, id) : undefined;
  if (!found) throw new AppError('not_found', `no company ${id}`);
  return found;
}

/** `/v1/companies`, their credentials, and the keys that belong to no company. */
export function companyApi(deps: Deps): Router {
  const router = Router();

  router.post('/companies', commonKeys(), async (request, response) => {
    const who = principal(response);
    const wanted = parseInput(newCompanySchema, request.body);
    await answerOnce(deps, request, response, async (tx) => {
      const company = await createCompany(deps, tx, wanted);
      const [companyId, actor] = [company.id, keyActing(who)];
      await recordAudit(deps, tx, { companyId, actor, action: 'company.created', subject: company.slug });
      return { status: 201, body: shown(deps, company) };
    });
  });

  router.get('/companies', ownKeys('read', 'admin'), async (_request, response) => {
    const who = principal(response);
    const companies = who.companyId ? [await companyOf(deps, who.companyId)] : await listCompanies(deps.db);
    response.json({ companies: companies.map((company) => shown(deps, company)) });
  });

  router.get('/companies/:id', companyKeys('read', 'admin'), async (request, response) => {
    response.json(shown(deps, await companyOf(deps, request.params.id)));
  });

  router.patch('/companies/:id', companyKeys('admin'), async (request, response) => {
    const who = principal(response);
    const changes = parseInput(companyChangesSchema, request.body);
    const { id } = await companyOf(deps, request.params.id);
    const changed = await changeCompany(deps, keyActing(who), id, changes);
    response.json(shown(deps, changed));
  });

  credentialRoutes(deps, router);
  return router;
}

function credentialRoutes(deps: Deps, router: Router): void {
  router.post('/companies/:id/credentials', companyKeys('admin'), async (request, response) => {
    const who = principal(response);
    const wanted = parseInput(newCredentialSchema, request.body);
    const { id: companyId } = await companyOf(deps, request.params.id);
    // A secret is never kept, so its answer cannot be given again: an Idempotency-Key has no effect here.
    const { kind: _kind, ...issued } = await giveCredential(deps, keyActing(who), { companyId, ...wanted });
    response.status(201).json(issued);
  });

  router.patch('/companies/:id/credentials/:credential', companyKeys('admin'), async (request, response) => {
    const who = principal(response);
    const changes = parseInput(credentialChangesSchema, request.body);
    const { id } = await companyOf(deps, request.params.id);
    const changed = await changeCredential(deps, keyActing(who), id, request.params.credential, changes);
    if (!changed) throw new AppError('not_found', 'no such live credential');
    response.json(changed);
  });

  router.get('/companies/:id/credentials', companyKeys('admin'), async (request, response) => {
    const { id } = await companyOf(deps, request.params.id);
    response.json({ credentials: await listCredentials(deps.db, id) });
  });

  router.delete('/companies/:id/credentials/:credential', companyKeys('admin'), async (request, response) => {
    const who = principal(response);
    const { id } = await companyOf(deps, request.params.id);
    if (!(await takeCredential(deps, keyActing(who), id, request.params.credential))) {
      throw new AppError('not_found', 'no such live credential');
    }
    response.status(204).end();
  });

  router.post('/credentials', commonKeys(), async (request, response) => {
    const who = principal(response);
    const wanted = parseInput(newCommonCredentialSchema, request.body);
    const { kind: _kind, ...issued } = await giveCredential(deps, keyActing(who), {
      companyId: null,
      ...wanted,
    });
    response.status(201).json(issued);
  });
}

const ADMIN = 'operator, company admin';
const READER = 'operator, company';
const UNKNOWN = 'no such company';

export const companyOperations: readonly Operation[] = [
  {
    method: 'post',
    path: '/companies',
    summary: 'Create a company with its static link',
    who: 'operator',
    body: newCompanySchema,
    answers: { 201: { means: 'the company', body: companyAnswer }, 409: 'the slug or link host is taken' },
  },
  {
    method: 'get',
    path: '/companies',
    summary: 'List companies; a company sees itself',
    who: READER,
    answers: { 200: { means: 'the companies; a company’s key sees its own', body: companiesAnswer } },
  },
  {
    method: 'get',
    path: '/companies/{id}',
    summary: 'Show a company',
    who: READER,
    answers: { 200: { means: 'the company', body: companyAnswer }, 404: UNKNOWN },
  },
  {
    method: 'patch',
    path: '/companies/{id}',
    summary: 'Change what is given',
    who: ADMIN,
    body: companyChangesSchema,
    answers: { 200: { means: 'the company as it is now', body: companyAnswer }, 404: UNKNOWN },
  },
  {
    method: 'post',
    path: '/companies/{id}/credentials',
    summary: 'Issue a credential; its secret is shown once',
    who: ADMIN,
    body: newCredentialSchema,
    answers: {
      201: { means: 'the credential with its secret, this once', body: issuedAnswer },
      404: UNKNOWN,
    },
  },
  {
    method: 'get',
    path: '/companies/{id}/credentials',
    summary: 'List credentials, without secrets',
    who: ADMIN,
    answers: { 200: { means: 'the credentials, revoked ones too', body: credentialsAnswer }, 404: UNKNOWN },
  },
  {
    method: 'patch',
    path: '/companies/{id}/credentials/{credential}',
    summary: 'Give a credential a policy of its own, or (null) the company’s again',
    who: ADMIN,
    body: credentialChangesSchema,
    answers: {
      200: { means: 'the credential as it is now', body: credentialAnswer },
      404: 'no such live credential',
    },
  },
  {
    method: 'delete',
    path: '/companies/{id}/credentials/{credential}',
    summary: 'Revoke a credential',
    who: ADMIN,
    answers: { 204: 'revoked', 404: 'no such live credential' },
  },
  {
    method: 'post',
    path: '/credentials',
    summary: 'Issue a key that belongs to no company',
    who: 'operator',
    body: newCommonCredentialSchema,
    answers: { 201: { means: 'the key, this once', body: issuedKeyAnswer } },
  },
];
