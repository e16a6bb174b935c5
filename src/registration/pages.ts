import { type Request, type Response, Router } from 'express';
import { findCompany, type Locale } from '../company/store.js';
import type { Deps } from '../deps.js';
import type { Limiter } from '../limiter.js';
import { isCode } from '../link/code.js';
import { findLink } from '../link/store.js';
import { forEverybody } from '../web/access.js';
import { frameOf, localeFor, send, urlOf, waitOf } from './answer.js';
import { type Choices, PURPOSES, recipientOf } from './consent.js';
import { readForm, readId } from './form.js';
import type { Frame } from './frame.js';
import { confirm, openLink, submit } from './registration.js';
import { resend } from './resend.js';
import {
  confirmedPage,
  expiredPage,
  type JoinForm,
  joinPage,
  malformedPage,
  revokedCodePage,
  sentPage,
  unknownCodePage,
  verifyPage,
} from './views.js';

/** Forms from one network address; a university's or an office's candidates share one. */
const SUBMISSIONS = { points: 60, duration: 600 };

const NOTHING_TICKED = Object.fromEntries(PURPOSES.map((one) => [one, false])) as Choices;
const EMPTY = { name: '', email: '', choices: NOTHING_TICKED };

/** The page's company. `unknown`: the address names a link that does not exist; `revoked`: one that was taken back. */
type Place =
  | Readonly<{ kind: 'known'; code: string | null; company: string | undefined }>
  | Readonly<{ kind: 'unknown' | 'revoked' }>;

async function placeOf(deps: Deps, code: string | undefined): Promise<Place> {
  if (code === undefined) return { kind: 'known', code: null, company: undefined };
  const link = isCode(code) ? await findLink(deps.db, code) : undefined;
  if (!link) return { kind: 'unknown' };
  if (link.revokedAt) return { kind: 'revoked' };
  const company = await findCompany(deps.db, link.companyId);
  return { kind: 'known', code, company: company?.name };
}

function joinPath(code: string | null | undefined): string {
  return code ? `/join/${code}` : '/join';
}

function sendJoin(
  deps: Deps,
  response: Response,
  status: number,
  shown: Readonly<{ locale: Locale; place: Extract<Place, { kind: 'known' }>; clickId: string | null }> &
    Partial<Pick<JoinForm, 'typed' | 'errors' | 'tooMany'>>,
): void {
  const path = joinPath(shown.place.code);
  const frame = frameOf(deps, shown.locale, path, { click: shown.clickId });
  const form: JoinForm = {
    action: path,
    company: shown.place.company,
    clickId: shown.clickId,
    typed: shown.typed ?? EMPTY,
    errors: shown.errors ?? {},
    tooMany: shown.tooMany ?? false,
  };
  send(response, status, joinPage(frame, form));
}

/** No page of a company, but always a way on. */
function sendNoPlace(deps: Deps, request: Request, response: Response, kind: 'unknown' | 'revoked'): void {
  const locale = localeFor(request);
  const frame = frameOf(deps, locale, request.path);
  const way = urlOf('/join', { lang: locale });
  if (kind === 'revoked') {
    send(response, 410, revokedCodePage(frame, way));
    return;
  }
  deps.events.unknownCode();
  send(response, 404, unknownCodePage(frame, way));
}

async function showJoin(deps: Deps, request: Request, response: Response): Promise<void> {
  const place = await placeOf(deps, request.params.code as string | undefined);
  if (place.kind !== 'known') return sendNoPlace(deps, request, response, place.kind);
  const clickId = readId(request.query.click ?? request.query.cr_click);
  sendJoin(deps, response, 200, { locale: localeFor(request), place, clickId });
}

async function takeJoin(deps: Deps, limiter: Limiter, request: Request, response: Response): Promise<void> {
  const place = await placeOf(deps, request.params.code as string | undefined);
  if (place.kind !== 'known') return sendNoPlace(deps, request, response, place.kind);
  const locale = localeFor(request);
  const { clickId, typed, checked } = readForm(request.body);
  if (checked.kind === 'faulty') {
    return sendJoin(deps, response, 422, { locale, place, clickId, typed, errors: checked.errors });
  }
  const wait = await waitOf(limiter, request.ip ?? '');
  if (wait > 0) {
    response.set('Retry-After', String(wait));
    return sendJoin(deps, response, 429, { locale, place, clickId, typed, tooMany: true });
  }
  const { registrationId } = await submit(deps, { ...checked.form, code: place.code, clickId, locale });
  response.redirect(303, sentUrl({ code: place.code, registration: registrationId, lang: locale }));
}

