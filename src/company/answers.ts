import { z } from 'zod';
import { id, moment } from '../web/answer.js';
import { NOTICE_KINDS } from './store.js';

const policy = z.enum(['explicit', 'auto', 'all', 'shadow']);

/** A company as the API shows it. */
export const companyAnswer = z.strictObject({
  id,
  slug: z.string().describe('last part of the static link'),
  name: z.string(),
  locale: z.enum(['ja', 'en']),
  policy: policy.describe('which mails get a link'),
  signedPolicy: z.enum(['pass', 'resign']).describe('what happens to mails that come with a DKIM signature'),
  timeZone: z.string().describe('IANA name; days and months are counted in it'),
  linkHost: z.string().nullable(),
  destinationUrl: z.string().nullable(),
  noticesOff: z.array(z.enum(NOTICE_KINDS)).describe('notices that are not sent'),
  createdAt: moment,
  staticUrl: z.url().describe('the permanent link for templates'),
});
export const companiesAnswer = z.strictObject({ companies: z.array(companyAnswer) });

/** What a new credential is, this once. */
export const issuedAnswer = z.union([
  z.strictObject({ id, username: z.string(), password: z.string().describe('shown once') }),
  z.strictObject({ id, key: z.string().describe('shown once') }),
]);
export const issuedKeyAnswer = z.strictObject({ id, key: z.string().describe('shown once') });

export const credentialAnswer = z.strictObject({
  id,
  companyId: id.nullable(),
  kind: z.enum(['smtp', 'api']),
  scopes: z.array(z.enum(['operator', 'agency', 'admin', 'read', 'links', 'mail'])),
  label: z.string().nullable(),
  username: z.string().nullable().describe('of SMTP credentials'),
  policy: policy.nullable().describe('overrules the company’s; null: follows it'),
  createdAt: moment,
  lastUsedAt: moment.nullable(),
  revokedAt: moment.nullable(),
});
export const credentialsAnswer = z.strictObject({ credentials: z.array(credentialAnswer) });

export const dkimKeyAnswer = z.strictObject({
  id,
  domain: z.string(),
  selector: z.string(),
  algorithm: z.enum(['rsa-sha256', 'ed25519-sha256']),
  createdAt: moment,
  revokedAt: moment.nullable(),
  dns: z
    .strictObject({
      type: z.literal('TXT'),
      name: z.string(),
      value: z.string(),
      strings: z.array(z.string()).describe('the value in the pieces that a zone file needs'),
    })
    .describe('the record to publish'),
});
export const dkimKeysAnswer = z.strictObject({ dkimKeys: z.array(dkimKeyAnswer) });

export const sendgridAccountAnswer = z.strictObject({
  kind: z.enum(['own', 'installation']),
  hint: z.string().nullable().describe('the last characters of the key'),
  depositedAt: moment,
});

export const memberAnswer = z.strictObject({
  id,
  companyId: id.nullable(),
  email: z.string(),
  role: z.enum(['viewer', 'member', 'admin', 'operator']),
  locale: z.enum(['ja', 'en']),
  createdAt: moment,
});
export const membersAnswer = z.strictObject({ members: z.array(memberAnswer) });

export const signInLinkAnswer = z.strictObject({ url: z.url(), expiresAt: moment });
