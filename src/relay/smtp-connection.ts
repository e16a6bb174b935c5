import type { Socket } from 'node:net';
import type { SMTPServer } from 'smtp-server';
import { type ConnectionOrigin, GuardedConnection, type GuardParts } from './guarded-connection.js';
import { offeredKeywords } from './offer.js';
import {
  type Claims,
  claimedAddress,
  claimOf,
  parseClaims,
  XCLIENT_ATTRIBUTES,
  XFORWARD_ATTRIBUTES,
} from './peer-claims.js';
import type { Sender } from './relay-job.js';
import type { NetworkSignIn, SenderLookup } from './sender-lookup.js';
import type { SignIn } from './sign-in.js';
import { isLoopback } from './smtp-client.js';
import { paced, type RateLimit } from './smtp-limits.js';
import { type Reply, reply } from './smtp-reply.js';
import { type EdgeParts, openTransaction, type Transaction } from './smtp-transaction.js';

export type ConnectionParts = EdgeParts &
  GuardParts &
  Readonly<{
    name: string;
    hasTls: boolean;
    messageRate: RateLimit;
    signIn(username: string, password: string, address: string): Promise<SignIn>;
    senders: Readonly<{
      byAddress(address: string): Promise<NetworkSignIn>;
      byName(username: string): Promise<SenderLookup>;
    }>;
  }>;

const NO_TRANSACTION = reply(503, '5.5.1 Send MAIL first');
const IN_TRANSACTION = reply(503, '5.5.1 Not within a mail transaction');
const TOO_SLOW = reply(421, '4.4.2 The message comes too slowly');
const NO_CLAIMS: Claims = new Map();

/**
 * One client and its mail. What touches the mail is done here and not by smtp-server, since that alters addresses,
 * merges recipients and writes replies of its own.
 */
export class RelayConnection extends GuardedConnection {
  private transaction: Transaction | undefined;
  /** Of the client that a trusted peer speaks for, until the end of the transaction. */
  private claims: Claims = NO_CLAIMS;
  /** Whether the address is the client's own; a proxy that speaks for itself, or does not know whom for, has none. */
  private isNameless: boolean;

  constructor(
    server: SMTPServer,
    socket: Socket,
    origin: ConnectionOrigin,
    private readonly parts: ConnectionParts,
  ) {
    super(server, socket, origin, parts);
    this.isNameless = origin.isProxy === true;
  }

  /** XCLIENT and XFORWARD do not exist for strangers. */
  override _isDisabled(command: string): boolean {
    if (command === 'XCLIENT' || command === 'XFORWARD') return !this.isTrustedPeer();
    return super._isDisabled(command);
  }

  override handler_EHLO(command: Buffer, callback: () => void): void {
    const host = hostOf(command);
    if (!host) {
      this.say(reply(501, '5.5.4 Syntax: EHLO hostname'), callback);
      return;
    }
    this.endTransaction();
    this.run(callback, async () => {
      this.hostNameAppearsAs = host;
      this._resetSession();
      return { code: 250, lines: [this.name, ...(await this.keywords())] };
    });
  }

  override handler_HELO(command: Buffer, callback: () => void): void {
    const host = hostOf(command);
    if (!host) {
      this.say(reply(501, '5.5.4 Syntax: HELO hostname'), callback);
      return;
    }
    this.endTransaction();
    this.hostNameAppearsAs = host;
    this._resetSession();
    this.say(reply(250, this.name), callback);
  }

  override handler_RSET(_command: Buffer, callback: () => void): void {
    this.endTransaction();
    this.say(reply(250, '2.0.0 Ok'), callback);
  }

  override handler_STARTTLS(command: Buffer, callback: () => void): void {
    this.endTransaction();
    super.handler_STARTTLS(command, callback);
  }

  override handler_AUTH(command: Buffer, callback: () => void): void {
    if (this.mayAuthenticate()) {
      super.handler_AUTH(command, callback);
      return;
    }
    this.say(reply(538, '5.7.11 Encryption required: AUTH is taken after STARTTLS only'), callback);
  }

  /** The session starts anew as that of another client, which a trusted peer speaks for. */
  override handler_XCLIENT(command: Buffer, callback: () => void): void {
    const parsed = parseClaims(latin1(command), XCLIENT_ATTRIBUTES);
    if (this.transaction || parsed.kind === 'malformed') {
      const why = parsed.kind === 'malformed' ? reply(501, `5.5.4 ${parsed.what}`) : IN_TRANSACTION;
      this.say(this.transaction ? IN_TRANSACTION : why, callback);
      return;
    }
    this.run(callback, async () => {
      const { claims } = parsed;
      const login = claimOf(claims, 'LOGIN');
      const found = login === undefined ? undefined : await this.parts.senders.byName(login);
      if (found && found.kind !== 'accepted') {
        this.parts.deps.events.smtpRefused(`xclient-${found.kind}`);
        if (found.kind === 'unavailable') return reply(454, '4.7.0 Temporary authentication failure');
        return reply(535, '5.7.8 LOGIN names no credential that is in force');
      }
      if (claims.has('ADDR')) {
        const address = claimedAddress(claims);
        this.isNameless = address === undefined;
        this.remoteAddress = address ?? this._originalRemoteAddress;
      }
      this.claims = NO_CLAIMS;
      this.hostNameAppearsAs = false;
      this._resetSession();
      this.session.user = found?.sender as unknown as string;
      return reply(220, `${this.name} ESMTP`);
    });
  }

