import addressparser from 'nodemailer/lib/addressparser';
import type Mail from 'nodemailer/lib/mailer';
import type MailMessage from 'nodemailer/lib/mailer/mail-message';
import { classifyMessage } from '../relay/classify.js';
import { type Content, readContents } from '../relay/contents.js';
import { decide } from '../relay/decide.js';
import {
  type CareerRelayOptions,
  createMinting,
  exclusionsOf,
  linkBaseOf,
  type Minting,
  UNMINTED,
} from './links.js';

export type { CareerRelayOptions } from './links.js';

type Done = (error?: Error | null) => void;

/**
 * A plugin for nodemailer: `transport.use('compile', careerRelay({baseUrl, apiKey}))`. Rejections get the candidate's
 * link in their texts before the mail is composed and signed. Whatever fails, the mail goes out as it came.
 */
export function careerRelay(options: CareerRelayOptions): (mail: MailMessage, done: Done) => void {
  const mint = createMinting(options);
  return (mail, done) => {
    insert(options, mint, mail.data)
      .then((reason) => {
        if (reason) options.onUntouched?.(reason);
      })
      .catch((error: unknown) => options.onUntouched?.('fault', error))
      .catch(() => {})
      .finally(() => done());
  };
}

/** @returns why the mail stays as it is; undefined where it has its link */
async function insert(
  options: CareerRelayOptions,
  mint: Minting,
  data: Mail.Options,
): Promise<string | undefined> {
  const headers = readHeaders(data.headers);
  data.headers = withoutControl(data.headers);
  if (data.raw) return 'raw';
  const texts = textsOf(data);
  if (!texts) return 'not-text';
  const { staticUrl = '', policy = 'auto', agency = {}, wording } = options;
  const linkBaseUrls = [linkBaseOf(options), ...(options.linkBaseUrls ?? [])];
  const read = readContents(
    {
      subject: data.subject ?? '',
      headers,
      contents: [...texts, ...otherContents(data)],
      attachments: (data.attachments ?? []).map(({ contentType, filename, contentDisposition }) => ({
        type: contentType,
        filename: filename || undefined,
        disposition: contentDisposition,
      })),
    },
    { staticUrl, linkBaseUrls },
  );
  if (read === 'malformed') return 'malformed';
  const envelope = envelopeOf(data);
  const view = { ...read.view, from: envelope.from, to: envelope.recipients };
  const verdict = classifyMessage(view, policy);
  const decision = decide(view, verdict, policy, envelope, exclusionsOf(options));
  if (decision.kind === 'untouched') return decision.reason;
  if (decision.kind === 'static-link' && !staticUrl) return 'several-recipients';
  const mode = decision.kind === 'static-link' ? 'placeholder-only' : 'block';
  // Nothing is minted for a mail that cannot carry it.
  const trial = read.plan({ url: `${linkBaseUrls[0]}/${UNMINTED}`, agency, wording, mode });
  if (trial.kind === 'skipped') return trial.reason;
  const { job, stage, source, candidate: externalId } = read.view.control;
  const url =
    decision.kind === 'static-link'
      ? staticUrl
      : await mint({ recipient: decision.recipient.slice(1, -1), job, stage, source, externalId });
  const plan = read.plan({ url, agency, wording, mode });
  if (plan.kind === 'skipped') return plan.reason;
  for (const [index, { key }] of texts.entries()) data[key] = plan.values[index];
  return undefined;
}

type KeyedText = Content & Readonly<{ key: 'text' | 'html' }>;

/** The texts as they were given; undefined where one of them is a file, an address or a stream: those are left alone. */
function textsOf(data: Mail.Options): KeyedText[] | undefined {
  const texts: KeyedText[] = [];
  for (const key of ['text', 'html'] as const) {
    const given = data[key];
    if (given === undefined || given === null || given === '') continue;
    if (typeof given !== 'string' && !Buffer.isBuffer(given)) return undefined;
    const type = key === 'text' ? 'text/plain' : 'text/html';
    texts.push({ key, type, value: typeof given === 'string' ? given : given.toString('utf8') });
  }
  return texts;
}

/** What else the mail shows: of an invitation it is enough to know that there is one. */
function otherContents({ icalEvent, alternatives = [] }: Mail.Options): Content[] {
  const types = [
    ...(icalEvent ? ['text/calendar'] : []),
    ...alternatives.map(({ contentType }) => contentType ?? 'application/octet-stream'),
  ];
  // A text among the alternatives is not ours to write into.
  return types.map((type) => ({
    type: type.replace(/^text\/(plain|html)\b.*/i, 'text/enriched'),
    value: '',
  }));
}

function envelopeOf({ envelope, from, to, cc, bcc }: Mail.Options) {
  const given = envelope as { from?: unknown; to?: unknown; cc?: unknown; bcc?: unknown } | undefined;
  const senders = addressesOf(given?.from ?? from);
  const recipients = given?.to
    ? [given.to, given.cc, given.bcc].flatMap(addressesOf)
    : [to, cc, bcc].flatMap(addressesOf);
  return { from: senders[0] ?? '<unknown@localhost>', recipients };
}

/** Addresses in whatever way nodemailer takes them, as paths: `<a@b>`. */
function addressesOf(given: unknown): string[] {
  if (!given) return [];
  if (Array.isArray(given)) return given.flatMap(addressesOf);
  if (typeof given === 'string') {
    return addressparser(given, { flatten: true }).map(({ address }) => `<${address}>`);
  }
  const { address, group } = given as { address?: unknown; group?: unknown };
  return typeof address === 'string' ? [`<${address}>`] : addressesOf(group);
}

type Headers = Mail.Options['headers'];
const OURS = /^x-career-relay/i;

function readHeaders(headers: Headers): Record<string, string> {
  const list = Array.isArray(headers)
    ? headers.map(({ key, value }) => [key, value] as const)
    : Object.entries(headers ?? {});
  return Object.fromEntries(list.map(([key, value]) => [key, textOf(value)]));
}

function textOf(value: unknown): string {
  const one = Array.isArray(value) ? value[0] : value;
  return typeof one === 'object' && one !== null && 'value' in one ? String(one.value) : String(one ?? '');
}

function withoutControl(headers: Headers): Headers {
  if (Array.isArray(headers)) return headers.filter(({ key }) => !OURS.test(key));
  if (!headers) return headers;
  return Object.fromEntries(Object.entries(headers).filter(([key]) => !OURS.test(key)));
}
