import { until } from '../test/relay/arrival.js';
import { RawClient } from '../test/relay/peers.js';
import { freePort, Sink } from '../test/relay/sink.js';
import { FaultLine } from './fault-line.js';
import type { SinkRow } from './fault-rows.js';
import type { Attempt, Observed } from './fault-verdict.js';
import { type MailHook, startMailHook } from './mail-hook.js';

/** What a client does instead of waiting for the answer to a step. */
export type Leave = 'MAIL' | 'RCPT' | 'DATA' | 'half' | 'undotted' | '.';

/** A mail that can be told from all others; its last line shows a whole copy. */
export type Mail = Readonly<{ name: string; lastLine: string; content: string }>;

let made = 0;

/** @param padding octets that it is longer */
export function newMail(padding = 0): Mail {
  made += 1;
  const name = `fault-${made}`;
  const lastLine = `This is the last line of ${name}.`;
  const lines = [
    'From: recruit@aoba.example',
    'Subject: Your application',
    `Message-ID: <${name}@aoba.example>`,
    `X-Career-Relay-Candidate: ${name}`,
    '',
    'We regret to inform you that we will not be moving forward with your application.',
    ...Array.from({ length: Math.ceil(padding / 72) }, () => 'x'.repeat(70)),
    lastLine,
    '',
  ];
  return { name, lastLine, content: lines.join('\r\n') };
}

/** The hook, a well smtp-sink, one with a fault while a row asks for it, and the line that leads to either. */
export class FaultStage {
  private faulty: Sink | undefined;

  private constructor(
    readonly hook: MailHook,
    readonly line: FaultLine,
    private readonly well: Sink,
    private readonly wellPort: number,
  ) {}

  /** @param program see `startMailHook` */
  static async start(program?: readonly string[]): Promise<FaultStage> {
    const line = await FaultLine.start();
    const wellPort = await freePort();
    const well = await Sink.start([], wellPort);
    line.route(wellPort);
    return new FaultStage(await startMailHook(line.port, program), line, well, wellPort);
  }
  async stop(): Promise<void> {
    await this.hook.stop();
    await this.line.close();
    await this.faulty?.stop();
    await this.well.stop();
  }

  /** A hook without upstream connections, and a well line. */
  async clear(): Promise<void> {
    this.line.onCommand = () => undefined;
    this.line.onReply = () => undefined;
    await this.line.cut();
    await this.faulty?.stop();
    this.faulty = undefined;
    this.heal();
  }
  /** New connections lead to the well sink. */
  heal(): void {
    this.line.route(this.wellPort);
  }
  /** Starts a sink with a fault. @returns its port */
  async fault(flags: readonly string[]): Promise<number> {
    const port = await freePort();
    this.faulty = await Sink.start(flags, port);
    return port;
  }
  /** New connections lead to a sink with a fault. */
  async break(flags: readonly string[]): Promise<void> {
    this.line.route(await this.fault(flags));
  }

  copies({ lastLine }: Mail): number {
    return this.well.copies(lastLine) + (this.faulty?.copies(lastLine) ?? 0);
  }
  /** Sends until something is refused, the server hangs up, or the client leaves. @returns the last word */
  async send(mail: Mail, leave?: Leave): Promise<Attempt> {
    const client = await RawClient.connect(this.hook.port);
    await client.signIn(this.hook.auth);
    const commands: [step: Leave, bytes: string][] = [
      ['MAIL', 'MAIL FROM:<recruit@aoba.example>\r\n'],
      ['RCPT', 'RCPT TO:<taro@example.com>\r\n'],
      ['DATA', 'DATA\r\n'],
      ['half', mail.content.slice(0, mail.content.length / 2)],
      ['undotted', mail.content.slice(mail.content.length / 2)],
      ['.', '.\r\n'],
    ];
    const codes: string[] = [];
    let last = { step: '', reply: '' };
    for (const [step, bytes] of commands) {
      await client.flush(bytes);
      if (step === leave) {
        client.socket.end();
        return { codes, step, reply: 'left' };
      }
      if (step === 'half' || step === 'undotted') continue;
      last = { step, reply: (await client.reply())[0] ?? 'hung up' };
      codes.push(/^\d{3}/.exec(last.reply)?.[0] ?? '–');
      if (!/^[23]/.test(last.reply)) break;
    }
    client.close();
    return { codes, ...last };
  }
  /** Begins a mail and gives it up. */
  async abandon(): Promise<void> {
    const client = await RawClient.connect(this.hook.port);
    await client.signIn(this.hook.auth);
    for (const line of ['MAIL FROM:<a@aoba.example>', 'RCPT TO:<b@example.com>', 'RSET', 'QUIT']) {
      await client.command(line);
    }
    client.close();
  }
  /** What is to be seen of a mail when its rows are closed. */
  async observe(mail: Mail, attempts: readonly Attempt[]): Promise<Observed> {
    const journal = await until('closed rows', async () => {
      const outcomes = await this.hook.outcomes(mail.name);
      return outcomes.includes('forwarding') ? undefined : outcomes;
    });
    return { attempts, arrived: this.copies(mail), journal };
  }

  /** Plays a row of the matrix. */
  async play(row: SinkRow): Promise<Observed> {
    await this.clear();
    const port = await this.fault(row.flags);
    if (row.line === 'fresh' || row.abandonsFirst) this.line.route(port);
    if (row.abandonsFirst) await this.abandon();
    else if (row.line !== 'fresh') await this.lead(row, port);
    const mail = newMail();
    return this.observe(mail, [await this.send(mail)]);
  }
  /** Lets a mail pass, and leads what comes after it to the fault. */
  private async lead({ atConnecting, line }: SinkRow, port: number): Promise<void> {
    const { step, reply } = await this.send(newMail());
    if (step !== '.' || !reply.startsWith('250')) throw new Error(`the mail before: ${step} ${reply}`);
    if (this.line.count() !== 1) throw new Error(`${this.line.count()} connections stand instead of one`);
    if (!atConnecting) await this.line.takeOver(port);
    if (line === 'reused') this.line.route(port);
  }
}
