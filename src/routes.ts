import type { Router } from 'express';
import { companyApi, companyOperations } from './company/api.js';
import { dkimApi, dkimOperations } from './company/dkim-api.js';
import { sendgridAccountApi, sendgridAccountOperations } from './company/sendgrid-account-api.js';
import { ledgerApi, ledgerOperations } from './credit/api.js';
import { accountPages } from './dashboard/account.js';
import { dashboardApi, dashboardOperations } from './dashboard/api.js';
import { auditPages } from './dashboard/audit.js';
import { blockPages } from './dashboard/block.js';
import { credentialPages } from './dashboard/credentials.js';
import { exportApi, exportOperations } from './dashboard/export-api.js';
import { exportPages } from './dashboard/exports.js';
import { feedRoutes } from './dashboard/feed.js';
import { linkPages } from './dashboard/links.js';
import { mailPages } from './dashboard/mails.js';
import { memberPages } from './dashboard/members.js';
import { mergePages } from './dashboard/merge.js';
import { operatorPages } from './dashboard/operator.js';
import { operatorCreditPages } from './dashboard/operator-credit.js';
import { operatorExclusionPages } from './dashboard/operator-exclusions.js';
import { operatorNewCompanyPages } from './dashboard/operator-new-company.js';
import { operatorReconciliationPages } from './dashboard/operator-reconciliation.js';
import { operatorRegistrationPages } from './dashboard/operator-registrations.js';
import { operatorSystemPages } from './dashboard/operator-system.js';
import { outboxPages } from './dashboard/outbox.js';
import { dashboardPages } from './dashboard/pages.js';
import { reportPages } from './dashboard/report.js';
import { reviewPages } from './dashboard/review.js';
import { sendgridPages } from './dashboard/sendgrid-pages.js';
import { settingsPages } from './dashboard/settings.js';
import { templateLinePages } from './dashboard/template-lines.js';
import type { Deps } from './deps.js';
import { linkApi, linkOperations } from './link/api.js';
import { qrApi, qrOperations } from './link/qr-api.js';
import { mergeApi, mergeOperations } from './merge/api.js';
import { createMerge } from './merge/merge.js';
import { batchApi, batchOperations } from './registration/batch-api.js';
import { myDataPages } from './registration/my-data-pages.js';
import { registrationPages } from './registration/pages.js';
import { postbackApi, postbackOperations } from './registration/postback.js';
import { signatureAuth } from './registration/signature.js';
import { signingApi, signingOperations } from './registration/signing-api.js';
import { blockApi, blockOperations } from './relay/block-api.js';
import { deliveriesApi, deliveriesOperations } from './relay/deliveries-api.js';
import { sendgridOperations } from './relay/sendgrid-edge.js';
import type { Traces } from './traces.js';
import { docsRoutes } from './web/docs.js';
import type { FrontHandler } from './web/front-lane.js';
import { openApiRoutes } from './web/openapi.js';
import type { WebParts } from './web/server.js';
import { signInRoutes } from './web/sign-in.js';
import { signInApi, signInOperations } from './web/sign-in-api.js';
import type { StatusParts } from './web/status.js';

/** The HTTP API as it describes itself. */
const operations = [
  ...companyOperations,
  ...dkimOperations,
  ...sendgridAccountOperations,
  ...linkOperations,
  ...qrOperations,
  ...mergeOperations,
  ...ledgerOperations,
  ...postbackOperations,
  ...batchOperations,
  ...signingOperations,
  ...dashboardOperations,
  ...signInOperations,
  ...exportOperations,
  ...deliveriesOperations,
  ...blockOperations,
  ...sendgridOperations,
];

/** Every route of the web role: who answers what, in the order in which they are asked. */
export function webParts(
  deps: Deps,
  front: readonly FrontHandler[],
  status: StatusParts,
  live: Router,
  sendgrid: Router,
  traces: Traces | undefined,
): WebParts {
  const merge = createMerge(deps);
  return {
    front,
    raw: [sendgrid],
    pages: [
      openApiRoutes(deps.config, operations),
      docsRoutes(deps.config, operations),
      registrationPages(deps),
      myDataPages(deps),
      signInRoutes(deps),
      accountPages(deps),
      feedRoutes(deps),
      live,
      dashboardPages(deps),
      mailPages(deps),
      linkPages(deps),
      credentialPages(deps),
      memberPages(deps),
      auditPages(deps),
      settingsPages(deps),
      blockPages(deps),
      sendgridPages(deps),
      templateLinePages(deps),
      exportPages(deps),
      reportPages(deps),
      mergePages(deps, merge),
      reviewPages(deps),
      operatorNewCompanyPages(deps),
      operatorCreditPages(deps),
      operatorExclusionPages(deps),
      operatorReconciliationPages(deps),
      operatorRegistrationPages(deps),
      operatorSystemPages(deps),
      operatorPages(deps),
      outboxPages(deps),
    ],
    streamed: [mergeApi(deps, merge)],
    api: [
      companyApi(deps),
      dkimApi(deps),
      sendgridAccountApi(deps),
      linkApi(deps),
      qrApi(deps),
      ledgerApi(deps),
      postbackApi(deps),
      batchApi(deps),
      signingApi(deps),
      dashboardApi(deps),
      signInApi(deps),
      exportApi(deps),
      deliveriesApi(deps),
      blockApi(deps),
    ],
    signed: signatureAuth(deps),
    status,
    traces,
  };
}
