import type { Deps } from '../deps.js';
import { parseEnvelopeCommand } from './envelope-command.js';
import { checkParameters, type ParameterCheck, sizeLimit } from './offer.js';
import type { Claims } from './peer-claims.js';
import { createReception, type Reception } from './reception.js';
import type { Relay, Sender } from './relay-job.js';
import { type Extensions, NO_EXTENSIONS } from './smtp-extensions.js';
import type { SmtpLimits } from './smtp-limits.js';
import { isPositive, type Reply, reply } from './smtp-reply.js';
import type { Upstream, UpstreamSession } from './upstream-session.js';

export type EdgeParts = Readonly<{
  deps: Deps;
  upstream: Upstream;
  relay: Relay;
  limits: SmtpLimits;
  /** What upstream offers, as far as it is known; never throws. */
  offered(): Promise<Extensions>;
}>;

/** The content of one message on its way in. */
export type Intake = Readonly<{
  /** A promise makes the client wait. */
  push(chunk: Buffer): Promise<void> | undefined;
  /** Whether it is so far past the limit that the rest is not worth reading. */
  isOverrun(): boolean;
  /** What a message that is not taken hears; undefined for one that may be relayed. */
  refusal(): Reply | undefined;
  /** The content is whole: relays it, and says what the client hears. */
  end(): Promise<Reply>;
}>;

/** A mail transaction between MAIL and its end. */
export type Transaction = Readonly<{
  rcpt(line: string): Reply | Promise<Reply>;
  /** Whether DATA may follow; the refusal otherwise. */
  refusal(): Reply | undefined;
  begin(): Intake;
  /** Ends the transaction, with what upstream and we hold of it. Safe to call twice. */
  release(): void;
}>;

const BARE_LINE_END = reply(554, '5.6.11 Message has a CR or LF that is not part of CRLF');
const TOO_LARGE = reply(552, '5.3.4 Message is larger than the limit');

function refused(check: Exclude<ParameterCheck, { kind: 'pass' }>): Reply {
  switch (check.kind) {
    case 'too-large':
      return TOO_LARGE;
    case 'foreign':
      return reply(555, `5.5.4 Parameter ${check.name} is not offered`);
    case 'malformed':
      return reply(501, `5.5.4 Parameter ${check.name} is malformed`);
  }
}

/** What the client hears when upstream cannot be reached or is lost before anything was handed over. */
function unreachable(parts: EdgeParts, error: unknown): Reply {
  parts.deps.events.upstreamFault('envelope', error);
  return reply(451, '4.4.1 The next mail server cannot be reached, try again later');
}

/** Answers MAIL; a positive answer comes with the transaction that it opened. */
export async function openTransaction(
  parts: EdgeParts,
  sender: Sender,
  line: string,
  claims: Claims,
): Promise<Readonly<{ answer: Reply; transaction?: Transaction }>> {
  const parsed = parseEnvelopeCommand(line, 'MAIL FROM');
  if (parsed.kind === 'bad-path') return { answer: reply(501, '5.1.7 Bad sender address syntax') };
  if (parsed.kind === 'bad-parameter') return { answer: reply(501, '5.5.4 Bad parameter syntax') };
  const extensions = await parts.offered();
  const check = checkParameters('MAIL', parsed.command.parameters, extensions);
  if (check.kind !== 'pass') return { answer: refused(check) };
  let session: UpstreamSession | undefined;
  try {
    session = await parts.upstream.open();
    const answer = await session.mail(parsed.command.path, check.parameters, claims);
    if (isPositive(answer)) {
      return {
        answer,
        transaction: createTransaction(parts, sender, session, parsed.command.path, extensions),
      };
    }
    session.release();
    return { answer };
  } catch (error) {
    session?.release();
    return { answer: unreachable(parts, error) };
  }
}

function createTransaction(
  parts: EdgeParts,
  sender: Sender,
  session: UpstreamSession,
  from: string,
  extensions: Extensions = NO_EXTENSIONS,
): Transaction {
  const recipients: string[] = [];
  let reception: Reception | undefined;
  let isRelaying = false;

  async function relay(whole: Reception): Promise<Reply> {
    isRelaying = true;
    try {
      const message = whole.end();
      return await parts.relay.relay({ sender, from, recipients, message, session });
    } finally {
      session.release();
      await whole.dispose();
    }
  }
  function refusalOf(whole: Reception): Reply | undefined {
    const { events } = parts.deps;
    if (whole.hasBareLineEnd()) {
      events.smtpRefused('bare-line-end', { company: sender.companyId });
      return BARE_LINE_END;
    }
    if (whole.isTooLarge()) {
      events.smtpRefused('too-large', { company: sender.companyId });
      return TOO_LARGE;
    }
    return undefined;
  }
  function begin(): Intake {
    const limit = sizeLimit(extensions);
    const taking = createReception(parts.deps.newId, limit);
    reception = taking;
    return {
      push: (chunk) => taking.push(chunk),
      isOverrun: () => taking.size() > limit + parts.limits.overrun,
      refusal: () => refusalOf(taking),
      async end() {
        const refusal = refusalOf(taking);
        return refusal ?? relay(taking);
      },
    };
  }
  async function rcpt(path: string, parameters: readonly string[]): Promise<Reply> {
    try {
      const answer = await session.rcpt(path, parameters);
      if (isPositive(answer)) recipients.push(path);
      return answer;
    } catch (error) {
      return unreachable(parts, error);
    }
  }

  return {
    rcpt(line) {
      const parsed = parseEnvelopeCommand(line, 'RCPT TO');
      if (parsed.kind === 'bad-path' || (parsed.kind === 'parsed' && parsed.command.path === '<>')) {
        return reply(501, '5.1.3 Bad recipient address syntax');
      }
      if (parsed.kind === 'bad-parameter') return reply(501, '5.5.4 Bad parameter syntax');
      const check = checkParameters('RCPT', parsed.command.parameters, extensions);
      if (check.kind !== 'pass') return refused(check);
      if (recipients.length >= parts.limits.recipients) return reply(452, '4.5.3 Too many recipients');
      return rcpt(parsed.command.path, check.parameters);
    },
    refusal: () => (recipients.length > 0 ? undefined : reply(554, '5.5.1 No valid recipients')),
    begin,
    release() {
      session.release();
      if (!isRelaying) void reception?.dispose();
    },
  };
}
