import type { Socket } from 'node:net';
import type { SecureContext } from 'node:tls';
import { offeredKeywords } from './offer.js';
import { createPace, type Pace } from './pace.js';
import { type Claims, parseClaims, XCLIENT_ATTRIBUTES, XFORWARD_ATTRIBUTES } from './peer-claims.js';
import { beginSasl, MECHANISMS, type SaslStep } from './sasl.js';
import { SmtpChannel } from './smtp-channel.js';
import { isLoopback } from './smtp-client.js';
import { type ConnectionOrigin, type IdentityParts, isTrustedPeer, SmtpIdentity } from './smtp-identity.js';
import type { InputLine } from './smtp-input.js';
import type { ConnectionCount, RateLimit } from './smtp-limits.js';
import { type Reply, reply } from './smtp-reply.js';
import { type EdgeParts, openTransaction, type Transaction } from './smtp-transaction.js';
import { hostOf, verbOf } from './smtp-verb.js';

export type SessionParts = EdgeParts &
  IdentityParts &
  Readonly<{
    /** What the hook calls itself. */
    name: string;
    idle: number;
    /** What STARTTLS takes; undefined where there is no certificate. */
    secureContext(): SecureContext | undefined;
    messageRate: RateLimit;
    connections: ConnectionCount;
    isDraining(): boolean;
  }>;

const SHUTTING_DOWN = reply(421, '4.3.2 Shutting down, come back soon');
const LONG_ENOUGH = reply(421, '4.4.2 This session has lasted long enough, connect again');
const SILENT = reply(421, '4.4.2 Nothing was said for too long');
const TOO_SLOW = reply(421, '4.4.2 The message comes too slowly');
const TOO_MANY_BAD = reply(421, '4.7.0 Too many bad commands');
const NO_SMTP = reply(421, '4.7.0 This is not SMTP');
const OK = reply(250, '2.0.0 Ok');
const FINE = reply(250, '2.0.0 OK');
const BYE = reply(221, '2.0.0 Bye');
const LOCAL_FAULT = reply(451, '4.3.0 Local error, try again later');
const NO_HELLO = reply(503, '5.5.1 Send HELO or EHLO first');
const NO_TRANSACTION = reply(503, '5.5.1 Send MAIL first');
const IN_TRANSACTION = reply(503, '5.5.1 Not within a mail transaction');
const UNKNOWN = reply(500, '5.5.2 Command not recognized');
const LINE_TOO_LONG = reply(500, '5.5.2 The line is too long');
const LINE_BARE_LF = reply(500, '5.5.2 Lines end in CRLF');
const GO_AHEAD = reply(354, 'End data with <CR><LF>.<CR><LF>');

/** What counts as a bad command: those that the client got wrong, not what upstream thought of its addresses. */
const BAD_COMMAND = new Set([500, 501, 502, 503, 504, 530, 535, 538]);
/** A browser that was made to talk to us sends such a line first; what it says next must not be mail. */
const HTTP = /^(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|CONNECT|TRACE) \S+ HTTP\//i;
const NO_CLAIMS: Claims = new Map();

/**
 * One client and its mail, from greeting to QUIT (RFC 5321). It puts nothing right: addresses, parameters and upstream's
 * replies travel byte for byte. What bounds it: how long it stays, how often it may be wrong, how slow it may be.
 */
export class SmtpSession {
  private readonly channel: SmtpChannel;
  private readonly peer: string;
  private readonly isTrusted: boolean;
  private readonly identity: SmtpIdentity;
  private readonly leavePlace: () => void;
  private expiry: NodeJS.Timeout;
  /** Why the session ends as soon as nothing is under way. */
  private leaving: Reply | undefined;
  private badCommands = 0;

  private hello: string | undefined;
  private sasl: Extract<SaslStep, { kind: 'ask' }> | undefined;
  /** Of the client that a trusted peer speaks for, until the end of the transaction. */
  private claims: Claims = NO_CLAIMS;
  private transaction: Transaction | undefined;
  private pace: Pace | undefined;
  private isRelaying = false;

