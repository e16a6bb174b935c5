import { Router } from 'express';
import { z } from 'zod';
import { findCompany } from '../company/store.js';
import type { Deps } from '../deps.js';
import { AppError } from '../errors.js';
import { commonKeys, companyKeys } from '../web/auth.js';
import type { Operation } from '../web/openapi.js';
import { parseInput } from '../web/problem.js';
import { allDeliveriesAnswer, deliveriesAnswer } from './answers.js';
import { type AmbiguousDelivery, type DeliveryCursor, listAmbiguous } from './deliveries.js';

const PAGE = 200;
/** Days that are shown unless others are asked for: a server's log reaches back as far. */
const RECENT = 30;
const DAY = 24 * 3_600_000;

const CURSOR = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)_([0-9a-f-]{36})$/;

const deliveriesQuery = z.object({
  since: z.iso.datetime({ offset: true, message: 'must be a time as 2026-11-22T10:00:00+09:00' }).optional(),
  cursor: z.string().regex(CURSOR, 'must be the next of the page before').optional(),
});

function cursorOf(text: string | undefined): DeliveryCursor | undefined {
  const [, at, id] = CURSOR.exec(text ?? '') ?? [];
  return at && id ? { receivedAt: new Date(at), id } : undefined;
}

async function page(deps: Deps, query: unknown, companyId?: string) {
  const { since, cursor } = parseInput(deliveriesQuery, query);
  const rows = await listAmbiguous(deps.db, {
    companyId,
    since: since ? new Date(since) : new Date(deps.clock().getTime() - RECENT * DAY),
    after: cursorOf(cursor),
    limit: PAGE + 1,
  });
  const deliveries = rows.slice(0, PAGE);
  const last = deliveries.at(-1);
  const next = rows.length > PAGE && last ? `${last.receivedAt.toISOString()}_${last.id}` : null;
  return { deliveries, next };
}

/** Who only needs to know whose mail is in doubt is not told who wrote to whom. */
function withoutAddresses({ envelopeFrom: _from, recipients, ...rest }: AmbiguousDelivery) {
  return { ...rest, recipients: recipients.length };
}

/** Mail of which nobody knows whether it was delivered: for the administrator who looks it up in his own log. */
export function deliveriesApi(deps: Deps): Router {
  const router = Router();
  router.get(
    '/companies/:id/deliveries/ambiguous',
    companyKeys('read', 'admin'),
    async (request, response) => {
      const id = request.params.id.toLowerCase();
      const company = z.uuid().safeParse(id).success ? await findCompany(deps.db, id) : undefined;
      if (!company) throw new AppError('not_found', 'no such company');
      response.json(await page(deps, request.query, company.id));
    },
  );
  router.get('/deliveries/ambiguous', commonKeys(), async (request, response) => {
    const { deliveries, next } = await page(deps, request.query);
    response.json({ deliveries: deliveries.map(withoutAddresses), next });
  });
  return router;
}

export const deliveriesOperations: readonly Operation[] = [
  {
    method: 'get',
    path: '/companies/{id}/deliveries/ambiguous',
    summary:
      'Mails of which it is not known whether the next server took them, oldest first; 30 days by default',
    who: 'operator, company',
    query: deliveriesQuery,
    answers: { 200: { means: 'a page of them', body: deliveriesAnswer }, 404: 'no such company' },
  },
  {
    method: 'get',
    path: '/deliveries/ambiguous',
    summary: 'The same of all companies, with the number of recipients in place of the addresses',
    who: 'operator',
    query: deliveriesQuery,
    answers: { 200: { means: 'a page of them', body: allDeliveriesAnswer } },
  },
];
