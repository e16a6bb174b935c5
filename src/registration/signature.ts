import { createHmac } from 'node:crypto';
import type { NextFunction, Request, Response } from 'express';
import type { Tx } from '../db/db.js';
import type { Deps } from '../deps.js';
import { AppError } from '../errors.js';
import { sameBytes } from '../keys.js';
import type { Principal } from '../web/auth.js';
import { rawBodyOf } from '../web/raw-body.js';
import { forgetWebhookIds, liveSecrets, spendWebhookId } from './signing-store.js';

/** How far a timestamp may lie from our clock, either way (Standard Webhooks, "verifying webhook authenticity"). */
export const TOLERANCE_MS = 5 * 60 * 1000;
const ID = /^[\w.:-]{1,128}$/;
const SECRET_PREFIX = 'whsec_';

/** The secret as the agency is given it: the form that the libraries of Standard Webhooks take. */
export function shownSecret(secret: Buffer): string {
  return `${SECRET_PREFIX}${secret.toString('base64')}`;
}

/**
 * One signature in the form of Standard Webhooks 1.0.0: `v1,` and the base64 of HMAC-SHA-256 over `id.timestamp.body`.
 * @param timestamp Unix seconds as sent
 */
export function signatureOf(secret: Buffer, id: string, timestamp: string, body: Buffer): string {
  const hmac = createHmac('sha256', secret).update(`${id}.${timestamp}.`).update(body);
  return `v1,${hmac.digest('base64')}`;
}

export type SignatureFault = 'malformed' | 'too_old' | 'too_new' | 'no_match';

/**
 * Checks the three headers against the secrets that are live; any one of them suffices, and any one of the signatures.
 * @returns the id of the secret, or what is wrong
 */
export function checkSignature(
  signed: Readonly<{ id: string; timestamp: string; signatures: string; body: Buffer }>,
  secrets: readonly Readonly<{ id: string; secret: Buffer }>[],
  now: Date,
): Readonly<{ secretId: string } | { fault: SignatureFault }> {
  const { id, timestamp, signatures, body } = signed;
  if (!ID.test(id) || !/^\d{1,12}$/.test(timestamp)) return { fault: 'malformed' };
  const age = now.getTime() - Number(timestamp) * 1000;
  if (age > TOLERANCE_MS) return { fault: 'too_old' };
  if (age < -TOLERANCE_MS) return { fault: 'too_new' };
  const given = signatures.split(' ').map((one) => Buffer.from(one));
  for (const { id: secretId, secret } of secrets) {
    const wanted = Buffer.from(signatureOf(secret, id, timestamp, body));
    if (given.some((one) => sameBytes(one, wanted))) return { secretId };
  }
  return { fault: 'no_match' };
}

const TOLD: Readonly<Record<SignatureFault, string>> = {
  malformed: 'webhook-id, webhook-timestamp (Unix seconds) and webhook-signature are needed, well-formed',
  too_old: 'webhook-timestamp is more than 5 minutes ago',
  too_new: 'webhook-timestamp is more than 5 minutes ahead',
  no_match: 'webhook-signature fits no live signing secret',
};

async function principalOf(deps: Deps, request: Request): Promise<Principal> {
  const secrets = (await liveSecrets(deps.db)).map(({ id, sealed }) => ({
    id,
    secret: deps.keys.decrypt('signing-secret', id, sealed),
  }));
  const signed = {
    id: request.header('webhook-id') ?? '',
    timestamp: request.header('webhook-timestamp') ?? '',
    signatures: request.header('webhook-signature') ?? '',
    body: rawBodyOf(request),
  };
  const checked = checkSignature(signed, secrets, deps.clock());
  if ('fault' in checked) throw new AppError('unauthenticated', TOLD[checked.fault]);
  return { id: `signing:${checked.secretId}`, companyId: null, scopes: new Set(['agency']) };
}

/** Lets a signed request in as the agency, where no key was sent. */
export function signatureAuth(deps: Deps) {
  return async (request: Request, response: Response, next: NextFunction): Promise<void> => {
    if (!response.locals.principal && request.header('webhook-signature')) {
      response.locals.principal = await principalOf(deps, request);
      response.locals.webhookId = request.header('webhook-id');
    }
    next();
  };
}

/**
 * Marks the signed message of this request as used, in the transaction of its effect: both stand or neither does.
 * @throws AppError `conflict` for a replay
 */
export async function spendSignature(deps: Deps, tx: Tx, response: Response): Promise<void> {
  const id = response.locals.webhookId as string | undefined;
  if (id === undefined) return;
  const at = deps.clock();
  if (!(await spendWebhookId(tx, id, at))) {
    throw new AppError('conflict', `webhook-id ${id} has been handled before`);
  }
  await forgetWebhookIds(tx, new Date(at.getTime() - 4 * TOLERANCE_MS));
}