  /** @param leavePlace gives the connection's place back. @param onClosed called once */
  constructor(
    private readonly parts: SessionParts,
    socket: Socket,
    origin: ConnectionOrigin,
    leavePlace: () => void,
    private readonly onClosed: (session: SmtpSession) => void,
  ) {
    this.peer = origin.address;
    this.identity = new SmtpIdentity(parts, origin);
    this.isTrusted = isTrustedPeer(parts, origin.address);
    this.leavePlace = leavePlace;
    this.expiry = setTimeout(() => this.expire(), parts.limits.session);
    this.channel = new SmtpChannel(
      socket,
      {
        line: (line) => this.heed(line),
        silent: () => this.silent(),
        closed: () => this.closed(),
        fault: (error) => parts.deps.events.relayFault('command', error),
      },
      parts.idle,
    );
    this.channel.say(reply(220, `${parts.name} ESMTP`));
  }

  /** Ends the session if nothing is under way; otherwise it ends after the transaction. */
  dismiss(reason = SHUTTING_DOWN): void {
    this.leaving ??= reason;
    if (!this.transaction) this.channel.hangUp(this.leaving);
  }
  /** Who has not come as far as DATA is told to come back; with `all`, everybody, and what is being handed over is cut. */
  hurry(all: boolean): void {
    if (!this.isRelaying && (all || !this.pace)) this.cutOff(SHUTTING_DOWN);
    else if (all) this.destroy();
  }
  destroy(): void {
    this.channel.destroy();
  }

  private isLeaving(): boolean {
    return this.leaving !== undefined || this.parts.isDraining();
  }
  /** A session that was kept open within a transaction ends with it, or before it has brought its content. */
  private expire(): void {
    this.expiry = setTimeout(() => {
      if (!this.pace && !this.isRelaying) this.cutOff(LONG_ENOUGH);
    }, this.parts.limits.data);
    this.dismiss(LONG_ENOUGH);
  }
  private silent(): void {
    if (!this.isRelaying) this.cutOff(SILENT);
  }
  /** Ends the connection in the middle of what it does. */
  private cutOff(answer: Reply): void {
    this.channel.hangUp(answer);
    this.endContent();
    this.endTransaction();
  }
  private closed(): void {
    clearTimeout(this.expiry);
    this.leavePlace();
    this.identity.forget();
    this.endContent();
    this.endTransaction();
    this.onClosed(this);
  }
  private endTransaction(): void {
    this.claims = NO_CLAIMS;
    this.transaction?.release();
    this.transaction = undefined;
  }
  private endContent(): void {
    this.pace?.stop();
    this.pace = undefined;
  }

  private answer(answer: Reply): void {
    if (answer.code === 421) {
      this.channel.hangUp(answer);
      this.endTransaction();
      return;
    }
    this.channel.say(answer);
  }
  /** Says what our own grammar has to say; what is wrong with a command counts. */
  private judge(answer: Reply): void {
    this.answer(answer);
    if (!BAD_COMMAND.has(answer.code)) return;
    this.badCommands += 1;
    if (this.badCommands < this.parts.limits.badCommands || this.channel.isEnded()) return;
    this.parts.deps.events.smtpRefused('bad-commands');
    this.cutOff(TOO_MANY_BAD);
  }

  private heed(line: InputLine): Promise<void> | undefined {
    if (line.kind !== 'line') {
      this.sasl = undefined;
      this.judge(line.kind === 'too-long' ? LINE_TOO_LONG : LINE_BARE_LF);
      return undefined;
    }
    if (this.sasl) {
      const { sasl } = this;
      this.sasl = undefined;
      return this.continueSasl(sasl.answer(line.text));
    }
    if (this.isLeaving() && !this.transaction) {
      this.dismiss();
      return undefined;
    }
    const answered = this.command(line.text);
    if (!(answered instanceof Promise)) {
      if (answered) this.judge(answered);
      return undefined;
    }
    return answered.then(
      (answer) => answer && this.answer(answer),
      (error: unknown) => {
        this.parts.deps.events.relayFault('command', error);
        this.answer(LOCAL_FAULT);
      },
    );
  }

