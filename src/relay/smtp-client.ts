import type { ConnectionOptions } from 'node:tls';
import type { UpstreamAddress } from '../config.js';
import { stuffDots, stuffWhole } from './dot-stuffing.js';
import { type Extensions, parseExtensions } from './smtp-extensions.js';
import { asSmtpFault, SmtpFault } from './smtp-fault.js';
import { isPositive, type Reply, replyText } from './smtp-reply.js';
import { openWire, type Wire } from './smtp-wire.js';
import { type Content, isInMemory } from './splice.js';
import type { DataResult } from './upstream-session.js';

/** Milliseconds to wait in each phase. */
export type Timeouts = Readonly<{
  connect: number;
  greeting: number;
  command: number;
  dataStart: number;
  dataBlock: number;
  finalDot: number;
  /** For the question whether an idle connection still lives. */
  reset: number;
}>;

/** RFC 5321 §4.5.3.2; `connect` and `reset` are our own. */
export const RFC_TIMEOUTS: Timeouts = {
  connect: 30_000,
  greeting: 300_000,
  command: 300_000,
  dataStart: 120_000,
  dataBlock: 180_000,
  finalDot: 600_000,
  reset: 5_000,
};

export type SmtpAddress = Extract<UpstreamAddress, { kind: 'smtp' }>;

export type ClientOptions = Readonly<{
  /** What we call ourselves in EHLO. */
  name: string;
  timeouts: Timeouts;
  /** TLS options besides the defaults, such as a private CA. */
  tls?: ConnectionOptions;
  /** STARTTLS where it is offered. Off on loopback, where there is nobody to hide from and no name to verify. */
  startTls: boolean;
}>;

/** One upstream connection that has introduced itself; see `Wire` for its rules. */
export type SmtpClient = Readonly<{
  wire: Wire;
  extensions: Extensions;
  /** @param line MAIL, RCPT, DATA or RSET with what belongs to it */
  command(line: string): Promise<Reply>;
  /** Whether the last transaction was ended by an answer to its content, or by RSET. */
  isClean(): boolean;
  /** The content and the final dot, after 354. */
  content(content: Content): Promise<DataResult>;
}>;

function accepted(answer: Reply, what: string): Reply {
  if (!isPositive(answer)) throw new SmtpFault('refused', `upstream refused ${what}: ${replyText(answer)}`);
  return answer;
}

async function introduce(wire: Wire, options: ClientOptions): Promise<Extensions> {
  const answer = await wire.command(`EHLO ${options.name}`, options.timeouts.command);
  if (isPositive(answer)) return parseExtensions(answer);
  accepted(await wire.command(`HELO ${options.name}`, options.timeouts.command), 'HELO');
  return parseExtensions({ code: 250, lines: [] });
}

async function signIn(
  wire: Wire,
  address: SmtpAddress,
  extensions: Extensions,
  timeout: number,
): Promise<void> {
  if (!address.auth) return;
  if (!wire.isEncrypted() && !isLoopback(address.host)) {
    throw new SmtpFault('tls', 'upstream offers no TLS: the password is not sent in the clear');
  }
  const { user, password, method } = address.auth;
  const mechanisms = method === 'xoauth2' ? ['XOAUTH2'] : ['PLAIN', 'LOGIN'];
  const spoken = mechanisms.find((name) => extensions.auth.includes(name));
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  switch (spoken) {
    case 'PLAIN':
      accepted(await wire.command(`AUTH PLAIN ${base64(`\0${user}\0${password}`)}`, timeout), 'AUTH');
      return;
    case 'XOAUTH2': {
      const answer = await wire.command(
        `AUTH XOAUTH2 ${base64(`user=${user}\x01auth=Bearer ${password}\x01\x01`)}`,
        timeout,
      );
      // 334 brings the reason of a refusal, which has to be acknowledged before it is one.
      accepted(answer.code === 334 ? await wire.command('', timeout) : answer, 'AUTH');
      return;
    }
    case 'LOGIN': {
      const prompts = [await wire.command('AUTH LOGIN', timeout)];
      if (prompts[0]!.code === 334) prompts.push(await wire.command(base64(user), timeout));
      if (prompts.at(-1)!.code === 334) prompts.push(await wire.command(base64(password), timeout));
      accepted(prompts.at(-1)!, 'AUTH');
      return;
    }
    default:
      throw new SmtpFault('refused', 'upstream offers no AUTH that we speak');
  }
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^(::ffff:)?127\./i.test(host);
}

