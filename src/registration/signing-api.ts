import { Router } from 'express';
import { z } from 'zod';
import { recordAudit } from '../company/audit.js';
import type { Deps } from '../deps.js';
import { AppError } from '../errors.js';
import { keyActing } from '../web/actor.js';
import { commonKeys, principal } from '../web/auth.js';
import type { Operation } from '../web/openapi.js';
import { parseInput } from '../web/problem.js';
import { signingSecretAnswer, signingSecretsAnswer } from './answers.js';
import { shownSecret } from './signature.js';
import { insertSecret, listSecrets, revokeSecret } from './signing-store.js';

/** Standard Webhooks asks for 24 to 64 bytes. */
const SECRET_BYTES = 32;
const NONCE_BYTES = 12;

const secretSchema = z.strictObject({ label: z.string().trim().min(1).max(100).optional() });

/** The agencies' signing secrets. Several are live at once: make the new one, change over, revoke the old one. */
export function signingApi(deps: Deps): Router {
  const router = Router();
  // No Idempotency-Key here: a kept answer would keep the secret in the clear.
  router.post('/signing-secrets', commonKeys(), async (request, response) => {
    const { label = null } = parseInput(secretSchema, request.body);
    const [id, secret] = [deps.newId(), deps.randomBytes(SECRET_BYTES)];
    const sealed = deps.keys.encrypt('signing-secret', id, secret, deps.randomBytes(NONCE_BYTES));
    const actor = keyActing(principal(response));
    await deps.db.transaction(async (tx) => {
      await insertSecret(tx, { id, label, sealed, at: deps.clock() });
      const done = { companyId: null, actor, action: 'signing_secret.added' } as const;
      await recordAudit(deps, tx, { ...done, subject: label ?? id });
    });
    response.status(201).json({ id, label, secret: shownSecret(secret) });
  });
  router.get('/signing-secrets', commonKeys(), async (_request, response) => {
    response.json({ secrets: await listSecrets(deps.db) });
  });
  router.delete('/signing-secrets/:id', commonKeys(), async (request, response) => {
    const id = z.guid().safeParse(request.params.id).data;
    const actor = keyActing(principal(response));
    const isRevoked =
      id !== undefined &&
      (await deps.db.transaction(async (tx) => {
        if (!(await revokeSecret(tx, id, deps.clock()))) return false;
        const done = { companyId: null, actor, action: 'signing_secret.revoked' } as const;
        await recordAudit(deps, tx, { ...done, subject: id });
        return true;
      }));
    if (!isRevoked) {
      throw new AppError('not_found', 'no such live signing secret');
    }
    response.status(204).end();
  });
  return router;
}

export const signingOperations: readonly Operation[] = [
  {
    method: 'post',
    path: '/signing-secrets',
    summary: 'Make a secret that an agency signs its reports with; it is shown once',
    who: 'operator',
    body: secretSchema,
    answers: { 201: { means: 'the secret, this once', body: signingSecretAnswer } },
  },
  {
    method: 'get',
    path: '/signing-secrets',
    summary: 'List the signing secrets, without what they are',
    who: 'operator',
    answers: { 200: { means: 'the secrets', body: signingSecretsAnswer } },
  },
  {
    method: 'delete',
    path: '/signing-secrets/{id}',
    summary: 'Revoke a signing secret',
    who: 'operator',
    answers: { 204: 'it signs nothing any more', 404: 'no such live secret' },
  },
];