  /** @returns what to say; undefined where that is said already. What a promise brings never counts as bad. */
  private command(line: string): Reply | undefined | Promise<Reply | undefined> {
    switch (verbOf(line)) {
      case 'MAIL':
        return this.mail(line);
      case 'RCPT':
        return this.transaction ? this.transaction.rcpt(line) : NO_TRANSACTION;
      case 'DATA':
        return this.data();
      case 'EHLO':
      case 'HELO':
        return this.greet(line);
      case 'RSET':
        this.endTransaction();
        return OK;
      case 'NOOP':
        return FINE;
      case 'VRFY':
        return reply(252, '2.1.5 Send the mail, and upstream will say');
      case 'QUIT':
        this.endTransaction();
        this.channel.hangUp(BYE);
        return undefined;
      case 'AUTH':
        return this.auth(line);
      case 'STARTTLS':
        return this.startTls(line);
      case 'XCLIENT':
        return this.isTrusted ? this.xclient(line) : UNKNOWN;
      case 'XFORWARD':
        return this.isTrusted ? this.xforward(line) : UNKNOWN;
      default:
        if (!HTTP.test(line)) return UNKNOWN;
        this.parts.deps.events.smtpRefused('http');
        return NO_SMTP;
    }
  }

  private greet(line: string): Reply | Promise<Reply> {
    const verb = verbOf(line);
    const host = hostOf(line);
    if (!host) return reply(501, `5.5.4 Syntax: ${verb} hostname`);
    this.endTransaction();
    this.hello = host;
    if (verb === 'HELO') return reply(250, this.parts.name);
    return this.keywords().then((keywords) => ({ code: 250, lines: [this.parts.name, ...keywords] }));
  }
  private async keywords(): Promise<string[]> {
    const extensions = await this.parts.offered();
    return [
      ...offeredKeywords(extensions),
      ...(this.parts.secureContext() && !this.channel.isEncrypted() ? ['STARTTLS'] : []),
      ...(this.mayAuthenticate() && !this.identity.isSignedIn() ? [`AUTH ${MECHANISMS.join(' ')}`] : []),
      ...(this.isTrusted ? [`XCLIENT ${XCLIENT_ATTRIBUTES.join(' ')}`] : []),
      ...(this.isTrusted ? [`XFORWARD ${XFORWARD_ATTRIBUTES.join(' ')}`] : []),
    ];
  }

  private startTls(line: string): Reply | undefined | Promise<undefined> {
    const secureContext = this.parts.secureContext();
    if (!secureContext) return UNKNOWN;
    if (this.channel.isEncrypted()) return reply(503, '5.5.1 TLS is active already');
    if (line.trim().length > 'STARTTLS'.length) return reply(501, '5.5.4 Syntax: STARTTLS');
    return this.encrypt(secureContext);
  }
  /** The session starts anew (RFC 3207 §4.2). */
  private async encrypt(secureContext: SecureContext): Promise<undefined> {
    this.endTransaction();
    this.hello = undefined;
    this.identity.forget();
    this.channel.say(reply(220, '2.0.0 Ready to start TLS'));
    try {
      await this.channel.encrypt(secureContext);
    } catch {
      this.parts.deps.events.smtpRefused('tls');
      this.channel.destroy();
    }
    return undefined;
  }

