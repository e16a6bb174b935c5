import { Router } from 'express';
import { keepSendgridAccount, removeSendgridAccount } from '../company/sendgrid-account.js';
import { sendgridKey } from '../company/sendgrid-account-api.js';
import type { Deps } from '../deps.js';
import { pageFaults } from '../web/page-fault.js';
import { companyIdOf, requireSession, session } from '../web/session.js';
import type { SendgridSaid } from './views/sendgrid-account.js';

/** What the forms of the setup page do: keep, replace or remove the company's SendGrid key. For its admins. */
export function sendgridPages(deps: Deps): Router {
  const gate = requireSession(deps, 'admin');
  const back = (said: SendgridSaid) => `/dashboard/setup?said=${said}#sendgrid`;
  const router = Router();
  router.post('/dashboard/sendgrid', gate, async (request, response) => {
    const key = sendgridKey.safeParse((request.body as { apiKey?: unknown }).apiKey);
    if (!key.success) return response.redirect(303, back('invalid'));
    await keepSendgridAccount(deps, deps.db, companyIdOf(session(response)), key.data);
    response.redirect(303, back('kept'));
  });
  router.post('/dashboard/sendgrid/removal', gate, async (_request, response) => {
    await removeSendgridAccount(deps.db, companyIdOf(session(response)));
    response.redirect(303, back('removed'));
  });
  return router.use(pageFaults);
}
