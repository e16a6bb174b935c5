import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

type Standing = { hook: Socket; next: Socket };
/** What is done with bytes on their way: they go on unless it says `keep`. */
export type Watch = (bytes: string, standing: Standing) => 'keep' | undefined;

/** What is said to somebody who was hung up on is lost. */
function pass(chunk: Buffer, to: Socket): void {
  if (to.writable) to.write(chunk);
}

/** Reads one reply of an SMTP server. @throws Error when it hangs up before */
async function replyOf(socket: Socket): Promise<void> {
  let heard = '';
  for (;;) {
    const [chunk] = (await Promise.race([
      once(socket, 'data'),
      once(socket, 'close').then(() => {
        throw new Error('the server hung up before it answered');
      }),
    ])) as [Buffer];
    heard += chunk.toString('latin1');
    if (/(^|\n)\d{3} [^\n]*\r\n$/.test(heard)) return;
  }
}

/**
 * The line between the hook and its next mail server, in a test's hand: where new connections lead, what becomes of those
 * that stand, and when it breaks. Bytes are never changed.
 */
export class FaultLine {
  private readonly standing = new Set<Standing>();
  private target = 0;
  /** Looks at what the next server says, before the hook has it. */
  onReply: Watch = () => undefined;
  /** Looks at what the hook says, before the next server has it. */
  onCommand: Watch = () => undefined;

  private constructor(private readonly server: Server) {}

  static async start(): Promise<FaultLine> {
    const server = createServer();
    const line = new FaultLine(server);
    server.on('connection', (hook) => line.accept(hook));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return line;
  }
  get port(): number {
    return (this.server.address() as { port: number }).port;
  }

  private accept(hook: Socket): void {
    hook.setNoDelay(true);
    const standing = { hook, next: connect(this.target, '127.0.0.1') };
    this.standing.add(standing);
    hook
      .on('error', () => {})
      .on('data', (chunk) => {
        if (this.onCommand(chunk.toString('latin1'), standing) !== 'keep') pass(chunk, standing.next);
      });
    hook.on('close', () => {
      this.standing.delete(standing);
      standing.next.destroy();
    });
    this.listenTo(standing);
  }
  private listenTo(standing: Standing): void {
    const { hook, next } = standing;
    next.setNoDelay(true);
    next
      .on('error', () => {})
      .on('data', (chunk) => {
        if (this.onReply(chunk.toString('latin1'), standing) !== 'keep') pass(chunk, hook);
      });
    next.on('close', () => hook.end());
  }

  /** Where connections from now on lead. */
  route(port: number): void {
    this.target = port;
  }
  /** The standing connections, idle between mails, go on at another server; the hook does not notice. */
  async takeOver(port: number): Promise<void> {
    for (const standing of this.standing) {
      const next = connect(port, '127.0.0.1').on('error', () => {});
      await replyOf(next);
      next.write('EHLO hook.example\r\n');
      await replyOf(next);
      standing.next.removeAllListeners('close').destroy();
      standing.next = next.removeAllListeners();
      this.listenTo(standing);
    }
  }
  /** Says something to the hook out of turn, as servers do before they hang up. */
  say(words: string): void {
    for (const { hook } of this.standing) hook.write(`${words}\r\n`);
  }
  /** How many connections the hook keeps. */
  count(): number {
    return this.standing.size;
  }
  /** Ends the standing connections as an idle server does, and waits until the hook has let go of them. */
  async cut(): Promise<void> {
    for (const { hook } of [...this.standing]) {
      hook.end();
      if (!hook.closed) await once(hook, 'close');
    }
  }
  async close(): Promise<void> {
    for (const { hook } of this.standing) hook.destroy();
    this.server.close();
    await once(this.server, 'close');
  }
}
