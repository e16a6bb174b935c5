import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { BUILT, freePort } from './server-process.js';

/** The least that node:http can do: what ours is compared with. */
const BARE = `require('node:http').createServer((request, response) => {
  response.writeHead(302, { Location: 'http://127.0.0.1/join' + request.url, 'Content-Length': 0 });
  response.end();
}).listen(Number(process.env.PORT), '127.0.0.1');`;

export type BenchServer = Readonly<{ port: number; pid: number; stop(): Promise<void> }>;

async function untilAnswering(port: number, child: ChildProcess): Promise<void> {
  for (let attempt = 0; attempt < 300; attempt += 1) {
    if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode}`);
    const answered = await fetch(`http://127.0.0.1:${port}/readyz`, { redirect: 'manual' }).then(
      ({ status }) => status < 500,
      () => false,
    );
    if (answered) return;
    await delay(100);
  }
  throw new Error('the server does not answer');
}

async function start(args: readonly string[], env: Record<string, string>): Promise<BenchServer> {
  const port = await freePort();
  const child = spawn(process.execPath, args, {
    env: { PATH: process.env.PATH, ...env, PORT: String(port) },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  await untilAnswering(port, child);
  return {
    port,
    pid: child.pid!,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    },
  };
}

export function startBare(): Promise<BenchServer> {
  return start(['-e', BARE], {});
}

/** @param profile a directory for V8's profile of the processor time */
export function startOurs(env: Record<string, string>, profile?: string): Promise<BenchServer> {
  const profiling = profile ? ['--cpu-prof', `--cpu-prof-dir=${profile}`] : [];
  const secrets = {
    OPERATOR_KEY: 'operator-key-of-the-bench-0123456789abcdef',
    SECRET_KEY: 'secret-key-of-the-bench-0123456789abcdef',
  };
  const settings = { SMTP_PORT: '0', LOG_LEVEL: 'warn', ...secrets };
  return start([...profiling, ...BUILT, 'start'], { ...settings, ...env });
}
