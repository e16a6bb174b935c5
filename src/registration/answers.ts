import { z } from 'zod';
import { count, id, moment } from '../web/answer.js';

const attribution = z
  .discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('code'),
      companyId: id,
      code: z.string(),
      rule: z.enum(['link_in_window', 'click_in_window', 'static_link']),
    }),
    z.strictObject({
      kind: z.literal('click'),
      companyId: id,
      code: z.string(),
      clickId: id,
      rule: z.literal('last_click_in_window'),
    }),
    z.strictObject({
      kind: z.literal('unattributed'),
      reason: z.enum(['nothing_named', 'unknown_code', 'expired', 'unknown_click', 'no_person_clicked']),
    }),
  ])
  .describe('which company is credited, and the rule that decided');

const shown = {
  id,
  externalId: z.string().nullable(),
  companyId: id.nullable(),
  status: z.enum(['pending', 'verified', 'accepted', 'rejected', 'withdrawn', 'reversed']),
  attribution,
  counted: z.boolean().describe('whether it counts towards a credit'),
  reason: z.string().optional().describe('why it does not'),
};
/** A registration as the agency is told of it. */
export const registrationAnswer = z.strictObject(shown);

const parked = {
  registrationId: id,
  externalId: z.string(),
  code: z.string().nullable(),
  clickId: id.nullable(),
  parkedAt: moment,
  expiresAt: moment,
  settledAt: moment.nullable(),
  outcome: z.enum(['matched', 'expired', 'closed']).nullable(),
};
export const parkedAnswer = z.strictObject({
  parked: z.array(z.looseObject({ ...parked, settledAt: moment.nullable().optional() })),
});

/** Why a registration counts or does not. What stands behind `registration` is shown to operators alone. */
export const explainedAnswer = z.strictObject({
  ...shown,
  because: z.string(),
  registration: z.strictObject({
    origin: z.string(),
    createdAt: moment,
    occurredAt: moment,
    verifiedAt: moment.nullable(),
    countedAt: moment.nullable(),
    reversedAt: moment.nullable(),
    erasedAt: moment.nullable(),
  }),
  mails: z
    .array(
      z.strictObject({
        id,
        receivedAt: moment,
        verdict: z.string(),
        action: z.string(),
        outcome: z.string(),
      }),
    )
    .optional(),
  link: z
    .strictObject({
      code: z.string(),
      companyId: id,
      kind: z.enum(['candidate', 'static']),
      origin: z.string(),
      createdAt: moment,
      job: z.string().nullable(),
      stage: z.string().nullable(),
      source: z.string().nullable(),
    })
    .optional(),
  clicks: z
    .array(z.strictObject({ id, at: moment, class: z.string(), cues: z.array(z.string()) }))
    .optional(),
  parked: z.strictObject(parked).nullable().optional(),
  ledger: z
    .array(
      z.strictObject({
        companyId: id,
        sequence: count,
        kind: z.string(),
        actor: z.string(),
        cause: z.string(),
        at: moment,
        ruleId: id.nullable(),
      }),
    )
    .optional(),
});

const faults = z.array(z.strictObject({ field: z.string(), message: z.string() }));
const took = { result: z.enum(['created', 'repeated']), registration: registrationAnswer };
const refused = {
  result: z.enum(['faulty', 'conflict']),
  externalId: z.string().optional(),
  errors: faults,
};

/** One answer for each report, in the order sent. */
export const batchAnswer = z.strictObject({
  results: z.array(z.union([z.strictObject(took), z.strictObject(refused)])),
});

const row = z.int().describe('as a spreadsheet counts, the heading is row 1');
export const importAnswer = z.union([
  z.strictObject({
    dryRun: z.literal(false),
    rows: count,
    results: z.array(z.union([z.strictObject({ row, ...took }), z.strictObject({ row, ...refused })])),
  }),
  z.strictObject({
    dryRun: z.literal(true),
    rows: count,
    sound: count.describe('rows without a fault'),
    errors: z.array(z.strictObject({ row, field: z.string(), message: z.string() })),
  }),
]);

export const signingSecretAnswer = z.strictObject({
  id,
  label: z.string().nullable(),
  secret: z.string().describe('whsec_ and base64; shown once'),
});
export const signingSecretsAnswer = z.strictObject({
  secrets: z.array(
    z.strictObject({
      id,
      label: z.string().nullable(),
      createdAt: moment,
      revokedAt: moment.nullable(),
    }),
  ),
});
