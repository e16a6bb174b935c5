import { domainToASCII } from 'node:url';
import { z } from 'zod';
import { NOTICE_KINDS } from './store.js';

const httpUrl = z.url({ protocol: /^https?$/, error: 'must be an http or https URL' });
const timeZone = z.string().refine((zone) => {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}, 'must be an IANA time zone such as Asia/Tokyo');

const name = z.string().trim().min(1, 'must not be empty').max(200);
const locale = z.enum(['ja', 'en']);
const policy = z.enum(['explicit', 'auto', 'all', 'shadow']);
const linkHost = z
  .string()
  .toLowerCase()
  .regex(
    /^(?=.{4,253}$)([a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,}$/,
    'must be a host name such as go.example.jp',
  );

/** Body of `POST /v1/companies`. */
export const newCompanySchema = z.strictObject({
  name: name.describe('as candidates and recruiters read it'),
  slug: z
    .string()
    .regex(
      /^[a-z0-9](?:[a-z0-9-]{1,48}[a-z0-9])$/,
      'must be 3 to 50 lower-case letters, digits and inner hyphens',
    )
    .optional()
    .describe('last part of the static link; made from the name where it is left out'),
  locale: locale.optional().describe('language of its pages and mails; ja where it is left out'),
  policy: policy
    .optional()
    .describe(
      'which mails get a link: by header or placeholder alone, rejections, all, or none while it is tried',
    ),
  timeZone: timeZone.optional().describe('IANA name; Asia/Tokyo where it is left out'),
  linkHost: linkHost.optional().describe('a host of its own for short links'),
  destinationUrl: httpUrl.optional().describe('where its links lead in place of the built-in page'),
});

/** Body of `PATCH /v1/companies/{id}`: only what changes; null takes a link host or destination away. */
export const companyChangesSchema = z.strictObject({
  name: name.optional(),
  locale: locale.optional(),
  policy: policy.optional(),
  signedPolicy: z
    .enum(['pass', 'resign'])
    .optional()
    .describe('mails that come with a DKIM signature: left alone, or signed anew'),
  timeZone: timeZone.optional(),
  linkHost: linkHost.nullable().optional().describe('null takes it away'),
  destinationUrl: httpUrl.nullable().optional().describe('null takes it away'),
  /** All the kinds of notices that are not wanted; an empty list brings every notice. */
  noticesOff: z
    .array(z.enum(NOTICE_KINDS))
    .max(NOTICE_KINDS.length)
    .transform((kinds) => [...new Set(kinds)])
    .optional()
    .describe('all the notices that are not wanted'),
});

/** Body of `POST /v1/companies/{id}/credentials`. */
export const newCredentialSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('smtp'),
    label: z.string().max(100).optional(),
    policy: policy.optional(),
  }),
  z.strictObject({
    kind: z.literal('api'),
    scopes: z
      .array(z.enum(['admin', 'read', 'links', 'mail']))
      .nonempty()
      .default(['read', 'links', 'mail'])
      .describe('what the key may do'),
    label: z.string().max(100).optional(),
    policy: policy.optional(),
  }),
]);

/** Body of `PATCH /v1/companies/{id}/credentials/{credential}`; null: it follows the company's policy again. */
export const credentialChangesSchema = z.strictObject({ policy: policy.nullable() });

/** Body of `POST /v1/credentials`: keys that belong to no company. */
export const newCommonCredentialSchema = z.strictObject({
  kind: z.literal('api'),
  scopes: z
    .array(z.enum(['operator', 'agency']))
    .nonempty()
    .describe('what the key may do'),
  label: z.string().max(100).optional(),
});

export const companyIdSchema = z.uuid('must be a company id');

const LABELS = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** A DNS name of at most 253 characters holds selector, `_domainkey` and domain (RFC 6376 §3.6.2.1). */
const mailDomain = z
  .string()
  .max(253)
  .transform((domain) => domainToASCII(domain))
  .refine(
    (domain) => LABELS.test(domain) && /\.[a-z][a-z0-9-]*$/.test(domain),
    'must be a domain such as example.jp',
  );
const selector = z
  .string()
  .max(63)
  .toLowerCase()
  .regex(LABELS, 'must be letters, digits and inner hyphens, such as relay1');

/** Body of `POST /v1/companies/{id}/dkim-keys`; without a private key one is made. */
export const newDkimKeySchema = z
  .strictObject({
    domain: mailDomain.describe('the domain in From'),
    selector: selector.describe('names the key in DNS'),
    privateKey: z.string().min(1).max(16_384).optional().describe('PEM; one is made where it is left out'),
    algorithm: z.enum(['rsa-sha256', 'ed25519-sha256']).optional().describe('of the key that is made'),
  })
  .refine((key) => `${key.selector}._domainkey.${key.domain}`.length <= 253, {
    path: ['selector'],
    message: 'is too long for that domain',
  });
