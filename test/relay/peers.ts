import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** Lines of a connection, in the order they came, for whoever asks next. */
class LineQueue {
  private readonly lines: string[] = [];
  private readonly waiting: ((line: string | undefined) => void)[] = [];
  private ended = false;

  push(line: string): void {
    const next = this.waiting.shift();
    if (next) next(line);
    else this.lines.push(line);
  }
  end(): void {
    this.ended = true;
    for (const next of this.waiting.splice(0)) next(undefined);
  }
  /** @returns undefined once the other side is gone */
  async next(): Promise<string | undefined> {
    const line = this.lines.shift();
    if (line !== undefined || this.ended) return line;
    return new Promise((resolve) => this.waiting.push(resolve));
  }
}

/** A client that sends exactly the bytes it is told to. */
export class RawClient {
  private readonly lines = new LineQueue();
  private rest = '';

  private constructor(readonly socket: Socket) {
    socket.on('data', (chunk) => {
      const parts = (this.rest + chunk.toString('latin1')).split('\r\n');
      this.rest = parts.pop()!;
      for (const part of parts) this.lines.push(part);
    });
    socket.on('error', () => {});
    socket.on('close', () => this.lines.end());
  }
  static async connect(port: number, host = '127.0.0.1'): Promise<RawClient> {
    const socket = connect(port, host);
    socket.setNoDelay(true);
    await once(socket, 'connect');
    const client = new RawClient(socket);
    return client;
  }
  /** A client on a connection that stands already, such as one under TLS. */
  static over(socket: Socket): RawClient {
    return new RawClient(socket);
  }
  /** Gives the connection up to somebody who goes on with it. */
  detach(): Socket {
    this.socket.removeAllListeners('data');
    return this.socket;
  }
  send(bytes: string | Buffer): void {
    this.socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
  }
  /** Resolves when the bytes have left: what is sent next is a segment of its own. */
  async flush(bytes: string): Promise<void> {
    await new Promise<void>((resolve) => this.socket.write(bytes, 'latin1', () => setImmediate(resolve)));
  }
  /** Sends each byte in a segment of its own. */
  async sendSlowly(bytes: Buffer): Promise<void> {
    for (const byte of bytes) {
      await new Promise<void>((resolve) =>
        this.socket.write(Buffer.from([byte]), () => setImmediate(resolve)),
      );
    }
  }
  line(): Promise<string | undefined> {
    return this.lines.next();
  }
  /** The next reply: its lines as they came; empty when the server hung up. */
  async reply(): Promise<string[]> {
    const lines: string[] = [];
    for (let line = await this.line(); line !== undefined; line = await this.line()) {
      lines.push(line);
      if (line[3] !== '-') break;
    }
    return lines;
  }
  async command(line: string): Promise<string[]> {
    this.send(`${line}\r\n`);
    return this.reply();
  }
  /** Greeting, EHLO and AUTH PLAIN. */
  async signIn({ username, password }: Readonly<{ username: string; password: string }>): Promise<string[]> {
    await this.reply();
    const offered = await this.command('EHLO client.example');
    await this.command(`AUTH PLAIN ${Buffer.from(`\0${username}\0${password}`).toString('base64')}`);
    return offered;
  }
  close(): void {
    this.socket.destroy();
  }
}

export type Received = Readonly<{ mail: string; rcpt: readonly string[]; content: Buffer }>;

/** What a scripted server does instead of its usual answer: bytes to write, and whether to hang up then. */
export type Act = string | Readonly<{ say?: string; hangUp: true }>;
export type Script = (command: string, connection: number) => Act | undefined | Promise<Act | undefined>;

const USUAL: Readonly<Record<string, string>> = {
  connect: '220 upstream.example ESMTP',
  HELO: '250 upstream.example',
  MAIL: '250 2.1.0 Ok',
  RCPT: '250 2.1.5 Ok',
  DATA: '354 Go ahead',
  '.': '250 2.0.0 Ok: queued as ABC',
  RSET: '250 2.0.0 Ok',
  NOOP: '250 2.0.0 Ok',
  QUIT: '221 2.0.0 Bye',
};