/** Connects, greets, encrypts and signs in. @throws SmtpFault when any of it fails */
export async function connectSmtp(address: SmtpAddress, options: ClientOptions): Promise<SmtpClient> {
  const { timeouts } = options;
  const tls: ConnectionOptions = { servername: address.host, ...options.tls, rejectUnauthorized: true };
  const place = { host: address.host, port: address.port, tls: address.implicitTls ? tls : undefined };
  const wire = await openWire(place, timeouts.connect);
  try {
    accepted(await wire.readReply(timeouts.greeting), 'the connection');
    let extensions = await introduce(wire, options);
    if (!wire.isEncrypted() && options.startTls && extensions.startTls) {
      accepted(await wire.command('STARTTLS', timeouts.command), 'STARTTLS');
      await wire.startTls(tls, timeouts.connect);
      extensions = await introduce(wire, options);
    }
    await signIn(wire, address, extensions, timeouts.command);
    return clientOn(wire, extensions, timeouts);
  } catch (error) {
    wire.destroy();
    throw error;
  }
}

function clientOn(wire: Wire, extensions: Extensions, timeouts: Timeouts): SmtpClient {
  let clean = true;
  return {
    wire,
    extensions,
    isClean: () => clean,
    async command(line) {
      clean = false;
      const answer = await wire.command(line, timeoutOf(line, timeouts));
      clean = line === 'RSET' && isPositive(answer);
      return answer;
    },
    async content(content) {
      const result = await sendContent(wire, content, timeouts);
      clean = result.kind === 'replied' && wire.isUsable();
      return result;
    },
  };
}

function timeoutOf(line: string, timeouts: Timeouts): number {
  if (line === 'DATA') return timeouts.dataStart;
  return line === 'RSET' ? timeouts.reset : timeouts.command;
}

/**
 * The content, then the final dot. Up to the dot a failure leaves nothing behind at the other side; after it nobody
 * knows (RFC 5321 §4.5.4.1, RFC 1047).
 */
async function sendContent(wire: Wire, content: Content, timeouts: Timeouts): Promise<DataResult> {
  let last: Buffer | string = '.\r\n';
  try {
    if (isInMemory(content)) last = stuffWhole(content);
    else {
      for await (const chunk of stuffDots(content)) {
        const early = await wire.write(chunk, timeouts.dataBlock);
        if (early) return answeredEarly(wire, early);
      }
    }
    const early = wire.early();
    if (early) return answeredEarly(wire, early);
  } catch (error) {
    wire.destroy();
    return { kind: 'lost-before-dot', cause: asSmtpFault(error) };
  }
  try {
    const answer = await wire.say(last, timeouts.finalDot);
    if (answer.code < 400 && !isPositive(answer))
      throw new SmtpFault('protocol', 'no answer to the final dot');
    return { kind: 'replied', reply: answer };
  } catch (error) {
    wire.destroy();
    return { kind: 'lost-after-dot', cause: asSmtpFault(error) };
  }
}

/** A reply in the middle of the content: a refusal is taken at its word, anything else breaks the rules. */
function answeredEarly(wire: Wire, early: Reply): DataResult {
  wire.destroy();
  if (early.code >= 400) return { kind: 'replied', reply: early };
  return { kind: 'lost-before-dot', cause: new SmtpFault('protocol', 'a reply before the final dot') };
}
