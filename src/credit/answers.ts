import { z } from 'zod';
import { count, hash, id, moment, next } from '../web/answer.js';

const kind = z.enum([
  'referral',
  'reversal',
  'earned',
  'revoked',
  'redeemed',
  'redemption_cancelled',
  'expired',
  'adjusted',
]);
const sequence = z.int().min(1).describe('place in the company’s chain, from 1 without gaps');
const deltas = { referrals: count, progress: count, credits: count };

export const entryAnswer = z.strictObject({
  companyId: id,
  sequence,
  kind,
  ...deltas,
  idempotencyKey: z.string(),
  inputHash: hash,
  registrationId: id.nullable(),
  about: z.int().nullable().describe('the entry that this one is about'),
  ruleId: id.nullable().describe('the rules it was posted under'),
  actor: z.string(),
  cause: z.string(),
  at: moment,
  previousHash: hash,
  hash,
});
export const entriesAnswer = z.strictObject({ entries: z.array(entryAnswer), next });

export const verificationAnswer = z.strictObject({
  intact: z.boolean(),
  entries: count,
  break: z
    .looseObject({ companyId: id, sequence: z.int() })
    .nullable()
    .describe('the first entry that does not hold, and why'),
});

/** What a redemption, or its cancellation, came to. */
export const redeemedAnswer = z.strictObject({
  reference: z.string(),
  quantity: count,
  credits: z.strictObject({ available: count }),
});

export const rulesAnswer = z.strictObject({
  id,
  companyId: id.nullable().describe('null: the common rules'),
  threshold: count.describe('counted referrals that earn a credit'),
  countEvent: z.enum(['registered', 'verified', 'accepted']),
  attributionWindowDays: count,
  personWindowDays: count,
  creditExpiresAfterDays: count.nullable().describe('null: never'),
  effectiveAt: moment,
  actor: z.string().nullable(),
  createdAt: moment.nullable(),
});
export const programAnswer = z.strictObject({ inForce: rulesAnswer, history: z.array(rulesAnswer) });

export const exclusionAnswer = z.strictObject({
  id,
  companyId: id.nullable().describe('null: for every company'),
  kind: z.enum(['domain', 'address_hash']),
  domain: z.string().nullable().describe('null for an address: only its keyed hash is kept'),
  reason: z.string(),
  source: z.enum(['operator', 'agency', 'company']),
  actor: z.string(),
  at: moment,
  removedAt: moment.nullable(),
  removedBy: z.string().nullable(),
});
export const exclusionsAnswer = z.strictObject({ exclusions: z.array(exclusionAnswer) });

export const adjustmentAnswer = z.strictObject({
  id,
  companyId: id,
  ...deltas,
  reason: z.string(),
  proposedBy: z.string(),
  proposedAt: moment,
  status: z.enum(['pending', 'approved', 'rejected']),
  decidedBy: z.string().nullable(),
  decidedAt: moment.nullable(),
});
export const adjustmentsAnswer = z.strictObject({ adjustments: z.array(adjustmentAnswer) });

const balance = z.strictObject(deltas);
export const statementAnswer = z.strictObject({
  companyId: id,
  month: z.string(),
  timeZone: z.string(),
  from: moment,
  to: moment.describe('the first moment of the next month'),
  opening: balance,
  entries: z.array(
    z.strictObject({
      sequence,
      at: moment,
      kind,
      about: z.int().nullable(),
      actor: z.string(),
      cause: z.string(),
      hash,
      ...deltas,
      balance: balance.describe('after this entry'),
    }),
  ),
  closing: balance,
  anchor: z
    .strictObject({ sequence, hash })
    .nullable()
    .describe('the last entry so far: give it to /ledger/verify to prove that nothing before was changed'),
  totals: z.array(z.strictObject({ kind, entries: count, ...deltas })),
});

const listed = { externalId: z.string(), status: z.string(), month: z.string() };
const held = { ...listed, companyId: id.nullable(), counted: z.boolean() };
const comparison = {
  id,
  actor: z.string(),
  at: moment,
  months: z.array(z.string()),
  listed: count,
  matched: count,
};
export const reconciliationAnswer = z.strictObject({
  ...comparison,
  missingHere: z.array(z.strictObject(listed)).describe('on your list, unknown to us'),
  missingThere: z.array(z.strictObject(held)).describe('counted by us, not on your list'),
  differing: z.array(z.strictObject({ ...held, listedStatus: z.string() })),
});
export const reconciliationsAnswer = z.strictObject({
  reconciliations: z.array(z.strictObject({ ...comparison, unmatched: count })),
});