type Sent = Readonly<{ code: string | null; registration: string | null }>;

function sentUrl(carried: Sent & Readonly<{ lang: Locale; again?: string }>): string {
  return urlOf('/join/check-mail', carried);
}

function readSent(given: unknown): Sent {
  const { code, registration } = (given ?? {}) as Record<string, unknown>;
  return {
    code: typeof code === 'string' && isCode(code) ? code : null,
    registration: readId(registration),
  };
}

function showSent(deps: Deps, request: Request, response: Response): void {
  const locale = localeFor(request);
  const sent = readSent(request.query);
  const again = request.query.again === 'yes';
  const frame = frameOf(deps, locale, '/join/check-mail', { ...sent, again: again ? 'yes' : null });
  const joinUrl = urlOf(joinPath(sent.code), { lang: locale });
  send(response, 200, sentPage(frame, { ...sent, joinUrl, again }));
}

/** Sends the mail again, and answers the same whether it did: what is registered is nobody else's business. */
async function takeResend(deps: Deps, limiter: Limiter, request: Request, response: Response) {
  const lang = localeFor(request);
  const sent = readSent(request.body);
  const wait = await waitOf(limiter, request.ip ?? '');
  if (wait === 0 && sent.registration) await resend(deps, sent.registration);
  response.redirect(303, sentUrl({ ...sent, lang, again: 'yes' }));
}

async function showVerify(deps: Deps, request: Request, response: Response): Promise<void> {
  const locale = localeFor(request);
  const frame = frameOf(deps, locale, request.path);
  const state = await openLink(deps, String(request.params.token));
  if (state.kind !== 'open') return sendClosed(response, frame, state);
  const { registration, choices } = state;
  const recipient = recipientOf(deps.config);
  const open = { action: request.path, name: registration.name ?? '', recipient, choices };
  send(response, 200, verifyPage(frame, open));
}

type Closed = Exclude<Awaited<ReturnType<typeof openLink>>, { kind: 'open' }>;

function closedPage(frame: Frame, state: Closed): { status: number; html: string } {
  const lang = frame.locale;
  switch (state.kind) {
    case 'already_confirmed':
      return { status: 200, html: confirmedPage(frame, true) };
    case 'expired':
      return {
        status: 410,
        html: expiredPage(frame, { ...state, joinUrl: urlOf(joinPath(state.code), { lang }) }),
      };
    case 'unknown':
      return { status: 404, html: malformedPage(frame, urlOf('/join', { lang })) };
  }
}

function sendClosed(response: Response, frame: Frame, state: Closed): void {
  const { status, html } = closedPage(frame, state);
  send(response, status, html);
}

async function takeVerify(deps: Deps, request: Request, response: Response): Promise<void> {
  const frame = frameOf(deps, localeFor(request), request.path);
  const outcome = await confirm(deps, String(request.params.token));
  if (outcome.kind !== 'confirmed') return sendClosed(response, frame, outcome);
  send(response, 200, confirmedPage(frame, false));
}

/** The candidate's pages. GET never changes anything; only POST does. */
export function registrationPages(deps: Deps): Router {
  const limiter = deps.limiters.exact({ name: 'join', ...SUBMISSIONS });
  const candidates = forEverybody('candidate');
  return Router()
    .get('/join/check-mail', candidates, (request, response) => showSent(deps, request, response))
    .post('/join/check-mail', candidates, (request, response) => takeResend(deps, limiter, request, response))
    .get('/join{/:code}', candidates, (request, response) => showJoin(deps, request, response))
    .post('/join{/:code}', candidates, (request, response) => takeJoin(deps, limiter, request, response))
    .get('/verify/:token', candidates, (request, response) => showVerify(deps, request, response))
    .post('/verify/:token', candidates, (request, response) => takeVerify(deps, request, response));
}
