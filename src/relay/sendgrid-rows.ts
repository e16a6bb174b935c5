import type { Deps } from '../deps.js';
import { mailDomainOf } from '../mail-domain.js';
import type { Excerpt } from './excerpt.js';
import type { SendgridMail } from './sendgrid-mail.js';
import type { Treatment } from './sendgrid-plan.js';
import type { SendgridSender } from './sendgrid-sender.js';
import { insertedRanges, type Splice } from './splice.js';
import type { MessageRecord, PlannedLink } from './store.js';

/** A request on its way: each of its personalizations is a mail of its own, with a row of its own. */
export type Incoming = Readonly<{
  sender: SendgridSender;
  /** undefined where it could not be read. */
  mail: SendgridMail | undefined;
  receivedAt: Date;
  /** Octets of the body as it came, and their digest. */
  size: number;
  contentHash: Buffer;
  /** An id for each row. */
  ids: readonly string[];
}>;

/** A mail's row, and the link that it is to carry. */
export type Row = Readonly<{
  record: MessageRecord;
  link: PlannedLink | undefined;
  /** What a person is to be asked about it. */
  excerpt: Excerpt | undefined;
}>;

/** Rows of what was decided. @param codes the link code of each, should it be given one */
export function rowsOf(
  deps: Pick<Deps, 'keys' | 'config'>,
  incoming: Incoming,
  plan: Readonly<{ treatments: readonly Treatment[]; splices: readonly Splice[] }>,
  codes: readonly string[],
): Row[] {
  return plan.treatments.map((treatment, index) => {
    const link = linkOf(deps, incoming, treatment, index, codes[index]);
    const record = recordOf(deps, incoming, treatment, index, link?.code ?? null);
    // Of a shared text nobody can say whose an inserted range is.
    const isAlone = plan.treatments.length === 1 && record.action === 'inserted';
    return {
      link,
      excerpt: treatment.excerpt,
      record: isAlone ? { ...record, ranges: insertedRanges(plan.splices) } : record,
    };
  });
}

/** A request that comes again after it was refused finds the link of the first time. */
function linkOf(
  { keys }: Pick<Deps, 'keys'>,
  { mail, contentHash }: Incoming,
  { link }: Treatment,
  index: number,
  code: string | undefined,
): PlannedLink | undefined {
  const recipient = mail?.personalizations[index]?.addresses[0];
  if (link !== 'candidate' || code === undefined || recipient === undefined) return undefined;
  return { code, recipient, mintKey: keys.hash('mint', 'sendgrid', contentHash, String(index), recipient) };
}

function recordOf(
  { keys, config }: Pick<Deps, 'keys' | 'config'>,
  { sender, mail, receivedAt, size, contentHash, ids }: Incoming,
  { verdict, labels, reason }: Treatment,
  index: number,
  code: string | null,
): MessageRecord {
  const { credential } = sender;
  const recipients = mail?.personalizations[index]?.addresses ?? [];
  return {
    id: ids[index]!,
    companyId: credential.companyId,
    credentialId: credential.id,
    origin: 'sendgrid',
    receivedAt,
    fingerprint: keys.hash('fingerprint', credential.id, contentHash, String(index)),
    envelopeFrom: mail?.from ?? '',
    recipients,
    size,
    ...verdict,
    action: reason === null ? 'inserted' : 'untouched',
    reason,
    ranges: [],
    code,
    signedBy: null,
    job: labels.job ?? null,
    stage: labels.stage ?? null,
    source: labels.source ?? null,
    externalId: labels.externalId ?? null,
    language: labels.language ?? null,
    mailDomain: recipients.length === 1 ? mailDomainOf(recipients[0]) : null,
    upstream: new URL(config.sendgrid.baseUrl).host,
    outcome: 'forwarding',
    upstreamReply: null,
    finishedAt: null,
  };
}
