import { Router } from 'express';
import { z } from 'zod';
import { signInLinkAnswer } from '../company/answers.js';
import { findMember, issueSignInToken } from '../company/members.js';
import type { Deps } from '../deps.js';
import { AppError } from '../errors.js';
import { commonKeys } from './auth.js';
import type { Operation } from './openapi.js';
import { parseInput } from './problem.js';

const linkBody = z.strictObject({ member: z.uuid() });

/** Sign-in links for whoever holds them: the operator hands one over where mail does not arrive. */
export function signInApi(deps: Deps): Router {
  const router = Router();
  // No Idempotency-Key here: a kept answer would keep the link in the clear.
  router.post('/sign-in-links', commonKeys(), async (request, response) => {
    const { member: id } = parseInput(linkBody, request.body);
    const member = await findMember(deps.db, id);
    if (!member) throw new AppError('not_found', 'no such member');
    const { token, expiresAt } = await deps.db.transaction((tx) => issueSignInToken(deps, tx, id));
    deps.events.signIn('issued', { role: member.role });
    response
      .status(201)
      .json({ url: `${deps.config.baseUrl}/sign-in/${token}`, expiresAt: expiresAt.toISOString() });
  });
  return router;
}

export const signInOperations: readonly Operation[] = [
  {
    method: 'post',
    path: '/sign-in-links',
    summary:
      'Make a sign-in link for a member, to be handed over by hand: it works once, for 15 minutes, in any browser',
    who: 'operator',
    body: linkBody,
    answers: { 201: { means: 'the link', body: signInLinkAnswer }, 404: 'no such member' },
  },
];
