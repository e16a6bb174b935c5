import { Router } from 'express';
import { depositSendgridAccount, forgetSendgridAccount } from '../company/sendgrid-account.js';
import { sendgridKey } from '../company/sendgrid-account-api.js';
import type { Deps } from '../deps.js';
import { personActing } from '../web/actor.js';
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
    const who = session(response);
    const wanted = { companyId: companyIdOf(who), apiKey: key.data };
    await deps.db.transaction((tx) => depositSendgridAccount(deps, tx, personActing(who), wanted));
    response.redirect(303, back('kept'));
  });
  router.post('/dashboard/sendgrid/removal', gate, async (_request, response) => {
    const who = session(response);
    await forgetSendgridAccount(deps, personActing(who), companyIdOf(who));
    response.redirect(303, back('removed'));
  });
  return router.use(pageFaults);
}
