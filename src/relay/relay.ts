import type { Config } from '../config.js';
import type { Deps } from '../deps.js';
import { newCode } from '../link/code.js';
import { mailDomainOf } from '../mail-domain.js';
import type { Excerpt } from './excerpt.js';
import { createJournal } from './journal.js';
import type { MimeStructure } from './mime.js';
import { headerField } from './mime-header.js';
import { forgetTexts } from './part-text.js';
import { type Prepared, prepareMessage } from './prepare.js';
import { createProfiles, FRESH_FOR, type SenderProfile } from './profile.js';
import { addressOf } from './recipients.js';
import type { Relay, RelayJob } from './relay-job.js';
import { askAbout } from './review.js';
import { isPositive, type Reply, reply, replyText } from './smtp-reply.js';
import { spliced } from './splice.js';
import type { MessageRecord } from './store.js';
import { createStoreGuard, STORE_LIMITS, type StoreBudget, type StoreLimits } from './store-budget.js';
import type { DataResult } from './upstream-session.js';

const LOST = reply(451, '4.4.2 The connection to the next mail server was lost, try again later');
const ALREADY_DELIVERED = reply(250, '2.6.0 Ok: this message was delivered before and is not sent twice');

/** A message as the flow hands it on. */
type Known = Readonly<{
  structure: MimeStructure | undefined;
  messageId: string | undefined;
  fingerprint: Buffer;
  profile: Promise<SenderProfile | undefined>;
  store: StoreBudget;
}>;

/**
 * The flow of a mail: read → classify, decide, plan → mint and open its row, unless it is a repeat → forward → close it.
 * @param freshFor milliseconds for which what is known of a company is believed
 */
export function createRelay(deps: Deps, limits: StoreLimits = STORE_LIMITS, freshFor = FRESH_FOR): Relay {
  const storeGuard = createStoreGuard(deps, limits);
  // What takes longer than a message's whole budget is of no use to any.
  const patience = () => limits.budget;
  const journal = createJournal(deps, patience);
  const profileOf = createProfiles(deps, patience, freshFor);
  const underWay = new Map<string, Promise<Reply>>();
  const questions = new Set<Promise<void>>();

  function prepare(job: RelayJob, { structure, profile, store }: Known, code: string | undefined) {
    return prepareMessage({ deps: { ...deps, db: store.db }, profile, code }, job, structure);
  }

  /**
   * The message as it will go out, with its link minted and its row open, or as it came where that cannot be; undefined
   * when upstream took it before.
   */
  async function open(job: RelayJob, known: Known) {
    const receivedAt = deps.clock();
    deps.usage.note(job.sender.id);
    const prepared = await prepare(job, known, newCode(deps.randomBytes(32)));
    const record = recordOf(deps, job, prepared, { receivedAt, fingerprint: known.fingerprint });
    if (prepared.reason === 'fault-store') return { prepared, record, isOpen: false };
    const opened = await journal.open(known.store, record, prepared.link, known.messageId !== undefined);
    if (opened.kind === 'repeated') return undefined;
    if (opened.kind === 'open' && opened.code === record.code) return { prepared, record, isOpen: true };
    // The link of an earlier attempt, or none: the same plan with another link, or without one.
    if (!prepared.link) return { prepared, record, isOpen: false };
    const again = await prepare(job, known, opened.kind === 'open' ? (opened.code ?? undefined) : undefined);
    const { id } = record;
    const other = recordOf(deps, job, again, { receivedAt, fingerprint: known.fingerprint });
    const same = JSON.stringify(other.ranges) === JSON.stringify(record.ranges);
    return { prepared: again, record: { ...other, id }, isOpen: opened.kind === 'open' && same };
  }

  /** Behind the answer: nobody waits for it but `settled`. */
  function ask(record: MessageRecord, excerpt: Excerpt): void {
    if (storeGuard.isAway()) return;
    const asking = askAbout(deps, record, excerpt).finally(() => questions.delete(asking));
    questions.add(asking);
  }

  async function forward(job: RelayJob, known: Known): Promise<Reply> {
    const received = performance.now();
    const opened = await open(job, known);
    if (known.structure) forgetTexts(known.structure);
    if (!opened) return ALREADY_DELIVERED;
    const { prepared, record, isOpen } = opened;
    const ready = performance.now();
    const result = await job.session.data(spliced(job.message.spill.content(), prepared.splices));
    const answered = performance.now();
    if ('cause' in result) deps.events.upstreamFault(result.kind, result.cause);
    const { answer, ...conclusion } = conclude(result);
    const concluded = { ...record, ...conclusion, finishedAt: deps.clock() };
    report(deps, concluded);
    await journal.close(concluded, isOpen, storeGuard.isAway());
    const moments = { received, prepared: ready, answered, journalled: performance.now() };
    deps.events.messageTimed(concluded.id, moments, concluded.outcome);
    if (prepared.excerpt && concluded.outcome === 'delivered') ask(concluded, prepared.excerpt);
    return answer;
  }

  async function deliver(job: RelayJob, known: Omit<Known, 'profile' | 'store'>): Promise<Reply> {
    if (known.messageId && journal.isKnown(known.fingerprint)) return ALREADY_DELIVERED;
    const store = storeGuard.open();
    const profile = store.ask(() => profileOf(job.sender.companyId));
    profile.catch(() => {});
    const leave = journal.enter();
    try {
      return await forward(job, { ...known, profile, store });
    } finally {
      leave();
    }
  }

  return {
    async relay(job) {
      const structure = readStructure(deps, job);
      const messageId = structure && messageIdOf(structure);
      const fingerprint = fingerprintOf(deps, job, messageId);
      const known = { structure, messageId, fingerprint };
      if (!messageId) return deliver(job, known);
      const key = fingerprint.toString('latin1');
      const same = underWay.get(key);
      if (same) return same;
      const answer = deliver(job, known);
      underWay.set(key, answer);
      return answer.finally(() => underWay.delete(key));
    },
    async settled() {
      await journal.settled();
      await Promise.all(questions);
    },
  };
}

