import { type Request, type Response, Router } from 'express';
import { z } from 'zod';
import type { Deps } from '../deps.js';
import { AppError } from '../errors.js';
import { normaliseAddress } from '../registration/person.js';
import { principal, requireCompany, requireScope } from '../web/auth.js';
import { type Answer, answerOnce } from '../web/idempotency.js';
import type { Operation } from '../web/openapi.js';
import { parseInput } from '../web/problem.js';
import { knownCompany } from './company-path.js';
import { insertExclusion, listExclusions, removeExclusion } from './exclusion.js';
import { rulesInForce } from './program.js';
import { changeRules, rulesHistory } from './program-change.js';

const days = z.int().min(1).max(3_650);

/** What of the rules may change; what is left out stays. */
export const rulesBody = z.strictObject({
  threshold: z.int().min(1).max(1_000).optional(),
  countEvent: z.enum(['registered', 'verified', 'accepted']).optional(),
  attributionWindowDays: days.optional(),
  personWindowDays: days.optional(),
  /** null: credits do not expire. */
  creditExpiresAfterDays: days.nullable().optional(),
  /** ISO 8601 with an offset; not before now. */
  effectiveAt: z.iso
    .datetime({ offset: true })
    .transform((text) => new Date(text))
    .optional(),
});

const reason = z.string().trim().min(1).max(500);
const exclusionBody = z.union([
  z.strictObject({
    /** With its subdomains. */
    domain: z
      .string()
      .trim()
      .toLowerCase()
      .max(253)
      .regex(/^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z0-9-]{2,}$/, 'must be a domain'),
    reason,
  }),
  /** Only its keyed hash is kept. */
  z.strictObject({ address: z.email().max(254), reason }),
]);

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

async function exclude(
  deps: Deps,
  companyId: string | null,
  request: Request,
  response: Response,
): Promise<void> {
  const wanted = parseInput(exclusionBody, request.body);
  const actor = principal(response).id;
  const what =
    'domain' in wanted
      ? { domain: wanted.domain }
      : { addressHash: deps.keys.hash('person', normaliseAddress(wanted.address)) };
  await answerOnce(deps, request, response, async (tx): Promise<Answer> => {
    const by = { id: deps.newId(), companyId, reason: wanted.reason, actor, at: deps.clock() };
    const exclusion = await insertExclusion(tx, { ...by, ...what });
    if (!exclusion) throw new AppError('conflict', 'this exclusion stands already');
    return { status: 201, body: exclusion };
  });
}

/** The rules of the program and who is left out of it, over HTTP. */
export function programApi(deps: Deps): Router {
  const router = Router();
  router.get('/program', async (_request, response) => {
    requireScope(principal(response));
    response.json(await program(deps, null));
  });
  router.post('/program', (request, response) => {
    requireScope(principal(response));
    return change(deps, null, request, response);
  });
  router.get('/companies/:id/program', async (request, response) => {
    requireCompany(principal(response), request.params.id.toLowerCase(), 'read', 'admin');
    response.json(await program(deps, (await knownCompany(deps, request.params)).id));
  });
  router.post('/companies/:id/program', async (request, response) => {
    requireScope(principal(response));
    await change(deps, (await knownCompany(deps, request.params)).id, request, response);
  });
  return router.use(exclusionRoutes(deps));
}

function exclusionRoutes(deps: Deps): Router {
  const router = Router();
  router.get('/program/exclusions', async (_request, response) => {
    requireScope(principal(response), 'agency');
    response.json({ exclusions: await listExclusions(deps.db, null) });
  });
  router.post('/program/exclusions', (request, response) => {
    requireScope(principal(response), 'agency');
    return exclude(deps, null, request, response);
  });
  router.get('/companies/:id/exclusions', async (request, response) => {
    requireScope(principal(response));
    const { id } = await knownCompany(deps, request.params);
    response.json({ exclusions: await listExclusions(deps.db, id) });
  });
  router.post('/companies/:id/exclusions', async (request, response) => {
    requireScope(principal(response));
    await exclude(deps, (await knownCompany(deps, request.params)).id, request, response);
  });
  router.delete('/exclusions/:exclusionId', async (request, response) => {
    requireScope(principal(response));
    const id = z.uuid().safeParse(request.params.exclusionId);
    const actor = principal(response).id;
    const removed =
      id.success && (await deps.db.transaction((tx) => removeExclusion(tx, id.data, actor, deps.clock())));
    if (!removed) throw new AppError('not_found', 'no such exclusion stands');
    response.status(204).end();
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
    answers: { 200: '{inForce, history: […]}' },
  },
  {
    method: 'post',
    path: '/program',
    summary: 'Change the common rules from now or later on; what was posted stays',
    who: 'operator',
    body: rulesBody,
    answers: { 201: 'the new rules' },
  },
  {
    method: 'get',
    path: '/companies/{id}/program',
    summary: "A company's rules: in force, planned and past, with the common ones",
    who: 'operator, company',
    answers: { 200: '{inForce, history: […]}', 404: UNKNOWN },
  },
  {
    method: 'post',
    path: '/companies/{id}/program',
    summary: 'Give a company rules of its own from now or later on; what was posted stays',
    who: 'operator',
    body: rulesBody,
    answers: { 201: 'the new rules', 404: UNKNOWN },
  },
  {
    method: 'get',
    path: '/program/exclusions',
    summary: 'Who counts for no company',
    who: 'operator, agency',
    answers: { 200: '{exclusions: […]}' },
  },
  {
    method: 'post',
    path: '/program/exclusions',
    summary: 'Leave a domain or an address (a member whom the agency knew before) out for every company',
    who: 'operator, agency',
    body: exclusionBody,
    answers: { 201: 'the exclusion', 409: 'it stands already' },
  },
  {
    method: 'get',
    path: '/companies/{id}/exclusions',
    summary: 'Who does not count for a company',
    who: 'operator',
    answers: { 200: '{exclusions: […]}', 404: UNKNOWN },
  },
  {
    method: 'post',
    path: '/companies/{id}/exclusions',
    summary: 'Leave a domain (own employees) or an address (tests) out for one company',
    who: 'operator',
    body: exclusionBody,
    answers: { 201: 'the exclusion', 404: UNKNOWN, 409: 'it stands already' },
  },
  {
    method: 'delete',
    path: '/exclusions/{exclusionId}',
    summary: 'End an exclusion; what was not counted because of it stays so',
    who: 'operator',
    answers: { 204: 'ended', 404: 'no such exclusion stands' },
  },
];
