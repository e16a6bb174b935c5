import { type Request, type Response, Router } from 'express';
import { z } from 'zod';
import { giveCredential, takeCredential } from '../company/credential-desk.js';
import { listCredentials } from '../company/credentials.js';
import { newCredentialSchema } from '../company/schemas.js';
import type { Deps } from '../deps.js';
import { personActing } from '../web/actor.js';
import { pageFaults } from '../web/page-fault.js';
import { companyIdOf, requireSession, session } from '../web/session.js';
import { COMPANY_SCOPES, CREDENTIALS_SAID } from './credential-words.js';
import { companyOf, viewOf } from './pages.js';
import { placesOf } from './places.js';
import { credentialsPage, issuedPage } from './views/credentials.js';

const HERE = '/dashboard/credentials';

const said = z.enum(CREDENTIALS_SAID).optional().catch(undefined);
/** A box that is not ticked comes with no field; what belongs to the other kind is left out. */
const issueForm = z
  .looseObject({ kind: z.string(), label: z.string().trim(), policy: z.string() })
  .transform(({ kind, label, policy, ...boxes }) => ({
    kind,
    ...(label && { label }),
    ...(policy && { policy }),
    ...(kind === 'api' && { scopes: COMPANY_SCOPES.filter((scope) => boxes[scope] === 'yes') }),
  }))
  .pipe(newCredentialSchema);

async function show(deps: Deps, request: Request, response: Response): Promise<void> {
  const who = session(response);
  const company = await companyOf(deps, who);
  await deps.usage.flush();
  const credentials = await listCredentials(deps.db, company.id);
  const view = viewOf(deps, who, company.timeZone);
  const told = said.parse(request.query.said);
  response.send(credentialsPage(who, placesOf(who), view, { credentials, said: told }));
}

/** The answer to the form shows the secret, once: a redirect would have to keep it. */
async function issue(deps: Deps, request: Request, response: Response): Promise<void> {
  const who = session(response);
  const wanted = issueForm.safeParse(request.body);
  if (!wanted.success) return response.redirect(303, `${HERE}?said=invalid`);
  const company = await companyOf(deps, who);
  const issued = await giveCredential(deps, personActing(who), { companyId: company.id, ...wanted.data });
  const server = { host: new URL(deps.config.baseUrl).hostname, port: deps.config.smtpPort };
  response
    .status(201)
    .send(issuedPage(who, placesOf(who), viewOf(deps, who, company.timeZone), { issued, server }));
}

async function revoke(deps: Deps, request: Request, response: Response): Promise<void> {
  const who = session(response);
  const id = String(request.params.credential);
  const isDone = await takeCredential(deps, personActing(who), companyIdOf(who), id);
  response.redirect(303, `${HERE}?said=${isDone ? 'revoked' : 'unknown'}`);
}

/** What mail servers and programs of a company sign in with; for its administrators. */
export function credentialPages(deps: Deps): Router {
  const gate = requireSession(deps, 'admin');
  const router = Router();
  router.get(HERE, gate, (request, response) => show(deps, request, response));
  router.post(HERE, gate, (request, response) => issue(deps, request, response));
  router.post(`${HERE}/:credential/revocation`, gate, (request, response) => revoke(deps, request, response));
  return router.use(pageFaults);
}
