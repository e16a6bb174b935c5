import { type Response, Router } from 'express';
import { z } from 'zod';
import { staticUrlOf } from '../company/company.js';
import { findCompany } from '../company/store.js';
import type { Deps } from '../deps.js';
import { AppError } from '../errors.js';
import { pngOf, svgOf } from '../qr/image.js';
import { qrSymbol } from '../qr/symbol.js';
import { companyKeys, ownKeys, type Principal, principal } from '../web/auth.js';
import type { Operation } from '../web/openapi.js';
import { parseInput } from '../web/problem.js';
import { isCode } from './code.js';
import { linkUrl } from './mint.js';
import { findLink } from './store.js';

const pixels = z.coerce.number().pipe(z.int().min(64).max(2_048));
const modules = z.coerce.number().pipe(z.int().min(0).max(16));
/** How a QR code is drawn: pixels a side, and light modules around it. */
export const qrQuery = z.object({ size: pixels.default(512), margin: modules.default(4) });
const format = z.enum(['svg', 'png']);

/**
 * Answers with the QR code of a URL.
 * @throws AppError `invalid_input` naming the field, `too_large` for a URL of more than 666 bytes
 */
export function sendQr(response: Response, url: string, wantedFormat: unknown, query: unknown): void {
  const { format: chosen } = parseInput(z.object({ format }), { format: wantedFormat });
  const options = parseInput(qrQuery, query);
  const symbol = qrSymbol(url);
  if (!symbol) throw new AppError('too_large', 'the URL is too long for a QR code');
  const picture = chosen === 'svg' ? svgOf(symbol, options) : pngOf(symbol, options);
  if (picture === undefined) {
    const message = `must be at least ${symbol.size + 2 * options.margin} for this URL and margin`;
    throw new AppError('invalid_input', `size: ${message}`, [{ field: 'size', message }]);
  }
  response.setHeader('Cache-Control', 'private, max-age=3600').type(chosen).send(picture);
}

/** The URL that a code stands for, for those who may ask. @throws AppError */
async function urlOf(deps: Deps, who: Principal, code: string): Promise<string> {
  const link = isCode(code) ? await findLink(deps.db, code) : undefined;
  const isTheirs = link && (who.scopes.has('operator') || link.companyId === who.companyId);
  const company = isTheirs ? await findCompany(deps.db, link.companyId) : undefined;
  if (!link || !company) throw new AppError('not_found', 'no such link');
  if (link.kind === 'static') return staticUrlOf(deps.config, company);
  return linkUrl(deps.config, link.code, company.linkHost);
}

/** QR codes of links, for letters on paper and for screens. */
export function qrApi(deps: Deps): Router {
  const router = Router();
  router.get('/links/:code/qr.:format', ownKeys('links'), async (request, response) => {
    const url = await urlOf(deps, principal(response), request.params.code);
    sendQr(response, url, request.params.format, request.query);
  });
  router.get(
    '/companies/:id/qr.:format',
    companyKeys('links', 'read', 'admin'),
    async (request, response) => {
      const { id } = request.params;
      const company = z.uuid().safeParse(id).success ? await findCompany(deps.db, id) : undefined;
      if (!company) throw new AppError('not_found', 'no such company');
      sendQr(response, staticUrlOf(deps.config, company), request.params.format, request.query);
    },
  );
  return router;
}

const ANSWERS = {
  200: { means: 'the picture, by the ending', files: ['image/svg+xml', 'image/png'] },
  400: 'a field is faulty',
};

export const qrOperations: readonly Operation[] = [
  {
    method: 'get',
    path: '/links/{code}/qr.{format}',
    summary: 'The QR code of a link; format is svg or png, size in pixels, margin in modules',
    who: 'company with the scope links; operator',
    query: qrQuery,
    answers: { ...ANSWERS, 404: 'no such link' },
  },
  {
    method: 'get',
    path: '/companies/{id}/qr.{format}',
    summary: "The QR code of a company's static link; format is svg or png",
    who: 'operator, company',
    query: qrQuery,
    answers: { ...ANSWERS, 404: 'no such company' },
  },
];
