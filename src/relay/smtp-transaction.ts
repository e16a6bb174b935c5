import type { Deps } from '../deps.js';
import { parseEnvelopeCommand } from './envelope-command.js';
import { checkParameters, type ParameterCheck, sizeLimit } from './offer.js';
import type { Claims } from './peer-claims.js';
import { createReception } from './reception.js';
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

/** A mail transaction between MAIL and its end. */
export type Transaction = Readonly<{
  rcpt(line: string): Promise<Reply>;
  /** Whether DATA may follow; the refusal otherwise. */
  refusal(): Reply | undefined;
  /**
   * Takes the content in and relays it. Of content that is far too long the rest is left unread.
   * @throws when the client leaves before the end
   */
  receive(content: AsyncIterable<Buffer>): Promise<Reply>;
  release(): void;
}>;

function refused(check: Exclude<ParameterCheck, { kind: 'pass' }>): Reply {
  switch (check.kind) {
    case 'too-large':
      return reply(552, '5.3.4 Message is larger than the limit');
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

  async function receive(content: AsyncIterable<Buffer>): Promise<Reply> {
    const { deps } = parts;
    const reception = createReception(deps.newId, sizeLimit(extensions));
    try {
      let octets = 0;
      for await (const chunk of content) {
        await reception.push(chunk);
        octets += chunk.length;
        if (octets > sizeLimit(extensions) + parts.limits.overrun) break;
      }
      if (reception.hasBareLineEnd()) {
        deps.events.smtpRefused('bare-line-end', { company: sender.companyId });
        return reply(554, '5.6.11 Message has a CR or LF that is not part of CRLF');
      }
      if (reception.isTooLarge()) {
        deps.events.smtpRefused('too-large', { company: sender.companyId });
        return reply(552, '5.3.4 Message is larger than the limit');
      }
      const message = reception.end();
      return await parts.relay.relay({ sender, from, recipients, message, session });
    } finally {
      session.release();
      await reception.dispose();
    }
  }

  return {
    async rcpt(line) {
      const parsed = parseEnvelopeCommand(line, 'RCPT TO');
      if (parsed.kind === 'bad-path' || (parsed.kind === 'parsed' && parsed.command.path === '<>')) {
        return reply(501, '5.1.3 Bad recipient address syntax');
      }
      if (parsed.kind === 'bad-parameter') return reply(501, '5.5.4 Bad parameter syntax');
      const check = checkParameters('RCPT', parsed.command.parameters, extensions);
      if (check.kind !== 'pass') return refused(check);
      if (recipients.length >= parts.limits.recipients) return reply(452, '4.5.3 Too many recipients');
      try {
        const answer = await session.rcpt(parsed.command.path, check.parameters);
        if (isPositive(answer)) recipients.push(parsed.command.path);
        return answer;
      } catch (error) {
        return unreachable(parts, error);
      }
    },
    refusal: () => (recipients.length > 0 ? undefined : reply(554, '5.5.1 No valid recipients')),
    receive,
    release: () => session.release(),
  };
}