/** An SMTP server that keeps what arrives, byte for byte, and misbehaves as it is told. */
export class ScriptedUpstream {
  readonly commands: string[] = [];
  readonly received: Received[] = [];
  /** Every byte that came, in the order of arrival, with the number of its connection. */
  readonly heard: { connection: number; bytes: Buffer }[] = [];
  connections = 0;
  script: Script = () => undefined;
  offers = ['8BITMIME', 'SMTPUTF8', 'DSN', 'ENHANCEDSTATUSCODES', 'SIZE 0'];
  private readonly sockets = new Set<Socket>();

  private constructor(private readonly server: Server) {}

  static async start(): Promise<ScriptedUpstream> {
    const server = createServer();
    const upstream = new ScriptedUpstream(server);
    server.on('connection', (socket) => void upstream.serve(socket));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return upstream;
  }
  get port(): number {
    return (this.server.address() as { port: number }).port;
  }
  get url(): string {
    return `smtp://127.0.0.1:${this.port}`;
  }
  /** Resolves when nobody is connected any more. */
  async idle(): Promise<void> {
    for (const socket of [...this.sockets]) if (!socket.closed) await once(socket, 'close');
  }
  hangUpAll(): void {
    for (const socket of this.sockets) socket.destroy();
  }
  async close(): Promise<void> {
    this.hangUpAll();
    this.server.close();
    await once(this.server, 'close');
  }

  private async act(socket: Socket, command: string, connection: number): Promise<string> {
    const verb = command.split(/[ :]/, 1)[0]!.toUpperCase();
    const ehlo = ['upstream.example', ...this.offers];
    const usual =
      verb === 'EHLO'
        ? ehlo.map((text, index) => `250${index < ehlo.length - 1 ? '-' : ' '}${text}`).join('\r\n')
        : (USUAL[command] ?? USUAL[verb] ?? '500 5.5.1 What?');
    const act = (await this.script(command, connection)) ?? usual;
    const said = typeof act === 'string' ? act : (act.say ?? '');
    if (said) socket.write(Buffer.from(said.endsWith('\n') ? said : `${said}\r\n`, 'latin1'));
    if (typeof act !== 'string') socket.destroySoon();
    return said;
  }

  private async serve(socket: Socket): Promise<void> {
    this.connections += 1;
    const connection = this.connections;
    this.sockets.add(socket);
    socket.on('close', () => this.sockets.delete(socket)).on('error', () => {});
    let mail = '';
    let rcpt: string[] = [];
    let inData = false;
    let rest = Buffer.alloc(0);
    await this.act(socket, 'connect', connection);
    try {
      for await (const chunk of socket) {
        this.heard.push({ connection, bytes: chunk as Buffer });
        rest = Buffer.concat([rest, chunk as Buffer]);
        for (;;) {
          if (inData) {
            const empty = rest.subarray(0, 3).equals(Buffer.from('.\r\n'));
            const end = empty ? -2 : rest.indexOf('\r\n.\r\n');
            if (!empty && end < 0) break;
            const content = rest
              .subarray(0, end + 2)
              .toString('latin1')
              .replace(/(^|\r\n)\./g, '$1');
            rest = rest.subarray(end + 5);
            inData = false;
            const said = await this.act(socket, '.', connection);
            // A server that hangs up after the dot may well have kept the message.
            if (said === '' || said.startsWith('2')) {
              this.received.push({ mail, rcpt, content: Buffer.from(content, 'latin1') });
            }
            continue;
          }
          const end = rest.indexOf('\n');
          if (end < 0) break;
          const command = rest.toString('latin1', 0, end).replace(/\r$/, '');
          rest = rest.subarray(end + 1);
          this.commands.push(command);
          const said = await this.act(socket, command, connection);
          if (/^MAIL/i.test(command)) [mail, rcpt] = [command, []];
          if (/^RCPT/i.test(command) && said.startsWith('2')) rcpt = [...rcpt, command];
          inData = /^DATA/i.test(command) && said.startsWith('354');
        }
      }
    } catch {
      // The other side hung up, as some tests want it to.
    }
  }
}
