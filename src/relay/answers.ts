import { z } from 'zod';
import { count, id, moment, next } from '../web/answer.js';

const delivery = {
  id,
  companyId: id,
  credentialId: id.nullable(),
  receivedAt: moment,
  finishedAt: moment.describe('when the doubt was written down'),
  upstream: z.string().nullable().describe('host and port that it was handed to'),
  size: count.describe('octets received'),
  inserted: count.describe('octets that we added'),
  code: z.string().nullable(),
};
export const deliveriesAnswer = z.strictObject({
  deliveries: z.array(
    z.strictObject({ ...delivery, envelopeFrom: z.string(), recipients: z.array(z.string()) }),
  ),
  next,
});
export const allDeliveriesAnswer = z.strictObject({
  deliveries: z.array(z.strictObject({ ...delivery, recipients: count.describe('how many') })),
  next,
});

const words = z.strictObject({ offer: z.string(), note: z.string() });
export const blockAnswer = z.strictObject({
  version: count.describe('0: the built-in words'),
  wording: z.strictObject({ ja: words, en: words }),
  jobs: z.array(z.string()).describe('mails of these jobs get no block'),
  stages: z.array(z.string()),
  chosenAt: moment.nullable(),
  asciiInstead: z.array(
    z.strictObject({ language: z.enum(['ja', 'en']), charset: z.string(), characters: z.string() }),
  ),
});

/** SendGrid's own; what else it may say is passed on. */
export const sendgridBatchAnswer = z.looseObject({ batch_id: z.string() });
