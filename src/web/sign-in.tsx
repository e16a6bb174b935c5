import { type Request, type Response, Router } from 'express';
import { z } from 'zod';
import {
  inviteToSignIn,
  membershipsOf,
  signInTokenState,
  type TokenState,
  useSignInToken,
} from '../company/members.js';
import { takeCode } from '../company/second-factor.js';
import type { Deps } from '../deps.js';
import { AppError } from '../errors.js';
import { digest } from '../keys.js';
import type { Limiter } from '../limiter.js';
import { forEverybody } from './access.js';
import { admit, endHalfSignIn, halfSignedIn } from './admission.js';
import { browserOf, markBrowser } from './browser.js';
import { chosenLocale } from './cookies.js';
import { pageFaults } from './page-fault.js';
import { COMPANY_ROLES, homeOf, openSession, requireSession, revokeSession, session } from './session.js';
import {
  choicePage,
  codePage,
  confirmPage,
  elsewherePage,
  formPage,
  sentPage,
  tooManyPage,
  usedPage,
} from './sign-in-pages.js';

const email = z.email().max(254);
const MINUTES = 60;

/**
 * Two brakes: by network address against trying many addresses, by mail address against filling one person's mailbox.
 * The second stays silent: its answer is the same as ever.
 */
function brakes({ limiters }: Pick<Deps, 'limiters'>) {
  return {
    visitor: limiters.exact({ name: 'sign-in-visitor', points: 30, duration: 15 * MINUTES }),
    address: limiters.exact({ name: 'sign-in-address', points: 5, duration: 15 * MINUTES }),
  };
}

async function withinLimit(limiter: Limiter, key: string): Promise<boolean> {
  try {
    await limiter.consume(key);
    return true;
  } catch (refusal) {
    if (refusal instanceof Error) throw refusal;
    return false;
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
  const browser = markBrowser(deps, request, response);
  const address = given.data.toLowerCase();
  if (await withinLimit(limits.address, digest(address).toString('base64'))) {
    const [newest] = await membershipsOf(deps.db, address);
    await deps.db.transaction((tx) => inviteToSignIn(deps, tx, newest?.id, browser));
    deps.events.signIn(newest ? 'requested' : 'unknown');
  }
  response.send(sentPage(locale, given.data));
}

function showLink(deps: Deps, state: TokenState, token: string, request: Request, response: Response): void {
  const locale = chosenLocale(deps, request, response);
  response.setHeader('Cache-Control', 'private, no-store').setHeader('Referrer-Policy', 'no-referrer');
  if (state === 'good') response.send(confirmPage(locale, token));
  else if (state === 'elsewhere') {
    response.status(409).send(elsewherePage(locale, `${deps.config.baseUrl}/sign-in/${token}`));
  } else response.status(410).send(usedPage(locale, state));
}

async function commitLink(deps: Deps, request: Request, response: Response): Promise<void> {
  const token = String(request.params.token);
  const now = deps.clock();
  const browser = browserOf(request);
  const admitted = await deps.db.transaction(async (tx) => {
    const member = await useSignInToken(tx, token, browser, now);
    return member && { member, next: await admit(deps, tx, request, response, member) };
  });
  if (!admitted) {
    const state = await signInTokenState(deps.db, token, browser, now);
    deps.events.signIn(state);
    showLink(deps, state === 'good' ? 'unknown' : state, token, request, response);
    return;
  }
  deps.events.signIn(admitted.next === '/sign-in/code' ? 'half' : 'done', { role: admitted.member.role });
  response.redirect(303, admitted.next);
}

/** A code that was good opens the session; every try is counted, whatever comes of it. */
async function takeSecondFactor(deps: Deps, request: Request, response: Response): Promise<void> {
  const typed = String((request.body as Record<string, unknown>).code ?? '');
  const locale = chosenLocale(deps, request, response);
  const answer = await deps.db.transaction(async (tx) => {
    const member = await halfSignedIn(deps, tx, request);
    if (!member) return { outcome: 'over' } as const;
    const outcome = await takeCode(deps, tx, member.id, typed);
    if (outcome !== 'good') return { outcome } as const;
    await endHalfSignIn(deps, tx, request, response);
    await openSession(deps, tx, request, response, member.id);
    return { outcome, home: homeOf(member.role) } as const;
  });
  deps.events.signIn(`code-${answer.outcome}`);
  switch (answer.outcome) {
    case 'good':
      return response.redirect(303, answer.home);
    case 'wrong':
      return void response.status(422).send(codePage(locale, 'wrong'));
    case 'limited':
      return void response.status(429).send(codePage(locale, 'limited'));
    case 'over':
    case 'none':
      return response.redirect(303, '/sign-in');
  }
}

/** One address may belong to several companies: the session moves to another of its memberships. */
async function switchMembership(deps: Deps, request: Request, response: Response): Promise<void> {
  const now = session(response);
  const wanted = (request.body as Record<string, unknown>).member;
  const mine = await membershipsOf(deps.db, now.member.email);
  const next = mine.find((one) => one.id === wanted);
  if (!next) throw new AppError('not_found', 'no such membership');
  if (next.id === now.member.id) return response.redirect(303, homeOf(next.role));
  await revokeSession(deps, deps.db, response, now);
  response.redirect(303, await deps.db.transaction((tx) => admit(deps, tx, request, response, next)));
}

/** Sign-in by a mailed one-time link. GETs are inert; POSTs commit. */
export function signInRoutes(deps: Deps): Router {
  const limits = brakes(deps);
  const signedIn = requireSession(deps, ...COMPANY_ROLES, 'operator');
  const everybody = forEverybody('sign-in');
  const router = Router();
  router.get('/sign-in', everybody, (request, response) => {
    response.send(formPage(chosenLocale(deps, request, response), false));
  });
  router.post('/sign-in', everybody, (request, response) => askForLink(deps, limits, request, response));
  router.get('/sign-in/code', everybody, async (request, response) => {
    response.setHeader('Cache-Control', 'private, no-store');
    if (!(await halfSignedIn(deps, deps.db, request))) return response.redirect(303, '/sign-in');
    response.send(codePage(chosenLocale(deps, request, response), undefined));
  });
  router.post('/sign-in/code', everybody, (request, response) => takeSecondFactor(deps, request, response));
  router.get('/sign-in/:token', everybody, async (request, response) => {
    const { token } = request.params;
    const state = await signInTokenState(deps.db, token, browserOf(request), deps.clock());
    showLink(deps, state, token, request, response);
  });
  router.post('/sign-in/:token', everybody, (request, response) => commitLink(deps, request, response));
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
