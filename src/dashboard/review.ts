import { type Request, type Response, Router } from 'express';
import { z } from 'zod';
import { recordAudit } from '../company/audit.js';
import { changeCredential } from '../company/credential-desk.js';
import { listCredentials } from '../company/credentials.js';
import { listRules, putRule, removeRule } from '../company/rules.js';
import { changeCompany } from '../company/settings.js';
import type { Deps } from '../deps.js';
import { AppError } from '../errors.js';
import type { Excerpt } from '../relay/excerpt.js';
import { addressIn } from '../relay/recipients.js';
import { openExcerpt, REVIEW_DAYS } from '../relay/review.js';
import { answerReview, countShadow, listOpenReviews, type OpenReview } from '../relay/review-store.js';
import { ruleValue } from '../relay/rule-value.js';
import { personActing } from '../web/actor.js';
import { pageFaults } from '../web/page-fault.js';
import { parseInput } from '../web/problem.js';
import { COMPANY_ROLES, companyIdOf, requireSession, session } from '../web/session.js';
import { companyOf, viewOf } from './pages.js';
import { placesOf } from './places.js';
import { type Asked, type ReviewDesk, reviewPage } from './views/review.js';

const LISTED = 50;
const DAY = 86_400_000;

const answerForm = z.object({
  answer: z.enum(['rejection', 'other']),
  remember: z.enum(['once', 'subject', 'sender', 'source']).default('once'),
  subject: z.string().max(200).default(''),
});
const credentialForm = z.object({
  policy: z.enum(['', 'explicit', 'auto', 'all', 'shadow']).transform((policy) => policy || null),
});
const policyForm = z.object({ policy: z.enum(['auto', 'shadow']) });

/** An excerpt that does not open (another SECRET_KEY) is not asked about. */
function opened(deps: Deps, review: OpenReview): Asked[] {
  try {
    const { messageId: id, at, reason } = review;
    return [{ id, at, reason, excerpt: openExcerpt(deps, review) }];
  } catch (error) {
    deps.events.relayFault('review', error, { message: review.messageId });
    return [];
  }
}

async function showDesk(deps: Deps, _request: Request, response: Response): Promise<void> {
  const who = session(response);
  const company = await companyOf(deps, who);
  const since = new Date(deps.clock().getTime() - REVIEW_DAYS * DAY);
  const [reviews, rules, counts, credentials] = await Promise.all([
    listOpenReviews(deps.db, company.id, since, LISTED),
    listRules(deps.db, company.id),
    countShadow(deps.db, company.id, since),
    listCredentials(deps.db, company.id),
  ]);
  const desk: ReviewDesk = {
    asked: reviews.flatMap((review) => opened(deps, review)),
    rules,
    policy: company.policy,
    credentials: credentials.filter(({ kind, revokedAt }) => kind === 'smtp' && !revokedAt),
    shadow: { days: REVIEW_DAYS, ...counts },
    mayAnswer: who.member.role !== 'viewer',
    mayGoLive: who.member.role === 'admin',
  };
  response.send(reviewPage(who, placesOf(who), viewOf(deps, who, company.timeZone), desk));
}

/** What a rule of that kind compares with; empty where the mail has nothing of it. */
function valueFor(kind: 'subject' | 'sender' | 'source', excerpt: Excerpt, subject: string): string {
  switch (kind) {
    case 'subject':
      return ruleValue(subject);
    case 'sender':
      return ruleValue(addressIn(excerpt.from));
    case 'source':
      return ruleValue(excerpt.source);
  }
}

async function takeAnswer(deps: Deps, request: Request, response: Response): Promise<void> {
  const who = session(response);
  const companyId = companyIdOf(who);
  const messageId = z.uuid().safeParse(request.params.message);
  if (!messageId.success) throw new AppError('not_found', 'no such mail');
  const { answer, remember, subject } = parseInput(answerForm, request.body);
  const at = deps.clock();
  await deps.db.transaction(async (tx) => {
    const review = await answerReview(tx, { companyId, messageId: messageId.data, answer, at });
    // Answered before, by a colleague or by a second press: the first answer stands.
    if (!review) return;
    await recordAudit(deps, tx, {
      companyId,
      actor: personActing(who),
      action: 'review.answered',
      subject: messageId.data,
      details: { answer, remember },
    });
    if (remember === 'once') return;
    const value = valueFor(remember, openExcerpt(deps, review), subject);
    if (value === '') throw new AppError('invalid_input', 'the rule has nothing to compare with');
    await putRule(tx, { id: deps.newId(), companyId, kind: remember, value, verdict: answer }, at);
  });
  response.redirect(303, '/dashboard/review');
}

/** Mails that people are asked about, rules, and the switch between trying out and inserting. */
export function reviewPages(deps: Deps): Router {
  const reader = requireSession(deps, ...COMPANY_ROLES);
  const writer = requireSession(deps, 'member', 'admin');
  const admin = requireSession(deps, 'admin');
  const router = Router();
  router.get('/dashboard/review', reader, (request, response) => showDesk(deps, request, response));
  router.post('/dashboard/review/:message', writer, (request, response) =>
    takeAnswer(deps, request, response),
  );
  router.post('/dashboard/rules/:rule/remove', writer, async (request, response) => {
    const rule = z.uuid().safeParse(request.params.rule);
    const who = session(response);
    const companyId = companyIdOf(who);
    if (rule.success) {
      await deps.db.transaction(async (tx) => {
        if (!(await removeRule(tx, companyId, rule.data))) return;
        const done = { companyId, actor: personActing(who), action: 'rule.removed' } as const;
        await recordAudit(deps, tx, { ...done, subject: rule.data });
      });
    }
    response.redirect(303, '/dashboard/review');
  });
  router.post('/dashboard/policy', admin, async (request, response) => {
    const { policy } = parseInput(policyForm, request.body);
    const who = session(response);
    await changeCompany(deps, personActing(who), companyIdOf(who), { policy });
    response.redirect(303, '/dashboard/review');
  });
  router.post('/dashboard/credentials/:credential/policy', admin, async (request, response) => {
    const { policy } = parseInput(credentialForm, request.body);
    const who = session(response);
    const id = String(request.params.credential);
    await changeCredential(deps, personActing(who), companyIdOf(who), id, { policy });
    response.redirect(303, '/dashboard/review');
  });
  return router.use(pageFaults);
}
