import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** What Node is given to run the program as built. */
export const BUILT = [new URL('../dist/main.js', import.meta.url).pathname];
/** What tests run: as built where that is what the source says, else from the source, which takes seconds to start. */
export const FROM_SOURCE = process.env.CR_TEST_BUILT
  ? BUILT
  : ['--import', 'tsx', new URL('../src/main.ts', import.meta.url).pathname];

/** The wanted port if it is free, else one that is. */
export function freePort(wanted = 0): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', () => (wanted === 0 ? reject(new Error('no free port')) : resolve(freePort())));
    probe.listen(wanted, () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });
}

/** Tests bring a migrated embedded database to copy: making one anew takes a process seconds. */
export function copyEmbedded(dataDir: string): void {
  const prepared = process.env.CR_TEST_PGLITE_DIRECTORY;
  const place = join(dataDir, 'pgdata');
  if (prepared && !existsSync(place)) cpSync(prepared, place, { recursive: true });
}

export type ServerProcess = Readonly<{
  process: ChildProcess;
  baseUrl: string;
  smtpPort: number;
  /** Ends it as an administrator would and waits; with SIGKILL as a crash would. */
  stop(signal?: 'SIGTERM' | 'SIGKILL'): Promise<number | null>;
}>;

/**
 * Starts the program as its own process and waits until it is ready.
 * @throws Error with what it printed when it ends before
 */
export async function startServer(
  env: Readonly<Record<string, string>>,
  ports: { http: number; smtp: number },
  program: readonly string[] = BUILT,
): Promise<ServerProcess> {
  if (env.DATA_DIR && !env.DATABASE_URL) copyEmbedded(env.DATA_DIR);
  const baseUrl = env.BASE_URL ?? `http://localhost:${ports.http}`;
  const child = spawn(process.execPath, [...program, 'start'], {
    env: { PATH: process.env.PATH, ...env, PORT: String(ports.http), SMTP_PORT: String(ports.smtp) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let printed = '';
  const keep = (chunk: Buffer) => {
    printed = (printed + chunk.toString()).slice(-8_000);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  for (let tries = 0; ; tries += 1) {
    if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode}:\n${printed}`);
    const ready = await fetch(`http://127.0.0.1:${ports.http}/readyz`).then(
      (response) => response.ok,
      () => false,
    );
    if (ready) break;
    if (tries > 600) throw new Error(`the server is not ready after a minute:\n${printed}`);
    await delay(100);
  }
  return {
    process: child,
    baseUrl,
    smtpPort: ports.smtp,
    stop(signal = 'SIGTERM') {
      child.kill(signal);
      return ended;
    },
  };
}
