import { type Request, type Response, Router } from 'express';
import type { Deps } from '../deps.js';
import type { Limiter } from '../limiter.js';
import { forEverybody } from '../web/access.js';
import { frameOf, localeFor, send, urlOf, waitOf } from './answer.js';
import { PURPOSES, type Purpose } from './consent.js';
import { erase } from './erasure.js';
import { readAddress, readId } from './form.js';
import { type MyData, openMyData, requestLink, withdraw } from './my-data.js';
import { askedPage, askPage, erasedPage, erasePage, gonePage, myDataPage } from './my-data-views.js';

/** Requests from one network address; an office's candidates share one. */
const REQUESTS = { points: 20, duration: 600 };

function baseOf(request: Request): string {
  return `/my-data/${encodeURIComponent(String(request.params.token))}`;
}

function sendGone(deps: Deps, request: Request, response: Response): void {
  const locale = localeFor(request);
  send(response, 404, gonePage(frameOf(deps, locale, '/my-data'), urlOf('/my-data', { lang: locale })));
}

function showAsk(deps: Deps, request: Request, response: Response): void {
  const frame = frameOf(deps, localeFor(request), '/my-data');
  send(response, 200, askPage(frame, { typed: '', fault: undefined }));
}

async function takeAsk(deps: Deps, limiter: Limiter, request: Request, response: Response) {
  const locale = localeFor(request);
  const frame = frameOf(deps, locale, '/my-data');
  const { typed, email } = readAddress(request.body);
  if (email === undefined) return send(response, 422, askPage(frame, { typed, fault: 'malformed' }));
  const wait = await waitOf(limiter, request.ip ?? '');
  if (wait > 0) {
    response.set('Retry-After', String(wait));
    return send(response, 429, askPage(frame, { typed, fault: 'too_many' }));
  }
  await requestLink(deps, { email, locale });
  response.redirect(303, urlOf('/my-data/check-mail', { lang: locale }));
}

function showAsked(deps: Deps, request: Request, response: Response): void {
  const locale = localeFor(request);
  const frame = frameOf(deps, locale, '/my-data/check-mail');
  send(response, 200, askedPage(frame, urlOf('/my-data', { lang: locale })));
}

async function showMyData(deps: Deps, request: Request, response: Response): Promise<void> {
  const data = await openMyData(deps, String(request.params.token));
  if (!data) return sendGone(deps, request, response);
  const frame = frameOf(deps, localeFor(request), baseOf(request));
  send(response, 200, myDataPage(frame, data, baseOf(request), request.query.done === 'withdrawn'));
}

/** The copy to take along: what the page shows, in full. */
function exported(data: MyData, at: Date) {
  const registrations = data.registrations.map(({ consents, provisions, counted: _, ...one }) => ({
    ...one,
    consents: consents.map(({ id: _id, registrationId: _of, ...consent }) => consent),
    provisions,
  }));
  return { exportedAt: at, email: data.email, registrations, records: data.records };
}

async function sendExport(deps: Deps, request: Request, response: Response): Promise<void> {
  const data = await openMyData(deps, String(request.params.token));
  if (!data) return sendGone(deps, request, response);
  response
    .set({ 'Cache-Control': 'no-store', 'Content-Disposition': 'attachment; filename="my-data.json"' })
    .type('json')
    .send(`${JSON.stringify(exported(data, deps.clock()), null, 2)}\n`);
}

function purposeOf(value: unknown): Purpose | undefined {
  return PURPOSES.find((one) => one === value);
}

async function takeWithdrawal(deps: Deps, request: Request, response: Response): Promise<void> {
  const body = (request.body ?? {}) as Record<string, unknown>;
  const registrationId = readId(body.registration);
  const purpose = purposeOf(body.purpose);
  if (!registrationId || !purpose) return sendGone(deps, request, response);
  const outcome = await withdraw(deps, String(request.params.token), { registrationId, purpose });
  if (outcome === 'unknown') return sendGone(deps, request, response);
  response.redirect(303, urlOf(baseOf(request), { lang: localeFor(request), done: 'withdrawn' }));
}

async function showErase(deps: Deps, request: Request, response: Response): Promise<void> {
  if (!(await openMyData(deps, String(request.params.token)))) return sendGone(deps, request, response);
  const frame = frameOf(deps, localeFor(request), `${baseOf(request)}/erase`);
  send(response, 200, erasePage(frame, baseOf(request)));
}

async function takeErase(deps: Deps, request: Request, response: Response): Promise<void> {
  const body = (request.body ?? {}) as Record<string, unknown>;
  if (body.confirm !== 'yes') return showErase(deps, request, response);
  const outcome = await erase(deps, String(request.params.token));
  if (outcome.kind === 'unknown') return sendGone(deps, request, response);
  send(response, 200, erasedPage(frameOf(deps, localeFor(request), '/my-data')));
}

/** What is held about a candidate, in his own hand. GET never changes anything; only POST does. */
export function myDataPages(deps: Deps): Router {
  const limiter = deps.limiters.exact({ name: 'my-data', ...REQUESTS });
  const candidates = forEverybody('candidate');
  return Router()
    .get('/my-data', candidates, (request, response) => showAsk(deps, request, response))
    .post('/my-data', candidates, (request, response) => takeAsk(deps, limiter, request, response))
    .get('/my-data/check-mail', candidates, (request, response) => showAsked(deps, request, response))
    .get('/my-data/:token', candidates, (request, response) => showMyData(deps, request, response))
    .get('/my-data/:token/export.json', candidates, (request, response) =>
      sendExport(deps, request, response),
    )
    .post('/my-data/:token/consents', candidates, (request, response) =>
      takeWithdrawal(deps, request, response),
    )
    .get('/my-data/:token/erase', candidates, (request, response) => showErase(deps, request, response))
    .post('/my-data/:token/erase', candidates, (request, response) => takeErase(deps, request, response));
}
