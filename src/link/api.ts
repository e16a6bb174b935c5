import { Router } from 'express';
import { z } from 'zod';
import { findCompany } from '../company/store.js';
import type { Deps } from '../deps.js';
import { AppError } from '../errors.js';
import { keyActing } from '../web/actor.js';
import { ownKeys, type Principal, principal } from '../web/auth.js';
import { answerOnce } from '../web/idempotency.js';
import type { Operation } from '../web/openapi.js';
import { parseInput } from '../web/problem.js';
import { linkAnswer, linksAnswer } from './answers.js';
import { isCode } from './code.js';
import { isAddress, isPrintable, LONGEST_ADDRESS, LONGEST_LABEL } from './label.js';
import { type LinkRequest, linkUrl, mintLinks } from './mint.js';
import { takeLink } from './revocation.js';

const label = z
  .string()
  .max(LONGEST_LABEL)
  .refine(isPrintable, 'must not hold control characters')
  .optional();

const link = z.strictObject({
  recipient: z
    .string()
    .max(LONGEST_ADDRESS)
    .refine(isAddress, 'must be a mail address')
    .optional()
    .describe('the candidate’s address'),
  job: label.describe('figures are broken down by it'),
  stage: label.describe('how far the candidate came'),
  source: label.describe('where the candidate came from'),
  externalId: label.describe('your own id of the candidate'),
});

/** Body of `POST /v1/links`. */
export const newLinkSchema = link.extend({
  company: z.uuid().optional().describe('named by operators’ keys alone'),
});

/** Body of `POST /v1/links/batch`. */
export const newLinksSchema = z.strictObject({
  company: z.uuid().optional().describe('named by operators’ keys alone'),
  links: z.array(link).min(1).max(1_000, 'at most 1,000 links a call'),
});

function requestOf({ recipient, ...labels }: z.infer<typeof link>): LinkRequest {
  return { recipient, labels };
}

/** A company's key mints for its company; an operator names one. @throws AppError */
export async function companyFor(deps: Deps, who: Principal, named: string | undefined) {
  if (who.companyId && named && named !== who.companyId) {
    throw new AppError('forbidden', 'this key belongs to another company');
  }
  const id = who.companyId ?? named;
  if (!id)
    throw new AppError('invalid_input', 'company: required with this key', [
      { field: 'company', message: 'required' },
    ]);
  const company = await findCompany(deps.db, id);
  if (!company) throw new AppError('not_found', `no company ${id}`);
  return company;
}

/** `/v1/links`: links for mails that do not pass the hook. */
export function linkApi(deps: Deps): Router {
  const router = Router();

  router.post('/links', ownKeys('links'), async (request, response) => {
    const { company: named, ...wanted } = parseInput(newLinkSchema, request.body);
    const company = await companyFor(deps, principal(response), named);
    await answerOnce(deps, request, response, async (tx) => {
      const [code = ''] = await mintLinks(deps, tx, company.id, 'api', [requestOf(wanted)]);
      return { status: 201, body: { code, url: linkUrl(deps.config, code, company.linkHost) } };
    });
  });

  router.post('/links/batch', ownKeys('links'), async (request, response) => {
    const { company: named, links } = parseInput(newLinksSchema, request.body);
    const company = await companyFor(deps, principal(response), named);
    await answerOnce(deps, request, response, async (tx) => {
      const codes = await mintLinks(deps, tx, company.id, 'api', links.map(requestOf));
      const minted = codes.map((code) => ({ code, url: linkUrl(deps.config, code, company.linkHost) }));
      return { status: 201, body: { links: minted } };
    });
  });

  router.delete('/links/:code', ownKeys('links'), async (request, response) => {
    const who = principal(response);
    const { code } = request.params;
    // A key of nobody's company that is no operator's has no links of its own.
    if (!who.companyId && !who.scopes.has('operator'))
      throw new AppError('forbidden', 'this key has no company');
    if (!isCode(code) || !(await takeLink(deps, keyActing(who), code, who.companyId))) {
      throw new AppError('not_found', "no such candidate's link");
    }
    response.status(204).end();
  });

  return router;
}

export const linkOperations: readonly Operation[] = [
  {
    method: 'post',
    path: '/links',
    summary: 'Mint a link for one candidate',
    who: 'company with the scope links; operator, who names the company',
    body: newLinkSchema,
    answers: { 201: { means: 'the link', body: linkAnswer } },
  },
  {
    method: 'post',
    path: '/links/batch',
    summary: 'Mint up to 1,000 links; answered in their order',
    who: 'company with the scope links; operator, who names the company',
    body: newLinksSchema,
    answers: { 201: { means: 'the links', body: linksAnswer } },
  },
  {
    method: 'delete',
    path: '/links/{code}',
    summary:
      "Revoke a candidate's link; whoever follows it still finds a way on, and its clicks stay counted",
    who: 'company with the scope links; operator',
    answers: { 204: 'revoked', 404: "no such candidate's link" },
  },
];
