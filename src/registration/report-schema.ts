import { z } from 'zod';
import { AppError } from '../errors.js';
import { isCode } from '../link/code.js';
import { anonymous } from './person.js';
import type { ReportOutcome } from './report.js';
import type { Registration } from './store.js';

const time = z.iso.datetime({ offset: true }).transform((text) => new Date(text));

/** `registered` is the agency's word for what is `pending` here. */
const status = z
  .enum(['registered', 'pending', 'verified', 'accepted', 'rejected', 'withdrawn'])
  .transform((given) => (given === 'registered' ? 'pending' : given));

const fields = z.strictObject({
  externalId: anonymous(z.string().min(1).max(200)).describe(
    'your id of the registration; never a name or an address',
  ),
  code: z.string().refine(isCode, 'is not a code').optional().describe('cr_code of the visit'),
  clickId: z.guid().optional().describe('cr_click of the visit, where there is no code'),
  status: status.describe('how far the registration is'),
  occurredAt: time.optional().describe('when the candidate registered; now where it is left out'),
  candidate: z.strictObject({ email: z.email().max(254), name: z.string().max(200).optional() }).optional(),
  consent: z.strictObject({ version: anonymous(z.string().min(1).max(100)), at: time }).optional(),
});

/** One report of the agency, as it comes over HTTP. */
export const reportSchema = fields.refine(
  (given) => given.code === undefined || given.clickId === undefined,
  {
    path: ['clickId'],
    message: 'send code or clickId, not both',
  },
);

export const reversalSchema = z.strictObject({ reason: anonymous(z.string().trim().min(1).max(200)) });

/** What the agency is told. No address, no name: it has them. */
export function shown(registration: Registration) {
  const { id, externalId, companyId, status, attribution, counted, reason } = registration;
  return { id, externalId, companyId, status, attribution, counted, ...(reason ? { reason } : {}) };
}

/** @throws AppError `conflict` naming the field */
export function answerOf(outcome: ReportOutcome) {
  switch (outcome.kind) {
    case 'created':
      return { status: 201, body: shown(outcome.registration) };
    case 'repeated':
      return { status: 200, body: shown(outcome.registration) };
    case 'conflict': {
      const { field, message } = outcome;
      throw new AppError('conflict', `${field}: ${message}`, [{ field, message }]);
    }
  }
}
