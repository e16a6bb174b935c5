import { type Request, type Response, Router } from 'express';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import { z } from 'zod';
import {
  inviteToSignIn,
  membershipsOf,
  signInTokenState,
  type TokenState,
  useSignInToken,
} from '../company/members.js';
import type { Deps } from '../deps.js';
import { AppError } from '../errors.js';
import { digest } from '../keys.js';
import { chosenLocale } from './cookies.js';
import { pageFaults } from './page-fault.js';
import { COMPANY_ROLES, homeOf, openSession, requireSession, revokeSession, session } from './session.js';
import { choicePage, confirmPage, formPage, sentPage, tooManyPage, usedPage } from './sign-in-pages.js';

const email = z.email().max(254);
const MINUTES = 60;

/**
 * Two brakes, in this process's memory: by network address against trying many addresses, by mail address against
 * filling one person's mailbox. The second stays silent: its answer is the same as ever.
 */
function brakes() {
  return {
    visitor: new RateLimiterMemory({ points: 30, duration: 15 * MINUTES }),
    address: new RateLimiterMemory({ points: 5, duration: 15 * MINUTES }),
  };
}

async function withinLimit(limiter: RateLimiterMemory, key: string): Promise<boolean> {
  try {
    await limiter.consume(key);
    return true;
  } catch (refusal) {
    if (refusal instanceof Error) throw refusal;
    return false;
  }
}

/** A link posted by another site would sign the visitor in as somebody else (login CSRF); browsers say whence. */
function refuseOtherSites(request: Request): void {
  if (request.headers['sec-fetch-site'] === 'cross-site') {
    throw new AppError('forbidden', 'this form was sent from another site');
  }
}

/** The answer is the same whether the address is known or not, so that nobody learns who is a member. */
async function askForLink(
  deps: Deps,
  limits: ReturnType<typeof brakes>,
  request: Request,
  response: Response,
): Promise<void> {
  const locale = chosenLocale(deps, request, response);
  const given = email.safeParse(String((request.body as Record<string, unknown>).email ?? '').trim());
  if (!given.success) {
    response.status(400).send(formPage(locale, true));
    return;
  }
  if (!(await withinLimit(limits.visitor, request.ip ?? ''))) {
    deps.events.signIn('limited');
    response.status(429).send(tooManyPage(locale));
    return;
  }
  const address = given.data.toLowerCase();
  if (await withinLimit(limits.address, digest(address).toString('base64'))) {
    const [newest] = await membershipsOf(deps.db, address);
    if (newest) await deps.db.transaction((tx) => inviteToSignIn(deps, tx, newest.id));
    deps.events.signIn(newest ? 'requested' : 'unknown');
  }
  response.send(sentPage(locale, given.data));
}

function showLink(deps: Deps, state: TokenState, token: string, request: Request, response: Response): void {
  const locale = chosenLocale(deps, request, response);
  response.setHeader('Cache-Control', 'private, no-store').setHeader('Referrer-Policy', 'no-referrer');
  if (state === 'good') response.send(confirmPage(locale, token));
  else response.status(410).send(usedPage(locale, state));
}

async function commitLink(deps: Deps, token: string, request: Request, response: Response): Promise<void> {
  refuseOtherSites(request);
  const now = deps.clock();
  const member = await deps.db.transaction(async (tx) => {
    const found = await useSignInToken(tx, token, now);
    if (found) await openSession(deps, tx, response, found.id);
    return found;
  });
  if (!member) {
    const state = await signInTokenState(deps.db, token, now);
    deps.events.signIn(state);
    showLink(deps, state === 'good' ? 'unknown' : state, token, request, response);
    return;
  }
  deps.events.signIn('done', { role: member.role });
  response.redirect(303, homeOf(member.role));
}

/** One address may belong to several companies: the session moves to another of its memberships. */
async function switchMembership(deps: Deps, request: Request, response: Response): Promise<void> {
  const now = session(response);
  const wanted = (request.body as Record<string, unknown>).member;
  const mine = await membershipsOf(deps.db, now.member.email);
  const next = mine.find((one) => one.id === wanted);
  if (!next) throw new AppError('not_found', 'no such membership');
  await revokeSession(deps, deps.db, response, now);
  await openSession(deps, deps.db, response, next.id);
  response.redirect(303, homeOf(next.role));
}

/** Sign-in by a mailed one-time link. GETs are inert; POSTs commit. */
export function signInRoutes(deps: Deps): Router {
  const limits = brakes();
  const signedIn = requireSession(deps, ...COMPANY_ROLES, 'operator');
  const router = Router();
  router.get('/sign-in', (request, response) => {
    response.send(formPage(chosenLocale(deps, request, response), false));
  });
  router.post('/sign-in', (request, response) => askForLink(deps, limits, request, response));
  router.get('/sign-in/:token', async (request, response) => {
    const { token } = request.params;
    showLink(deps, await signInTokenState(deps.db, token, deps.clock()), token, request, response);
  });
  router.post('/sign-in/:token', (request, response) =>
    commitLink(deps, request.params.token, request, response),
  );
  router.get('/companies', signedIn, async (_request, response) => {
    const who = session(response);
    response.send(choicePage(who, await membershipsOf(deps.db, who.member.email)));
  });
  router.post('/companies', signedIn, (request, response) => switchMembership(deps, request, response));
  router.post('/sign-out', signedIn, async (_request, response) => {
    await revokeSession(deps, deps.db, response, session(response));
    response.redirect(303, '/sign-in');
  });
  return router.use(pageFaults);
}
