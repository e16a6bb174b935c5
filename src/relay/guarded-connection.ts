import type { Socket } from 'node:net';
import type { SMTPServer } from 'smtp-server';
import { SMTPConnection, type SMTPConnectionOptions } from 'smtp-server/lib/smtp-connection.js';
import type { Deps } from '../deps.js';
import { isInNetwork } from '../network.js';
import type { SmtpLimits } from './smtp-limits.js';
import { type Reply, reply, replyBytes } from './smtp-reply.js';

export type GuardParts = Readonly<{
  deps: Deps;
  limits: SmtpLimits;
  isDraining(): boolean;
  /** See `createConnectionCount`. */
  connections: Readonly<{ take(address: string | undefined): (() => void) | 'total' | 'address' }>;
}>;

/** How a connection came: with `isProxy` a trusted proxy speaks for itself, and no network vouches for it. */
export type ConnectionOrigin = SMTPConnectionOptions & Readonly<{ isProxy?: boolean }>;

const SHUTTING_DOWN = reply(421, '4.3.2 Shutting down, come back soon');
const LONG_ENOUGH = reply(421, '4.4.2 This session has lasted long enough, connect again');
const TOO_MANY_BAD = reply(421, '4.7.0 Too many bad commands');
/** What counts as a bad command: those that the client got wrong, not what upstream thought of its addresses. */
const BAD_COMMAND = new Set([500, 501, 502, 503, 504, 530, 535, 538]);

/**
 * One client, with what bounds it: how many there are, how long one stays, how often it may be wrong. smtp-server reads
 * lines, keeps the order of pipelined commands, does TLS and SASL.
 */
export abstract class GuardedConnection extends SMTPConnection {
  private badCommands = 0;
  private isExpired = false;
  private expiry: NodeJS.Timeout | undefined;
  private leavePlace = () => {};

  constructor(
    server: SMTPServer,
    socket: Socket,
    origin: ConnectionOrigin,
    private readonly guard: GuardParts,
  ) {
    super(server, socket, origin);
  }

  /** Whether a mail transaction is open. */
  protected abstract isInTransaction(): boolean;
  /** Lets the transaction go, with what upstream holds of it. */
  protected abstract endTransaction(): void;

  /** Greets at once; the wait of smtp-server before its greeting is a tenth of a second on every mail. */
  override init(): void {
    this._setListeners(() => {
      const { connections, deps, limits } = this.guard;
      const place = connections.take(this.isTrustedPeer() ? undefined : this.remoteAddress);
      if (typeof place === 'string') {
        deps.events.smtpRefused(`connections-${place}`);
        this.answer(reply(421, `4.7.0 ${this.name} Too many connections, try again later`));
        return;
      }
      this.leavePlace = place;
      if (this._closed) place();
      else this.expiry = setTimeout(() => this.expire(), limits.session);
      this.connectionReady();
    });
  }

  /** Ends the connection if nothing is under way; otherwise it ends after the transaction. */
  dismiss(): void {
    if (!this.isInTransaction() && !this._dataStream)
      this.answer(this.isExpired ? LONG_ENOUGH : SHUTTING_DOWN);
  }

  protected isLeaving(): boolean {
    return this.isExpired || this.guard.isDraining();
  }

  /** A session that was kept open within a transaction ends with it, or before it has brought its content. */
  private expire(): void {
    this.isExpired = true;
    this.expiry = setTimeout(() => {
      if (!this._dataStream) this.cutOff(LONG_ENOUGH);
    }, this.guard.limits.data);
    this.dismiss();
  }

  /** Ends the connection in the middle of what it does. */
  protected cutOff(answer: Reply): void {
    const content = this._dataStream;
    this.answer(answer);
    this.close();
    if (content) content.destroy();
    this.endTransaction();
  }

  override _onCommand(command: Buffer, callback?: () => void): void {
    if (this.isLeaving() && !this.isInTransaction() && !this._nextHandler) {
      this.dismiss();
      return;
    }
    // The library hangs up after ten unknown commands; bad ones of every kind are counted here.
    this._unrecognizedCommands = 0;
    super._onCommand(command, callback);
  }

  override send(code: number, data?: string | string[] | null, context?: string | false): void {
    super.send(code, data, context);
    this.countBad(code);
  }

  override _onClose(): void {
    clearTimeout(this.expiry);
    this.leavePlace();
    this.endTransaction();
    super._onClose();
  }

  /** By the address of the connection, or of the PROXY header; what XCLIENT said makes nobody trusted. */
  protected isTrustedPeer(): boolean {
    const { trustedPeers } = this.guard.deps.config.smtp;
    return trustedPeers.some((network) => isInNetwork(this._originalRemoteAddress, network));
  }

  /** A message got through: what went wrong before it is forgiven. */
  protected forgive(): void {
    this.badCommands = 0;
  }

  protected run(callback: () => void, work: () => Promise<Reply>): void {
    work()
      .catch((error: unknown) => {
        this.guard.deps.events.relayFault('command', error);
        return reply(451, '4.3.0 Local error, try again later');
      })
      .then((answer) => {
        this.answer(answer);
        callback();
      });
  }

  protected say(answer: Reply, callback: () => void): void {
    this.answer(answer);
    this.countBad(answer.code);
    callback();
  }

  protected countBad(code: number): void {
    if (!BAD_COMMAND.has(code)) return;
    this.badCommands += 1;
    if (this.badCommands < this.guard.limits.badCommands || this._closing) return;
    this.guard.deps.events.smtpRefused('bad-commands');
    this.answer(TOO_MANY_BAD);
  }

  protected answer(answer: Reply): void {
    // In the middle of a TLS handshake nothing may be said in the clear.
    if (!this._upgrading && !this._socket.destroyed && this._socket.writable)
      this._socket.write(replyBytes(answer));
    if (answer.code === 421) this.close();
  }
}
