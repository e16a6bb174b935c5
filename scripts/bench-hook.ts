import { readdirSync, readFileSync } from 'node:fs';
import type { Bench } from './bench-database.js';
import { BUILT, freePort, type ServerProcess, startServer } from './server-process.js';

const OPERATOR_KEY = 'operator-key-of-the-bench-0123456789abcdef';

export type BenchHook = Readonly<{
  server: ServerProcess;
  auth: Readonly<{ username: string; password: string }>;
}>;

/** A server's process and those that it has started for its roles. */
function processesOf({ pid }: ServerProcess['process']): string[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  return [String(pid), ...children.split(' ').filter((child) => child !== '')];
}

/** Resident megabytes of a server, now and at most so far, all its processes together; proc(5). */
export function memoryOf(server: ServerProcess['process']): { now: number; peak: number } {
  const statuses = processesOf(server).map((pid) => readFileSync(`/proc/${pid}/status`, 'utf8'));
  const megabytes = (field: string) => {
    const kilobytes = statuses.map((status) => Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)![1]));
    return Math.round(kilobytes.reduce((sum, one) => sum + one, 0) / 1024);
  };
  return { now: megabytes('VmRSS'), peak: megabytes('VmHWM') };
}

/** Seconds of processor time that a server has taken, all its processes together. */
export function processorTime(server: ServerProcess['process']): number {
  return processesOf(server).reduce((sum, pid) => sum + timeOf(pid), 0);
}

/** Seconds that PostgreSQL's processes for a database of this machine have taken; those that have ended are not seen. */
export function postgresTime(database: string): number {
  let seconds = 0;
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      if (command.startsWith('postgres:') && command.includes(database)) seconds += timeOf(pid);
    } catch {
      // It has ended meanwhile.
    }
  }
  return seconds;
}

/** proc(5), fields 14 and 15, in hundredths. */
function timeOf(pid: string): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const [user, system] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 13)
    .map(Number);
  return (user! + system!) / 100;
}

/**
 * Starts the built program with a company that may send through it, by AUTH and from loopback without.
 * @param nodeOptions what Node is given besides
 */
export async function startHook(
  bench: Bench,
  sinkPort: number,
  nodeOptions: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<BenchHook> {
  const settings = {
    ...bench.env,
    OPERATOR_KEY,
    LOG_LEVEL: 'warn',
    UPSTREAM_URL: `smtp://127.0.0.1:${sinkPort}`,
    // One client with one credential sends all there is.
    SMTP_RATE: '100000000',
    SMTP_MAX_CONNECTIONS_PER_ADDRESS: '1000',
    ...env,
  };
  const ports = { http: await freePort(), smtp: await freePort() };
  const first = await startServer(settings, ports);
  const auth = await makeSender(first.baseUrl);
  await first.stop();
  const networks = { SMTP_NETWORKS: `127.0.0.0/8=${auth.username}` };
  const server = await startServer({ ...settings, ...networks }, ports, [...nodeOptions, ...BUILT]);
  return { server, auth };
}

async function makeSender(baseUrl: string): Promise<BenchHook['auth']> {
  async function call<Answer>(path: string, body: unknown): Promise<Answer> {
    const response = await fetch(`${baseUrl}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${OPERATOR_KEY}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as Answer;
  }
  const { id } = await call<{ id: string }>('/v1/companies', { name: '株式会社青葉製作所' });
  return call<BenchHook['auth']>(`/v1/companies/${id}/credentials`, { kind: 'smtp' });
}
