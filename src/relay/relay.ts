import type { Deps } from '../deps.js';
import { createJournal } from './journal.js';
import type { MimeStructure } from './mime.js';
import { headerField } from './mime-header.js';
import { createBatchedMint } from './mint-batch.js';
import { type Prepared, prepareMessage } from './prepare.js';
import { addressOf } from './recipients.js';
import type { Relay, RelayJob } from './relay-job.js';
import { isPositive, type Reply, reply, replyText } from './smtp-reply.js';
import { applySplices } from './splice.js';
import type { MessageRecord } from './store.js';
import { createStoreGuard, STORE_LIMITS, type StoreBudget, type StoreLimits } from './store-budget.js';
import type { DataResult } from './upstream-session.js';

const LOST = reply(451, '4.4.2 The connection to the next mail server was lost, try again later');
const ALREADY_DELIVERED = reply(250, '2.6.0 Ok: this message was delivered before and is not sent twice');

/** The flow of a mail: read → recognise a repeat → classify, decide, mint, plan → forward → record. */
export function createRelay(deps: Deps, limits: StoreLimits = STORE_LIMITS): Relay {
  const storeGuard = createStoreGuard(deps, limits);
  const journal = createJournal(deps);
  const mint = createBatchedMint(deps);
  const underWay = new Map<string, Promise<Reply>>();

  async function forward(
    job: RelayJob,
    structure: MimeStructure | undefined,
    fingerprint: Buffer,
    store: StoreBudget,
  ) {
    const receivedAt = deps.clock();
    const parts = {
      deps: { ...deps, db: store.db },
      deadline: limits.budget,
      mint: (...request: Parameters<typeof mint>) => store.ask(() => mint(...request)),
    };
    const prepared = await prepareMessage(parts, job, structure);
    const result = await job.session.data(applySplices(job.message.spill.content(), prepared.splices));
    if ('cause' in result) deps.events.upstreamFault(result.kind, result.cause);
    const conclusion = conclude(result);
    const record = recordOf(deps, job, prepared, conclusion, { receivedAt, fingerprint });
    report(deps, record);
    await journal.record(record, storeGuard.isAway());
    return conclusion.answer;
  }

  return {
    async relay(job) {
      const structure = readStructure(deps, job);
      const messageId = structure && messageIdOf(structure);
      const fingerprint = fingerprintOf(deps, job, messageId);
      const key = fingerprint.toString('hex');
      const same = messageId ? underWay.get(key) : undefined;
      if (same) return same;
      const store = storeGuard.open();
      const answer = (async () => {
        const repeated = messageId && (await journal.isKnown(store.db, job.sender.companyId, fingerprint));
        return repeated ? ALREADY_DELIVERED : forward(job, structure, fingerprint, store);
      })();
      if (!messageId) return answer;
      underWay.set(key, answer);
      return answer.finally(() => underWay.delete(key));
    },
    settled: () => journal.settled(),
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

type Conclusion = Readonly<{ answer: Reply; outcome: MessageRecord['outcome']; upstreamReply: Reply | null }>;

/** What a result means for the client and for the journal. */
function conclude(result: DataResult): Conclusion {
  switch (result.kind) {
    case 'replied': {
      const outcome = isPositive(result.reply) ? 'delivered' : 'refused';
      return { answer: result.reply, outcome, upstreamReply: result.reply };
    }
    case 'refused-before-content': {
      const answer = result.reply.code >= 400 ? result.reply : LOST;
      return { answer, outcome: 'refused', upstreamReply: result.reply };
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
  { outcome, upstreamReply }: Conclusion,
  { receivedAt, fingerprint }: Readonly<{ receivedAt: Date; fingerprint: Buffer }>,
): MessageRecord {
  return {
    id: deps.newId(),
    companyId: sender.companyId,
    credentialId: sender.id,
    receivedAt,
    fingerprint,
    envelopeFrom: addressOf(from),
    recipients: recipients.map(addressOf),
    size: message.spill.size(),
    ...verdict,
    action: prepared.action,
    reason: prepared.reason,
    ranges: prepared.ranges,
    code: prepared.code,
    signedBy: prepared.signedBy,
    job: labels.job ?? null,
    stage: labels.stage ?? null,
    source: labels.source ?? null,
    externalId: labels.externalId ?? null,
    outcome,
    upstreamReply: upstreamReply && replyText(upstreamReply),
    finishedAt: deps.clock(),
  };
}

function report({ events }: Deps, record: MessageRecord): void {
  const { id: message, companyId: company, outcome, verdict, action, reason } = record;
  events.messageRelayed({ message, company, outcome, verdict, action, reason });
  if (outcome === 'ambiguous') events.deliveryAmbiguous({ message, company });
}
