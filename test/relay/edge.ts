import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Config, parseConfig } from '../../src/config.js';
import type { Db } from '../../src/db/db.js';
import { createRelay } from '../../src/relay/relay.js';
import { createSmtpEdge, type SmtpEdge, type SmtpEdgeOptions } from '../../src/relay/smtp-edge.js';
import type { SmtpUpstreamOptions } from '../../src/relay/smtp-upstream.js';
import { createUpstream } from '../../src/relay/upstream.js';
import type { TestApp } from '../harness/app.js';
import { RawClient, type ScriptedUpstream } from './peers.js';

export type EdgeWishes = Readonly<{
  /** Settings of the SMTP edge, as environment variables. */
  env?: Readonly<Record<string, string>>;
  options?: SmtpEdgeOptions;
  upstream?: SmtpUpstreamOptions;
  db?: Db;
  overTls?: boolean;
}>;

/** A second edge beside that of a test app, with settings and limits of its own. */
export class TestEdge {
  private constructor(
    readonly edge: SmtpEdge,
    readonly port: number,
    private readonly release: () => Promise<void>,
  ) {}

  static async start(app: TestApp, next: ScriptedUpstream, wishes: EdgeWishes = {}): Promise<TestEdge> {
    const given = parseConfig({ NODE_ENV: 'test', UPSTREAM_URL: next.url, ...wishes.env });
    const { smtp, smtpTls } = given;
    const config: Config = { ...app.deps.config, smtp, smtpTls };
    const deps = { ...app.deps, config, db: wishes.db ?? app.db };
    const upstream = createUpstream(deps, given.upstream, wishes.upstream);
    const relay = createRelay(deps, undefined, 0);
    const edge = createSmtpEdge(deps, upstream, relay, wishes.options);
    const port = await (wishes.overTls ? edge.listenTls(0) : edge.listen(0));
    return new TestEdge(edge, port, async () => {
      await edge.close();
      await relay.settled();
      await upstream.close();
    });
  }
  connect(): Promise<RawClient> {
    return RawClient.connect(this.port);
  }
  /** Greeting and EHLO, after `first` if there is something to say before the greeting. */
  async greeted(first?: string | Buffer): Promise<RawClient> {
    const client = await this.connect();
    if (first !== undefined) client.send(first);
    await client.reply();
    await client.command('EHLO client.example');
    return client;
  }
  close(): Promise<void> {
    return this.release();
  }
}

/** MAIL, RCPT, DATA and a mail of one line. @returns the codes, up to the first refusal */
export async function sendMail(client: RawClient, subject = 'x'): Promise<string[]> {
  const answers: string[] = [];
  const lines = [
    'MAIL FROM:<a@example.jp>',
    'RCPT TO:<b@example.com>',
    'DATA',
    `Subject: ${subject}\r\n\r\n.`,
  ];
  for (const line of lines) {
    const answer = (await client.command(line))[0] ?? 'hung up';
    answers.push(answer.slice(0, 9));
    if (!/^[23]/.test(answer)) break;
  }
  return answers;
}

/** A folder with a certificate authority of its own, and what it signs. */
export class TestAuthority {
  private readonly folder = mkdtempSync(join(tmpdir(), 'career-relay-ca-'));
  readonly caPath = join(this.folder, 'ca.pem');

  constructor() {
    this.openssl(
      'req',
      '-x509',
      ...this.newKey('ca'),
      '-out',
      this.caPath,
      '-days',
      '2',
      '-subj',
      '/CN=Test CA',
    );
  }
  private newKey(name: string): string[] {
    return [
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-keyout',
      this.keyPath(name),
    ];
  }
  private openssl(...args: string[]): void {
    execFileSync('openssl', args, { stdio: 'ignore' });
  }
  certPath(name: string): string {
    return join(this.folder, `${name}.pem`);
  }
  keyPath(name: string): string {
    return join(this.folder, `${name}.key`);
  }
  ca(): Buffer {
    return readFileSync(this.caPath);
  }
  /** Makes a key and a certificate for a host name, over those of that file name if there are any. */
  issue(name: string, host: string): Readonly<{ SMTP_TLS_CERT: string; SMTP_TLS_KEY: string }> {
    const ca = ['-CA', this.caPath, '-CAkey', this.keyPath('ca'), '-days', '2'];
    const subject = ['-subj', `/CN=${host}`, '-addext', `subjectAltName=DNS:${host}`];
    this.openssl('req', '-x509', ...this.newKey(name), '-out', this.certPath(name), ...ca, ...subject);
    return { SMTP_TLS_CERT: this.certPath(name), SMTP_TLS_KEY: this.keyPath(name) };
  }
  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