function readStructure(deps: Deps, { message }: RelayJob): MimeStructure | undefined {
  if (message.structure.kind === 'read') return message.structure.structure;
  deps.events.relayFault('scan', message.structure.error);
  return undefined;
}

function messageIdOf(structure: MimeStructure): string | undefined {
  return headerField(structure.root.fields, 'message-id')?.value.trim() || undefined;
}

/**
 * Keyed hash of credential, envelope, Message-ID and content: equal for a repeat by the client. A message without a
 * Message-ID is never taken for a repeat: two equal ones may be meant.
 */
function fingerprintOf(
  { keys }: Deps,
  { sender, from, recipients, message }: RelayJob,
  messageId = '',
): Buffer {
  return keys.hash('fingerprint', sender.id, from, messageId, message.contentHash, ...recipients);
}

type Conclusion = Readonly<{
  answer: Reply;
  outcome: MessageRecord['outcome'];
  upstreamReply: string | null;
}>;

/** What a result means for the client and for the journal. */
function conclude(result: DataResult): Conclusion {
  switch (result.kind) {
    case 'replied': {
      const outcome = isPositive(result.reply) ? 'delivered' : 'refused';
      return { answer: result.reply, outcome, upstreamReply: replyText(result.reply) };
    }
    case 'refused-before-content': {
      const answer = result.reply.code >= 400 ? result.reply : LOST;
      return { answer, outcome: 'refused', upstreamReply: replyText(result.reply) };
    }
    case 'lost-before-dot':
      return { answer: LOST, outcome: 'failed', upstreamReply: null };
    case 'lost-after-dot':
      return { answer: LOST, outcome: 'ambiguous', upstreamReply: null };
  }
}

function recordOf(
  deps: Deps,
  { sender, from, recipients, message }: RelayJob,
  { verdict, labels, ...prepared }: Prepared,
  { receivedAt, fingerprint }: Readonly<{ receivedAt: Date; fingerprint: Buffer }>,
): MessageRecord {
  return {
    id: deps.newId(),
    companyId: sender.companyId,
    credentialId: sender.id,
    origin: 'smtp',
    receivedAt,
    fingerprint,
    envelopeFrom: addressOf(from),
    recipients: recipients.map(addressOf),
    size: message.spill.size(),
    ...verdict,
    action: prepared.action,
    reason: prepared.reason,
    ranges: prepared.ranges,
    code: prepared.link?.code ?? null,
    signedBy: prepared.signedBy,
    job: labels.job ?? null,
    stage: labels.stage ?? null,
    source: labels.source ?? null,
    externalId: labels.externalId ?? null,
    language: labels.language ?? null,
    mailDomain: recipients.length === 1 ? mailDomainOf(addressOf(recipients[0]!)) : null,
    upstream: upstreamName(deps.config),
    outcome: 'forwarding',
    upstreamReply: null,
    finishedAt: null,
  };
}

function upstreamName({ upstream }: Config): string {
  return upstream.kind === 'smtp' ? `${upstream.host}:${upstream.port}` : upstream.kind;
}

function report({ events }: Deps, record: MessageRecord): void {
  const { id: message, companyId: company, outcome, verdict, action, reason } = record;
  events.messageRelayed({ message, company, outcome, verdict, action, reason });
  if (outcome === 'ambiguous') events.deliveryAmbiguous({ message, company });
}
