import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BUILT, freePort, type ServerProcess, startServer } from './server-process.js';

const OPERATOR_KEY = 'operator-key-of-the-mail-proof-0123456789';

export type Outcome = 'forwarding' | 'delivered' | 'refused' | 'failed' | 'ambiguous';

/** The program as a process of its own on the embedded database, with a company that may send through it. */
export type MailHook = Readonly<{
  /** Where it listens for mail; another one after a restart. */
  readonly port: number;
  readonly process: ServerProcess['process'];
  auth: Readonly<{ username: string; password: string }>;
  /** What its journal says of the mails with this `X-Career-Relay-Candidate`, oldest first. */
  outcomes(candidate: string): Promise<Outcome[]>;
  /** Ends it with SIGKILL and waits until it is gone. */
  kill(): Promise<void>;
  /** Starts it again on the same data. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}>;

/** @param nextPort where its next mail server listens. @param program the built one, or `FROM_SOURCE` */
export async function startMailHook(nextPort: number, program: readonly string[] = BUILT): Promise<MailHook> {
  const dataDir = mkdtempSync(join(tmpdir(), 'career-relay-hook-'));
  const env = {
    DATA_DIR: dataDir,
    OPERATOR_KEY,
    LOG_LEVEL: 'fatal',
    UPSTREAM_URL: `smtp://127.0.0.1:${nextPort}`,
    SMTP_RATE: '1000000',
  };
  const start = async () => startServer(env, { http: await freePort(), smtp: await freePort() }, program);
  let server: ServerProcess = await start();

  async function call<Answer>(path: string, body?: unknown): Promise<Answer> {
    const response = await fetch(`${server.baseUrl}/v1/companies${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { authorization: `Bearer ${OPERATOR_KEY}`, 'content-type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as Answer;
  }
  const { id } = await call<{ id: string }>('', { name: '株式会社青葉製作所' });
  const auth = await call<MailHook['auth']>(`/${id}/credentials`, { kind: 'smtp' });

  return {
    get port() {
      return server.smtpPort;
    },
    get process() {
      return server.process;
    },
    auth,
    async outcomes(candidate) {
      type Page = { messages: { externalId: string | null; outcome: Outcome }[] };
      const { messages } = await call<Page>(`/${id}/messages`);
      return messages
        .filter(({ externalId }) => externalId === candidate)
        .map(({ outcome }) => outcome)
        .reverse();
    },
    async kill() {
      await server.stop('SIGKILL');
    },
    async restart() {
      server = await start();
    },
    async stop() {
      await server.stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