  private mayAuthenticate(): boolean {
    return this.channel.isEncrypted() || isLoopback(this.peer);
  }
  private auth(line: string): Reply | undefined | Promise<undefined> {
    if (!this.hello) return NO_HELLO;
    if (!this.mayAuthenticate()) {
      return reply(538, '5.7.11 Encryption required: AUTH is taken after STARTTLS only');
    }
    if (this.transaction) return IN_TRANSACTION;
    if (this.identity.isSignedIn()) return reply(503, '5.5.1 Signed in already');
    return this.continueSasl(beginSasl(line)) as Promise<undefined> | undefined;
  }
  private continueSasl(step: SaslStep): Promise<void> | undefined {
    switch (step.kind) {
      case 'ask':
        this.sasl = step;
        this.channel.say(step.reply);
        return undefined;
      case 'refuse':
        this.judge(step.reply);
        return undefined;
      case 'secrets':
        return this.identity.signIn(step.secrets).then(
          (answer) => this.judge(answer),
          (error: unknown) => {
            this.parts.deps.events.relayFault('sign-in', error);
            this.answer(LOCAL_FAULT);
          },
        );
    }
  }
  /** The session starts anew as that of another client, which a trusted peer speaks for. */
  private xclient(line: string): Reply | Promise<Reply> {
    const parsed = parseClaims(line, XCLIENT_ATTRIBUTES);
    if (this.transaction) return IN_TRANSACTION;
    if (parsed.kind === 'malformed') return reply(501, `5.5.4 ${parsed.what}`);
    return this.speakFor(parsed.claims);
  }
  private async speakFor(claims: Claims): Promise<Reply> {
    const refusal = await this.identity.speakFor(claims);
    if (refusal) return refusal;
    this.claims = NO_CLAIMS;
    this.hello = undefined;
    return reply(220, `${this.parts.name} ESMTP`);
  }
  /** Tells where the next message came from before the peer had it: for upstream's log, and for nothing of ours. */
  private xforward(line: string): Reply {
    const parsed = parseClaims(line, XFORWARD_ATTRIBUTES);
    if (this.transaction) return IN_TRANSACTION;
    if (parsed.kind === 'malformed') return reply(501, `5.5.4 ${parsed.what}`);
    this.claims = new Map([...this.claims, ...parsed.claims]);
    return OK;
  }

  private mail(line: string): Reply | Promise<Reply | undefined> {
    if (!this.hello) return NO_HELLO;
    if (this.transaction) return reply(503, '5.5.1 Nested MAIL');
    return this.openMail(line);
  }
  private async openMail(line: string): Promise<Reply | undefined> {
    const sender = await this.identity.sender();
    if ('code' in sender) {
      this.judge(sender);
      return undefined;
    }
    if (!(await this.parts.messageRate.take(sender.id))) {
      this.parts.deps.events.smtpRefused('rate', { company: sender.companyId });
      return reply(451, '4.7.1 Too many messages within a minute, try again later');
    }
    const opened = await openTransaction(this.parts, sender, line, this.claims);
    if (this.channel.isEnded()) opened.transaction?.release();
    else this.transaction = opened.transaction;
    return opened.answer;
  }
  private data(): Reply | undefined {
    const { transaction } = this;
    if (!transaction) return NO_TRANSACTION;
    const refusal = transaction.refusal();
    if (refusal) return refusal;
    const intake = transaction.begin();
    const pace = createPace(this.parts.limits, () => {
      this.parts.deps.events.smtpRefused('slow');
      this.cutOff(TOO_SLOW);
    });
    this.pace = pace;
    this.channel.say(GO_AHEAD);
    this.channel.receive({
      push: (chunk) => {
        pace.brought(chunk.length);
        const taken = intake.push(chunk);
        if (!intake.isOverrun()) return taken;
        // What follows is content still, and not wanted.
        this.channel.hangUp(intake.refusal());
        this.endContent();
        this.endTransaction();
        return undefined;
      },
      end: () => this.relay(intake.end()),
    });
    return undefined;
  }
  private async relay(answering: Promise<Reply>): Promise<void> {
    this.endContent();
    this.isRelaying = true;
    let answer: Reply;
    try {
      answer = await answering;
    } catch (error) {
      if (!this.channel.isEnded()) this.parts.deps.events.relayFault('receive', error);
      answer = LOCAL_FAULT;
    }
    this.isRelaying = false;
    this.endTransaction();
    // A message got through: what went wrong before it is forgiven.
    this.badCommands = 0;
    this.answer(answer);
    if (this.isLeaving()) this.dismiss();
  }
}
