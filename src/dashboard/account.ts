import { type Request, type Response, Router } from 'express';
import { recordAudit } from '../company/audit.js';
import { base32, otpauthUrl } from '../company/one-time-code.js';
import {
  beginSecondFactor,
  type CodeOutcome,
  drawRecoveryCodes,
  findSecondFactor,
  removeSecondFactor,
  secretBeingSetUp,
  takeCode,
} from '../company/second-factor.js';
import { findCompany } from '../company/store.js';
import type { Tx } from '../db/db.js';
import type { Deps } from '../deps.js';
import { AppError } from '../errors.js';
import { svgOf } from '../qr/image.js';
import { qrSymbol } from '../qr/symbol.js';
import { personActing } from '../web/actor.js';
import { pageFaults } from '../web/page-fault.js';
import {
  COMPANY_ROLES,
  endSessions,
  listSessions,
  nameOf,
  requireSession,
  type Session,
  session,
} from '../web/session.js';
import { formatOf } from './format.js';
import { operatorPlaces } from './operator.js';
import { placesOf } from './places.js';
import {
  ACCOUNT,
  type AccountView,
  accountPage,
  type CodeFault,
  codesPage,
  FACTOR,
  factorPage,
  setUpPage,
} from './views/account.js';
import { wordsOf } from './words.js';

/** A name of a session, as the list gives it. */
const NAME = /^[\w-]{43}$/;

async function viewOf(deps: Deps, who: Session): Promise<AccountView> {
  const { companyId } = who.member;
  const company = companyId ? await findCompany(deps.db, companyId) : undefined;
  const w = wordsOf(who.locale);
  return {
    who,
    places: company ? placesOf(who) : operatorPlaces(deps, who),
    format: formatOf(who.locale, company?.timeZone ?? 'Asia/Tokyo', w),
  };
}

async function showAccount(deps: Deps, request: Request, response: Response): Promise<void> {
  const who = session(response);
  const { ended } = request.query;
  const [view, sessions, factor] = await Promise.all([
    viewOf(deps, who),
    listSessions(deps, who.member.email),
    findSecondFactor(deps.db, who.member.id),
  ]);
  const count = typeof ended === 'string' && /^\d{1,4}$/.test(ended) ? Number(ended) : undefined;
  response.send(accountPage(view, { sessions, factor, ended: count }));
}

async function end(
  deps: Deps,
  response: Response,
  which: Readonly<{ only: string } | { allBut: string }>,
): Promise<void> {
  const who = session(response);
  const ended = await endSessions(deps, who.member.email, which);
  if (ended > 0) {
    const { id: subject, companyId } = who.member;
    await deps.db.transaction((tx) =>
      recordAudit(deps, tx, {
        companyId,
        actor: personActing(who),
        action: 'member.signed_out',
        subject,
        details: { sessions: ended },
      }),
    );
  }
  response.redirect(303, `${ACCOUNT}?ended=${ended}`);
}

async function showFactor(
  deps: Deps,
  response: Response,
  fault?: Readonly<{ of: Step; why: CodeFault }>,
): Promise<void> {
  const who = session(response);
  const [view, factor, secret] = await Promise.all([
    viewOf(deps, who),
    findSecondFactor(deps.db, who.member.id),
    secretBeingSetUp(deps, deps.db, who.member.id),
  ]);
  if (fault) response.status(fault.why === 'limited' ? 429 : 422);
  if (!factor) return response.redirect(303, ACCOUNT);
  if (secret) {
    const symbol = qrSymbol(otpauthUrl(secret, who.member.email));
    if (!symbol) throw new AppError('too_large', 'the address is too long for a QR code');
    const svg = svgOf(symbol, { size: 220, margin: 4 });
    const key = base32(secret)
      .match(/.{1,4}/g)!
      .join(' ');
    const qr = `data:image/svg+xml;base64,${Buffer.from(svg).toString('base64')}`;
    return void response.send(setUpPage(view, { qr, key, fault: fault?.why }));
  }
  const shown = fault && fault.of !== 'confirmation' ? { of: fault.of, why: fault.why } : undefined;
  response.send(factorPage(view, factor, shown));
}

type Taken = Readonly<{ outcome: CodeOutcome; codes: string[] | undefined }>;
type Step = 'confirmation' | 'codes' | 'removal';

/** Does `work` when the code is good, and writes it down; the try counts whatever comes of it. */
async function withCode(
  deps: Deps,
  request: Request,
  response: Response,
  step: Step,
  work: (tx: Tx, memberId: string) => Promise<string[] | undefined>,
): Promise<Taken> {
  const who = session(response);
  const { id } = who.member;
  const typed = String((request.body as Record<string, unknown>).code ?? '');
  const taken = await deps.db.transaction(async (tx): Promise<Taken> => {
    const outcome = await takeCode(deps, tx, id, typed);
    if (outcome !== 'good') return { outcome, codes: undefined };
    await recordAudit(deps, tx, {
      companyId: null,
      actor: personActing(who),
      action: 'operator.changed',
      subject: id,
      details: { secondFactor: step },
    });
    return { outcome, codes: await work(tx, id) };
  });
  deps.events.signIn(`code-${taken.outcome}`);
  return taken;
}

function factorRoutes(deps: Deps): Router {
  const gate = requireSession(deps, 'operator');
  const router = Router();
  router.get(FACTOR, gate, (_request, response) => showFactor(deps, response));
  router.post(FACTOR, gate, async (_request, response) => {
    await deps.db.transaction((tx) => beginSecondFactor(deps, tx, session(response).member.id));
    response.redirect(303, FACTOR);
  });
  const step = (of: Step, work: (tx: Tx, memberId: string) => Promise<string[] | undefined>) =>
    router.post(`${FACTOR}/${of}`, gate, async (request, response) => {
      const { outcome, codes } = await withCode(deps, request, response, of, work);
      switch (outcome) {
        case 'good':
          if (!codes) return response.redirect(303, ACCOUNT);
          return void response.send(codesPage(await viewOf(deps, session(response)), codes));
        case 'wrong':
        case 'limited':
          return showFactor(deps, response, { of, why: outcome });
        case 'none':
          return response.redirect(303, ACCOUNT);
      }
    });
  step('confirmation', (tx, memberId) => drawRecoveryCodes(deps, tx, memberId));
  step('codes', (tx, memberId) => drawRecoveryCodes(deps, tx, memberId));
  step('removal', async (tx, memberId) => {
    await removeSecondFactor(tx, memberId);
    return undefined;
  });
  return router;
}

/** One's own sign-in: where one is signed in, and (operators) the second factor. */
export function accountPages(deps: Deps): Router {
  const gate = requireSession(deps, ...COMPANY_ROLES, 'operator');
  const router = Router();
  router.get(ACCOUNT, gate, (request, response) => showAccount(deps, request, response));
  router.post(`${ACCOUNT}/sessions/end`, gate, async (request, response) => {
    const name = (request.body as Record<string, unknown>).session;
    if (typeof name !== 'string' || !NAME.test(name)) throw new AppError('not_found', 'no such session');
    await end(deps, response, { only: name });
  });
  router.post(`${ACCOUNT}/sessions/end-others`, gate, (_request, response) =>
    end(deps, response, { allBut: nameOf(session(response)) }),
  );
  return router.use(factorRoutes(deps)).use(pageFaults);
}
