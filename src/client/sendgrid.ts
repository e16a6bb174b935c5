import { controlOf } from '../relay/sendgrid-control.js';
import { readSendgridMail, type SendgridMail } from '../relay/sendgrid-mail.js';
import { planSendgridMail, type Treatment, untouchedPlan, withoutLinks } from '../relay/sendgrid-plan.js';
import type { SendgridRules } from '../relay/sendgrid-rules.js';
import { type Splice, spliced } from '../relay/splice.js';
import {
  type CareerRelayOptions,
  createMinting,
  exclusionsOf,
  linkBaseOf,
  type Minting,
  UNMINTED,
} from './links.js';

export type { CareerRelayOptions } from './links.js';

type Request = Readonly<{ method?: string; url?: string; body?: unknown }>;
type Client = { request(data: Request, ...rest: unknown[]): Promise<unknown> };
/** What is used of `@sendgrid/mail`: its default export, or a `MailService` of your own. */
export type SendgridService = Readonly<{ setClient(client: never): unknown }>;

/**
 * Gives a mail service of `@sendgrid/mail` its links: `withCareerRelay(sgMail, {baseUrl, apiKey})`, and `send` and
 * `sendMultiple` stay as they are, arrays and personalizations too. Mails go to SendGrid with your own key as before;
 * whatever fails, they go out as they came.
 * @returns the same service
 */
export function withCareerRelay<Service extends SendgridService>(
  service: Service,
  options: CareerRelayOptions,
): Service {
  const { client } = service as unknown as { client: Client };
  const mint = createMinting(options);
  // What is set on either of them later on still counts: only `request` is another.
  const relayed: Client = Object.create(client, {
    request: {
      value: (data: Request, ...rest: unknown[]) => {
        if (data.method?.toUpperCase() !== 'POST' || data.url !== '/v3/mail/send') {
          return client.request.call(relayed, data, ...rest);
        }
        return rewrite(options, mint, data.body).then((body) =>
          client.request.call(relayed, { ...data, body }, ...rest),
        );
      },
    },
  });
  service.setClient(relayed as never);
  return service;
}

/** The body with its links. Never rejects. */
async function rewrite(options: CareerRelayOptions, mint: Minting, body: unknown): Promise<unknown> {
  try {
    const mail = readSendgridMail(Buffer.from(JSON.stringify(body)));
    if (!mail) {
      options.onUntouched?.('malformed');
      return body;
    }
    return JSON.parse(applied(mail, await splicesOf(options, mint, mail)).toString('utf8'));
  } catch (error) {
    try {
      options.onUntouched?.('fault', error);
    } catch {
      // Of a report that fails nobody can be told.
    }
    return body;
  }
}

async function splicesOf(
  options: CareerRelayOptions,
  mint: Minting,
  mail: SendgridMail,
): Promise<readonly Splice[]> {
  const clean = untouchedPlan(mail, 'asked-to-skip').splices;
  if (mail.isSandbox) return clean;
  const rules = rulesOf(options);
  const unminted = mail.personalizations.map(() => `${rules.linkBaseUrls[0]}/${UNMINTED}`);
  const { treatments } = planSendgridMail(mail, rules, unminted);
  for (const { reason } of treatments) if (reason) options.onUntouched?.(reason);
  // Each link that is minted counts as a notice: a template that nobody vouches for gets none.
  if (treatments.some(({ link, reason }) => link !== 'none' && reason !== null)) {
    return withoutLinks(mail, treatments, 'template-unseen').splices;
  }
  if (treatments.every(({ link }) => link === 'none')) return clean;
  if (!options.staticUrl && treatments.some(({ link }) => link === 'static')) {
    options.onUntouched?.('several-recipients');
    return clean;
  }
  try {
    const urls = await Promise.all(
      treatments.map((one, index) => linkFor(mint, mail, one, index) ?? unminted[index]!),
    );
    return planSendgridMail(mail, rules, urls).splices;
  } catch (error) {
    options.onUntouched?.('fault', error);
    return clean;
  }
}

function linkFor(
  mint: Minting,
  mail: SendgridMail,
  { link }: Treatment,
  index: number,
): Promise<string> | undefined {
  if (link !== 'candidate') return undefined;
  const one = mail.personalizations[index]!;
  return mint({ recipient: one.addresses[0]!, ...controlOf(mail, one).labels });
}

function rulesOf(options: CareerRelayOptions): SendgridRules {
  const { policy = 'auto', staticUrl = '', agency = {}, wording, linkBaseUrls = [] } = options;
  const newTag = () => `crlink${crypto.randomUUID().replaceAll('-', '')}`;
  return {
    policy,
    staticUrl,
    agency,
    wording,
    exclusions: exclusionsOf(options),
    linkBaseUrls: [linkBaseOf(options), ...linkBaseUrls],
    newTag,
  };
}

function applied({ json }: SendgridMail, splices: readonly Splice[]): Buffer {
  return Buffer.concat(spliced([json], splices) as readonly Buffer[]);
}
