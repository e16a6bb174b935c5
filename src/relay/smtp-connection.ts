import type { Socket } from 'node:net';
import type { SMTPServer } from 'smtp-server';
import { SMTPConnection, type SMTPConnectionOptions } from 'smtp-server/lib/smtp-connection.js';
import type { NetworkSignIn } from './network-sender.js';
import { offeredKeywords } from './offer.js';
import type { Sender } from './relay-job.js';
import { isLoopback } from './smtp-client.js';
import { type Reply, reply, replyBytes } from './smtp-reply.js';
import { type EdgeParts, openTransaction, type Transaction } from './smtp-transaction.js';

export type ConnectionParts = EdgeParts &
  Readonly<{
    name: string;
    hasTls: boolean;
    isDraining(): boolean;
    networkSignIn(address: string): Promise<NetworkSignIn>;
  }>;

const NO_TRANSACTION = reply(503, '5.5.1 Send MAIL first');

/**
 * One client. smtp-server reads lines, keeps the order of pipelined commands, does TLS and SASL; what touches the mail
 * is done here, since it alters addresses, merges recipients and writes replies of its own.
 */
export class RelayConnection extends SMTPConnection {
  private transaction: Transaction | undefined;

  constructor(
    server: SMTPServer,
    socket: Socket,
    options: SMTPConnectionOptions | null | undefined,
    private readonly parts: ConnectionParts,
  ) {
    super(server, socket, options);
  }

  /** Greets at once; the wait of smtp-server before its greeting is a tenth of a second on every mail. */
  override init(): void {
    this._setListeners(() => this.connectionReady());
  }

  /** Ends the connection if nothing is under way; otherwise it ends after the transaction. */
  dismiss(): void {
    if (!this.transaction && !this._dataStream)
      this.answer(reply(421, '4.3.2 Shutting down, come back soon'));
  }

  override _onCommand(command: Buffer, callback?: () => void): void {
    if (this.parts.isDraining() && !this.transaction && !this._nextHandler) {
      this.dismiss();
      return;
    }
    super._onCommand(command, callback);
  }

  override _onClose(): void {
    this.endTransaction();
    super._onClose();
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

  override handler_MAIL(command: Buffer, callback: () => void): void {
    if (this.transaction) {
      this.say(reply(503, '5.5.1 Nested MAIL'), callback);
      return;
    }
    this.run(callback, async () => {
      const sender = await this.sender();
      if ('code' in sender) return sender;
      const { answer, transaction } = await openTransaction(this.parts, sender, latin1(command));
      if (this._closing || this._closed) transaction?.release();
      else this.transaction = transaction;
      return answer;
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

  private async receive(transaction: Transaction, content: AsyncIterable<Buffer>): Promise<void> {
    let answer: Reply;
    try {
      answer = await transaction.receive(content);
    } catch (error) {
      if (!this._closed) this.parts.deps.events.relayFault('receive', error);
      answer = reply(451, '4.3.0 Local error, try again later');
    }
    if (this._closed) return;
    this._dataStream = false;
    this.endTransaction();
    this._resetSession();
    this.answer(answer);
    if (this.parts.isDraining()) this.dismiss();
    if (this._parser) this._parser.continue();
  }

  private async keywords(): Promise<string[]> {
    const extensions = await this.parts.offered();
    return [
      ...offeredKeywords(extensions),
      ...(this.parts.hasTls && !this.secure ? ['STARTTLS'] : []),
      ...(this.mayAuthenticate() && !this.session.user ? ['AUTH PLAIN LOGIN'] : []),
    ];
  }

  /** Who sends: the credential of AUTH, else of the client's network. The refusal where there is neither. */
  private async sender(): Promise<Sender | Reply> {
    if (this.session.user) return this.session.user as unknown as Sender;
    const { deps, networkSignIn } = this.parts;
    const signedIn = await networkSignIn(this.remoteAddress);
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

  private endTransaction(): void {
    this.transaction?.release();
    this.transaction = undefined;
  }

  private run(callback: () => void, work: () => Promise<Reply>): void {
    work()
      .catch((error: unknown) => {
        this.parts.deps.events.relayFault('command', error);
        return reply(451, '4.3.0 Local error, try again later');
      })
      .then((answer) => this.say(answer, callback));
  }

  private say(answer: Reply, callback: () => void): void {
    this.answer(answer);
    callback();
  }

  private answer(answer: Reply): void {
    if (!this._socket.destroyed && this._socket.writable) this._socket.write(replyBytes(answer));
    if (answer.code === 421) this.close();
  }
}

function latin1(command: Buffer): string {
  return command.toString('latin1');
}

function hostOf(command: Buffer): string | undefined {
  const [, host, ...rest] = latin1(command).trim().split(/\s+/);
  return host && rest.length === 0 && host.length <= 300 && !/[\0-\x1f\x7f]/.test(host) ? host : undefined;
}
