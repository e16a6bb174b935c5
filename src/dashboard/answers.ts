import { z } from 'zod';
import { count, id, moment, next } from '../web/answer.js';

const mails = z.strictObject({ relayed: count, rejections: count, inserted: count, unsure: count });
const clicks = z.strictObject({
  human: count,
  suspected: count,
  scanner: count,
  bot: count,
  prefetch: count,
});
const registrations = { pending: count, counted: count, reversed: count };

/** The figures of a company. `referrals` and `credits` are standings: no range applies to them. */
export const statsAnswer = z.strictObject({
  mails,
  clicks,
  candidatesClicked: count.describe('candidates’ links with at least one click by a person'),
  registrations: z.strictObject(registrations),
  referrals: z.strictObject({
    counted: count,
    threshold: count,
    towardsNext: count,
    remaining: count.describe('threshold − towardsNext'),
  }),
  credits: z.strictObject({
    earned: count,
    redeemed: count,
    expired: count,
    revoked: count,
    available: count,
  }),
  series: z
    .array(
      z.strictObject({
        key: z.string().nullable().describe('a day, or a label; null: not labelled'),
        notices: count,
        withLink: count,
        mails,
        clicks,
        candidatesClicked: count,
        registrations: z.strictObject({ received: count, ...registrations }),
      }),
    )
    .optional()
    .describe('with `by`'),
});

const label = z.string().nullable();
export const messagesAnswer = z.strictObject({
  messages: z.array(
    z.strictObject({
      id,
      receivedAt: moment,
      verdict: z.enum(['rejection', 'other', 'unsure']),
      cues: z.array(z.unknown()).describe('what told the verdict'),
      rulesVersion: count,
      action: z.enum(['inserted', 'untouched']),
      reason: z.string().nullable().describe('why nothing was inserted'),
      outcome: z.enum(['forwarding', 'delivered', 'refused', 'failed', 'ambiguous']),
      code: z.string().nullable(),
      job: label,
      stage: label,
      source: label,
      externalId: label,
    }),
  ),
  next,
});
