import type { Socket } from 'node:net';
import { type SecureContext, TLSSocket } from 'node:tls';
import { createSmtpInput, type InputLine } from './smtp-input.js';
import { type Reply, replyLines } from './smtp-reply.js';

/** Octets of a command line: room for XCLIENT and for the parameters of extensions (RFC 5321 §4.5.3.1.4 says 512). */
const LONGEST_LINE = 4_096;
/** Octets that a client may send ahead of what is being done; then it is not read for a while. */
const AHEAD = 64 * 1024;
/** What a connection that was told 421 may still send, and for how long, before it is cut: a reset eats the reply. */
const LINGER = { octets: 4 * 1024 * 1024, milliseconds: 5_000 };

/** Takes content in. A promise makes the client wait. */
export type ContentSink = Readonly<{
  push(chunk: Buffer): Promise<void> | undefined;
  /** The content is whole: what came after it waits until this resolves. */
  end(): Promise<void>;
}>;

/** What is told of a client, one thing after the other: the next when the promise of the last has resolved. */
export type ChannelListener = Readonly<{
  line(line: InputLine): Promise<void> | undefined;
  /** No bytes either way for the idle time. */
  silent(): void;
  /** Once; nothing is told after it. */
  closed(): void;
  fault(error: unknown): void;
}>;

/** One client's connection as lines, content and replies, in the clear or over TLS. */
export class SmtpChannel {
  private readonly input = createSmtpInput(LONGEST_LINE);
  private sink: ContentSink | undefined;
  private isBusy = false;
  private isOver = false;
  private isClosed = false;
  private isShaking = false;
  private lingered = 0;

  /** @param idle milliseconds of silence after which the listener hears of it */
  constructor(
    private socket: Socket,
    private readonly listener: ChannelListener,
    private readonly idle: number,
  ) {
    socket.setNoDelay(true);
    this.listen(socket);
  }

  private listen(socket: Socket): void {
    socket.setTimeout(this.idle);
    socket.on('data', (chunk: Buffer) => this.hear(chunk));
    socket.on('timeout', () => this.listener.silent());
    socket.on('error', () => {});
    socket.on('end', () => this.hangUp());
    socket.on('close', () => this.close());
  }

  isEncrypted(): boolean {
    return this.socket instanceof TLSSocket;
  }
  /** Whether the client is gone, or was told to go. */
  isEnded(): boolean {
    return this.isOver;
  }

  say(reply: Reply): void {
    // In the middle of a TLS handshake nothing may be said in the clear.
    if (this.isOver || this.isShaking) return;
    this.socket.write(replyLines(reply), 'latin1');
  }

  /** Says `reply`, if any, and ends the connection; what the client still sends is read for a moment and thrown away. */
  hangUp(reply?: Reply): void {
    if (this.isOver) return;
    if (reply) this.say(reply);
    this.isOver = true;
    this.sink = undefined;
    if (this.isShaking) this.socket.destroy();
    else this.socket.end();
    this.socket.resume();
    setTimeout(() => this.socket.destroy(), LINGER.milliseconds).unref();
  }
  destroy(): void {
    this.isOver = true;
    this.socket.destroy();
  }

  /** What comes next is content, until its end. */
  receive(sink: ContentSink): void {
    this.sink = sink;
  }

  /** TLS from here on, as the server. @throws Error when the handshake fails or the client leaves */
  async encrypt(secureContext: SecureContext): Promise<void> {
    const plain = this.socket;
    this.isShaking = true;
    this.input.clear();
    plain.removeAllListeners('data').removeAllListeners('timeout').removeAllListeners('end');
    plain.removeAllListeners('close');
    plain.setTimeout(0);
    const secure = new TLSSocket(plain, { isServer: true, secureContext });
    this.socket = secure;
    this.listen(secure);
    await new Promise<void>((resolve, reject) => {
      secure.once('secure', resolve);
      secure.once('error', reject);
      secure.once('close', () => reject(new Error('the client left during the TLS handshake')));
    });
    this.isShaking = false;
  }

  private hear(chunk: Buffer): void {
    if (this.isOver) {
      this.lingered += chunk.length;
      if (this.lingered > LINGER.octets) this.socket.destroy();
      return;
    }
    this.input.push(chunk);
    if (this.isBusy) {
      if (this.input.waiting() > AHEAD) this.socket.pause();
      return;
    }
    this.advance();
  }

  /** Tells what has come, until something takes time or there is no more. */
  private advance(): void {
    while (!this.isOver && !this.isBusy) {
      const told = this.sink ? this.tellContent(this.sink) : this.tellLine();
      if (told === 'all') break;
      if (told) this.waitFor(told);
    }
    if (!this.isBusy && this.socket.isPaused()) this.socket.resume();
  }
  private waitFor(work: Promise<void>): void {
    this.isBusy = true;
    const go = () => {
      this.isBusy = false;
      this.advance();
    };
    work.then(go, (error: unknown) => {
      this.listener.fault(error);
      go();
    });
  }
  private tellLine(): Promise<void> | 'all' | undefined {
    const line = this.input.takeLine();
    return line ? this.listener.line(line) : 'all';
  }
  private tellContent(sink: ContentSink): Promise<void> | 'all' | undefined {
    if (this.input.waiting() === 0) return 'all';
    const { pieces, ended } = this.input.takeContent();
    let waiting: Promise<void> | undefined;
    for (const piece of pieces) {
      const pushed = waiting ? waiting.then(() => sink.push(piece)) : sink.push(piece);
      if (pushed) waiting = pushed;
    }
    if (!ended) return waiting;
    // The sink itself may have ended the connection: what it thinks of the rest is of no interest then.
    if (this.sink === sink) this.sink = undefined;
    return waiting ? waiting.then(() => sink.end()) : sink.end();
  }

  private close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.isOver = true;
    this.listener.closed();
  }
}