  /** Tells where the next message came from before the peer had it: for upstream's log, and for nothing of ours. */
  override handler_XFORWARD(command: Buffer, callback: () => void): void {
    const parsed = parseClaims(latin1(command), XFORWARD_ATTRIBUTES);
    if (this.transaction) this.say(IN_TRANSACTION, callback);
    else if (parsed.kind === 'malformed') this.say(reply(501, `5.5.4 ${parsed.what}`), callback);
    else {
      this.claims = new Map([...this.claims, ...parsed.claims]);
      this.say(reply(250, '2.0.0 Ok'), callback);
    }
  }

  override handler_MAIL(command: Buffer, callback: () => void): void {
    if (this.transaction) {
      this.say(reply(503, '5.5.1 Nested MAIL'), callback);
      return;
    }
    this.run(callback, async () => {
      const sender = await this.sender();
      if ('code' in sender) {
        this.countBad(sender.code);
        return sender;
      }
      if (!(await this.parts.messageRate.take(sender.id))) {
        this.parts.deps.events.smtpRefused('rate', { company: sender.companyId });
        return reply(451, '4.7.1 Too many messages within a minute, try again later');
      }
      const opened = await openTransaction(this.parts, sender, latin1(command), this.claims);
      if (this._closing || this._closed) opened.transaction?.release();
      else this.transaction = opened.transaction;
      return opened.answer;
    });
  }

  override handler_RCPT(command: Buffer, callback: () => void): void {
    const { transaction } = this;
    if (!transaction) {
      this.say(NO_TRANSACTION, callback);
      return;
    }
    this.run(callback, () => transaction.rcpt(latin1(command)));
  }

  override handler_DATA(_command: Buffer, callback: () => void): void {
    const { transaction } = this;
    if (!transaction) {
      this.say(NO_TRANSACTION, callback);
      return;
    }
    const refusal = transaction.refusal();
    if (refusal || !this._parser) {
      this.say(refusal ?? NO_TRANSACTION, callback);
      return;
    }
    const content = this._parser.startDataMode();
    this._dataStream = content;
    void this.receive(transaction, content);
    this.say(reply(354, 'End data with <CR><LF>.<CR><LF>'), callback);
  }

  private async receive(transaction: Transaction, content: Content): Promise<void> {
    let answer: Reply;
    try {
      const { deps, limits } = this.parts;
      const inTime = paced(content, limits, () => {
        deps.events.smtpRefused('slow');
        this.cutOff(TOO_SLOW);
      });
      answer = await transaction.receive(inTime);
    } catch (error) {
      if (!this._closed && !this._closing) this.parts.deps.events.relayFault('receive', error);
      answer = reply(451, '4.3.0 Local error, try again later');
    }
    if (this._closed || this._closing) return;
    this._dataStream = false;
    this.endTransaction();
    this._resetSession();
    this.forgive();
    this.answer(answer);
    if (!content.readableEnded) {
      // What follows is content still, and not wanted.
      this.close();
      return;
    }
    if (this.isLeaving()) this.dismiss();
    if (this._parser) this._parser.continue();
  }

  private async keywords(): Promise<string[]> {
    const extensions = await this.parts.offered();
    const trusted = this.isTrustedPeer();
    return [
      ...offeredKeywords(extensions),
      ...(this.parts.hasTls && !this.secure ? ['STARTTLS'] : []),
      ...(this.mayAuthenticate() && !this.session.user ? ['AUTH PLAIN LOGIN'] : []),
      ...(trusted ? [`XCLIENT ${XCLIENT_ATTRIBUTES.join(' ')}`] : []),
      ...(trusted ? [`XFORWARD ${XFORWARD_ATTRIBUTES.join(' ')}`] : []),
    ];
  }

  /** Who sends: the credential of AUTH, else of the client's network. The refusal where there is neither. */
  private async sender(): Promise<Sender | Reply> {
    if (this.session.user) return this.session.user as unknown as Sender;
    const { deps, senders } = this.parts;
    const signedIn: NetworkSignIn = this.isNameless
      ? { kind: 'stranger' }
      : await senders.byAddress(this.remoteAddress);
    switch (signedIn.kind) {
      case 'accepted':
        return signedIn.sender;
      case 'stranger':
        return reply(530, '5.7.0 Authentication required');
      case 'not-in-force':
        // For now, not for good: the client's server keeps its mail until somebody has seen to the setting.
        deps.events.smtpRefused('network-credential-not-in-force');
        return reply(454, '4.7.0 The credential that this network is listed with is not in force');
      case 'unavailable':
        return reply(454, '4.7.0 Temporary authentication failure');
    }
  }

  private mayAuthenticate(): boolean {
    return this.secure || isLoopback(this._originalRemoteAddress);
  }

  protected override isInTransaction(): boolean {
    return this.transaction !== undefined;
  }

  protected override endTransaction(): void {
    this.claims = NO_CLAIMS;
    this.transaction?.release();
    this.transaction = undefined;
  }
}

type Content = AsyncIterable<Buffer> & Readonly<{ readableEnded: boolean }>;

function latin1(command: Buffer): string {
  return command.toString('latin1');
}

function hostOf(command: Buffer): string | undefined {
  const [, host, ...rest] = latin1(command).trim().split(/\s+/);
  return host && rest.length === 0 && host.length <= 300 && !/[\0-\x1f\x7f]/.test(host) ? host : undefined;
}
