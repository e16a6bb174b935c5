import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** A message to send: `fill` writes what differs from the last one. */
export type Letter = Readonly<{ from: string; to: string; content: Buffer }>;

export type LoadPlan = Readonly<{
  port: number;
  sessions: number;
  /** Whether a session keeps its connection, or makes one for each message. */
  reuse: boolean;
  /** Ends after so many messages, or so many seconds, whichever comes first. */
  messages: number;
  seconds: number;
  /** Ends it at once. */
  signal?: AbortSignal;
  /** Milliseconds that a session rests between two messages. */
  pause?: number;
  auth?: Readonly<{ username: string; password: string }>;
  /** The `number`th message, content dot-stuffed and ended by the final dot. */
  letter(number: number): Letter;
}>;

export type LoadFigures = Readonly<{
  /** Messages that were answered 250. */
  answered: number;
  /** Anything else that a message was answered, and connections that were lost. */
  failed: number;
  /** Times that a session was told 421 before it brought content: the message went over another connection at once. */
  sentAway: number;
  firstFailure?: string;
  seconds: number;
  perSecond: number;
  /** Milliseconds from MAIL to the answer to the final dot (on fresh connections: from connecting). */
  p50: number;
  p99: number;
}>;

/** The server would rather be asked over another connection (RFC 5321 §3.8). */
class SentAway extends Error {}

/** How often a session that is sent away comes back. */
const AGAIN = 3;

/** A client in lock-step, as smtp-source is: the next command leaves when the answer to the last is here. */
class Session {
  private socket: Socket | undefined;
  private heard = '';
  private resume: ((line: string) => void) | undefined;
  private broken: ((error: Error) => void) | undefined;

  constructor(private readonly plan: LoadPlan) {}

  private reply(): Promise<string> {
    return new Promise((resolve, reject) => {
      this.resume = resolve;
      this.broken = reject;
      this.take();
    });
  }
  /** Hands on the last line of the first reply that is whole. */
  private take(): void {
    const [reply = '', last] = /^(?:\d{3}-[^\n]*\n)*(\d{3} [^\n]*)\r\n/.exec(this.heard) ?? [];
    if (!last || !this.resume) return;
    this.heard = this.heard.slice(reply.length);
    const resume = this.resume;
    this.resume = undefined;
    this.broken = undefined;
    resume(last);
  }
  private async expect(code: string, bytes?: string | Buffer): Promise<void> {
    if (bytes !== undefined) this.socket!.write(bytes);
    const line = await this.reply();
    if (line.startsWith(code)) return;
    throw line.startsWith('421') ? new SentAway(line) : new Error(line);
  }
  async open(): Promise<void> {
    const socket = connect(this.plan.port, '127.0.0.1');
    socket.setNoDelay(true);
    this.heard = '';
    socket.on('data', (chunk) => {
      this.heard += chunk.toString('latin1');
      this.take();
    });
    const lost = (error: Error) => {
      if (this.socket === socket) this.broken?.(error);
    };
    socket.on('error', lost);
    socket.on('close', () => lost(new Error('the connection was closed')));
    socket.once('end', () => {
      if (this.socket === socket && !this.resume) this.socket = undefined;
    });
    this.socket = socket;
    await this.expect('220');
    await this.expect('250', 'EHLO bench.example\r\n');
    if (!this.plan.auth) return;
    const { username, password } = this.plan.auth;
    await this.expect(
      '235',
      `AUTH PLAIN ${Buffer.from(`\0${username}\0${password}`).toString('base64')}\r\n`,
    );
  }
  async send({ from, to, content }: Letter): Promise<void> {
    await this.expect('250', `MAIL FROM:<${from}>\r\n`);
    await this.expect('250', `RCPT TO:<${to}>\r\n`);
    await this.expect('354', 'DATA\r\n');
    // What is answered here is answered: a 421 to content is a failure.
    await this.expect('250', content).catch((error: Error) => {
      throw new Error(error.message);
    });
  }
  close(): void {
    const { socket } = this;
    this.socket = undefined;
    this.broken = undefined;
    socket?.removeAllListeners('data').removeAllListeners('close').resume().end('QUIT\r\n');
  }
  isOpen(): boolean {
    return this.socket !== undefined;
  }
}

function percentile(sorted: readonly number[], share: number): number {
  const value = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return Math.round(value * 100) / 100;
}

/** Sends messages over several sessions at once and measures. */
export async function runLoad(plan: LoadPlan): Promise<LoadFigures> {
  const times: number[] = [];
  let failed = 0;
  let sentAway = 0;
  let firstFailure: string | undefined;
  let next = 0;
  const sessions = Array.from({ length: plan.sessions }, () => new Session(plan));

  /** Whoever is sent away comes back at once, some times. */
  async function persist(session: Session, work: () => Promise<void>): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof SentAway) || tries === AGAIN) throw error;
        sentAway += 1;
        session.close();
      }
    }
  }
  const open = (session: Session) => persist(session, () => session.open());
  const sendOnce = (session: Session, letter: Letter) =>
    persist(session, async () => {
      if (!session.isOpen()) await session.open();
      await session.send(letter);
    });

  if (plan.reuse) await Promise.all(sessions.map(open));
  const begun = performance.now();
  const until = begun + plan.seconds * 1_000;

  async function work(session: Session): Promise<void> {
    while (next < plan.messages && performance.now() < until && !plan.signal?.aborted) {
      const letter = plan.letter(next++);
      const start = performance.now();
      try {
        await sendOnce(session, letter);
        times.push(performance.now() - start);
      } catch (error) {
        failed += 1;
        firstFailure ??= (error as Error).message;
        session.close();
      }
      if (!plan.reuse) session.close();
      if (plan.pause) await delay(plan.pause);
    }
  }
  await Promise.all(sessions.map(work));
  const seconds = (performance.now() - begun) / 1_000;
  for (const session of sessions) session.close();
  times.sort((one, other) => one - other);
  return {
    answered: times.length,
    failed,
    sentAway,
    ...(firstFailure ? { firstFailure } : {}),
    seconds: Math.round(seconds * 100) / 100,
    perSecond: Math.round(times.length / seconds),
    p50: percentile(times, 0.5),
    p99: percentile(times, 0.99),
  };
}
