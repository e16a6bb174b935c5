import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from './server-process.js';

/** One process of a fleet, which can be stopped and started again on the same ports. */
export type RoleProcess = Readonly<{
  name: string;
  httpPort: number;
  smtpPort: number;
  statusPort: number;
  start(): Promise<void>;
  /** @returns its exit code, and the seconds from the signal to its end */
  stop(signal?: NodeJS.Signals): Promise<Readonly<{ code: number | null; seconds: number }>>;
}>;

async function untilReady(child: ChildProcess, port: number, printed: () => string): Promise<void> {
  for (let tries = 0; tries < 1_200; tries += 1) {
    if (child.exitCode !== null) throw new Error(`the process ended with ${child.exitCode}:\n${printed()}`);
    const ready = await fetch(`http://127.0.0.1:${port}/readyz`, { headers: { connection: 'close' } }).then(
      ({ ok }) => ok,
      () => false,
    );
    if (ready) return;
    await delay(50);
  }
  throw new Error(`the process is not ready after a minute:\n${printed()}`);
}

/** @param program what Node is given to run it */
export async function roleProcess(
  name: string,
  roles: string,
  env: Readonly<Record<string, string>>,
  program: readonly string[],
): Promise<RoleProcess> {
  const [httpPort, smtpPort, statusPort] = [await freePort(), await freePort(), await freePort()];
  let child: ChildProcess | undefined;
  return {
    name,
    httpPort,
    smtpPort,
    statusPort,
    async start() {
      let printed = '';
      const started = spawn(process.execPath, [...program, 'start'], {
        env: {
          PATH: process.env.PATH,
          ...env,
          ROLES: roles,
          PORT: String(httpPort),
          SMTP_PORT: String(smtpPort),
          STATUS_PORT: String(statusPort),
        },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      child = started;
      for (const stream of [started.stdout, started.stderr]) {
        stream.on('data', (chunk: Buffer) => {
          printed = (printed + chunk.toString()).slice(-8_000);
        });
      }
      await untilReady(started, statusPort, () => printed);
    },
    async stop(signal = 'SIGTERM') {
      const began = performance.now();
      const stopping = child;
      if (stopping && stopping.exitCode === null && stopping.signalCode === null) {
        const ended = new Promise((resolve) => stopping.once('exit', resolve));
        stopping.kill(signal);
        await ended;
      }
      const seconds = Math.round((performance.now() - began) / 100) / 10;
      return { code: stopping?.exitCode ?? null, seconds };
    },
  };
}
