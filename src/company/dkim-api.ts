import { Router } from 'express';
import type { Deps } from '../deps.js';
import { AppError } from '../errors.js';
import { keyActing } from '../web/actor.js';
import { companyKeys, principal } from '../web/auth.js';
import { answerOnce } from '../web/idempotency.js';
import type { Operation } from '../web/openapi.js';
import { parseInput } from '../web/problem.js';
import { dkimKeyAnswer, dkimKeysAnswer } from './answers.js';
import { recordAudit } from './audit.js';
import { type DkimKey, depositKey, listKeys, revokeKey } from './dkim-keys.js';
import { dnsRecord, generateMaterial, readMaterial } from './dkim-material.js';
import { companyIdSchema, newDkimKeySchema } from './schemas.js';
import { findCompany } from './store.js';

/** A key without its private half, with what is to be published. */
function shown({ companyId: _companyId, publicKey, ...key }: DkimKey) {
  return {
    ...key,
    createdAt: key.createdAt.toISOString(),
    revokedAt: key.revokedAt?.toISOString() ?? null,
    dns: dnsRecord({ ...key, publicKey }),
  };
}

/** `/v1/companies/{id}/dkim-keys`: the keys by which a company's mails are signed. */
export function dkimApi(deps: Deps): Router {
  const router = Router();

  async function existing(id: string): Promise<string> {
    const known = companyIdSchema.safeParse(id).success && (await findCompany(deps.db, id));
    if (!known) throw new AppError('not_found', `no company ${id}`);
    return id;
  }

  router.post('/companies/:id/dkim-keys', companyKeys('admin'), async (request, response) => {
    const { domain, selector, privateKey, algorithm } = parseInput(newDkimKeySchema, request.body);
    const companyId = await existing(request.params.id);
    // Before the transaction: making an RSA key takes tenths of a second.
    const material = privateKey
      ? readMaterial(privateKey, algorithm)
      : await generateMaterial(algorithm ?? 'rsa-sha256');
    const actor = keyActing(principal(response));
    await answerOnce(deps, request, response, async (tx) => {
      const key = await depositKey(deps, tx, { companyId, domain, selector }, material);
      const done = { companyId, actor, action: 'dkim_key.added' } as const;
      await recordAudit(deps, tx, { ...done, subject: `${selector}._domainkey.${domain}` });
      return { status: 201, body: shown(key) };
    });
  });

  router.get('/companies/:id/dkim-keys', companyKeys('admin'), async (request, response) => {
    const keys = await listKeys(deps.db, await existing(request.params.id));
    response.json({ dkimKeys: keys.map(shown) });
  });

  router.delete('/companies/:id/dkim-keys/:key', companyKeys('admin'), async (request, response) => {
    const companyId = await existing(request.params.id);
    const { key } = request.params;
    const actor = keyActing(principal(response));
    const isRevoked =
      companyIdSchema.safeParse(key).success &&
      (await deps.db.transaction(async (tx) => {
        if (!(await revokeKey(tx, companyId, key, deps.clock()))) return false;
        await recordAudit(deps, tx, { companyId, actor, action: 'dkim_key.revoked', subject: key });
        return true;
      }));
    if (!isRevoked) {
      throw new AppError('not_found', 'no such live key');
    }
    response.status(204).end();
  });

  return router;
}

const ADMIN = 'operator, company admin';
const UNKNOWN = 'no such company';

export const dkimOperations: readonly Operation[] = [
  {
    method: 'post',
    path: '/companies/{id}/dkim-keys',
    summary: 'Deposit a DKIM key, or have one made; its private half is never shown',
    who: ADMIN,
    body: newDkimKeySchema,
    answers: {
      201: { means: 'the key; publish `dns`', body: dkimKeyAnswer },
      404: UNKNOWN,
      409: 'there is a live key of that domain and selector',
    },
  },
  {
    method: 'get',
    path: '/companies/{id}/dkim-keys',
    summary: 'List DKIM keys with their DNS records, revoked ones too',
    who: ADMIN,
    answers: { 200: { means: 'the keys', body: dkimKeysAnswer }, 404: UNKNOWN },
  },
  {
    method: 'delete',
    path: '/companies/{id}/dkim-keys/{key}',
    summary: 'Revoke a DKIM key; its private half is forgotten',
    who: ADMIN,
    answers: { 204: 'revoked', 404: 'no such live key' },
  },
];
