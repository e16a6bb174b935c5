/**
 * Installs from a fresh clone by docs/operations.md alone, on each of its ways, and shows that each serves: a company, a
 * mail through the hook, its link, the doctor. The shell lines are the guide's own; what a machine must differ in (ports,
 * the name of the database) is replaced in them.
 *
 *   npm run install:trial                  (--way embedded|postgresql|roles; --json)
 *
 * Needs git, PostgreSQL (PGHOST, PGPORT, PGUSER as for psql; default 127.0.0.1 as postgres) and Redis (REDIS_URL).
 */
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { shellUnder } from './guide-blocks.js';
import { freePort } from './server-process.js';
import { tryOut } from './try-out.js';

const ROOT = new URL('..', import.meta.url).pathname;
const GUIDE = 'docs/operations.md';
const WAYS = {
  embedded: 'One process, embedded database',
  postgresql: 'PostgreSQL and Redis',
  roles: 'A process for each role',
} as const;
type Way = keyof typeof WAYS;

const { values } = parseArgs({ options: { way: { type: 'string' }, json: { type: 'boolean' } } });
const postgres = { PGHOST: '127.0.0.1', PGPORT: '5432', PGUSER: 'postgres', ...process.env };
const redisUrl = process.env.REDIS_URL ?? 'redis://127.0.0.1:6379';

type Ports = Readonly<{ http: number; smtp: number; status: readonly number[] }>;

/** The guide's lines with this trial's ports, database and clone. */
function linesOf(way: Way, clone: string, database: string, ports: Ports): string {
  const url = `postgres://${postgres.PGUSER}@${postgres.PGHOST}:${postgres.PGPORT}/${database}`;
  const lines = shellUnder(join(clone, GUIDE), WAYS[way])
    .replaceAll('postgres://postgres@127.0.0.1:5432/career_relay', url)
    .replaceAll('createdb career_relay', `createdb ${database}`)
    .replaceAll('redis://127.0.0.1:6379', redisUrl)
    .replaceAll(/STATUS_PORT=909([123])/g, (_, number) => `STATUS_PORT=${ports.status[Number(number) - 1]}`);
  // The last lines of the roles' way run behind the shell: it stays with them.
  return way === 'roles' ? `${lines}\nwait` : lines;
}

async function untilReady(port: number, ended: () => string | undefined): Promise<void> {
  for (;;) {
    const reason = ended();
    if (reason !== undefined) throw new Error(reason);
    const ready = await fetch(`http://127.0.0.1:${port}/readyz`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (ready) return;
    await delay(200);
  }
}
async function untilListening(port: number): Promise<void> {
  for (;;) {
    const there = await new Promise<boolean>((resolve) => {
      const socket = createConnection(port, '127.0.0.1');
      const end = (found: boolean) => {
        socket.destroy();
        resolve(found);
      };
      socket.once('connect', () => end(true)).once('error', () => end(false));
    });
    if (there) return;
    await delay(100);
  }
}

function doctor(clone: string, env: NodeJS.ProcessEnv): string {
  const out = execFileSync('sh', ['-c', 'node dist/main.js doctor --json || true'], {
    cwd: clone,
    env,
    encoding: 'utf8',
  });
  const findings = JSON.parse(out) as { check: string; status: string; found: string }[];
  const failing = findings.filter(({ status }) => status === 'fail');
  if (failing.length > 0)
    throw new Error(`doctor: ${failing.map(({ check, found }) => `${check}: ${found}`).join('; ')}`);
  return `doctor ${findings.filter(({ status }) => status === 'ok').length} ok, ${findings.filter(({ status }) => status === 'warn').length} to look at`;
}

async function trial(way: Way): Promise<Readonly<{ way: Way; seconds: number; seen: string }>> {
  const directory = mkdtempSync(join(tmpdir(), 'career-relay-install-'));
  const clone = join(directory, 'career-relay');
  const database = `career_relay_install_${process.pid}_${way}`;
  const ports: Ports = {
    http: await freePort(),
    smtp: await freePort(),
    status: [await freePort(), await freePort(), await freePort()],
  };
  const began = performance.now();
  execFileSync('git', ['clone', '--quiet', ROOT, clone]);
  const env = {
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    PGHOST: postgres.PGHOST,
    PGPORT: postgres.PGPORT,
    PGUSER: postgres.PGUSER,
    PORT: String(ports.http),
    SMTP_PORT: String(ports.smtp),
    BASE_URL: `http://127.0.0.1:${ports.http}`,
  };
  // A group of its own, so that what the shell started ends with it.
  const shell = spawn('bash', ['-euo', 'pipefail', '-c', linesOf(way, clone, database, ports)], {
    cwd: clone,
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let printed = '';
  for (const stream of [shell.stdout, shell.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      printed += chunk.toString();
    });
  }
  const exited = new Promise<void>((resolve) => shell.once('exit', () => resolve()));
  const ended = () =>
    shell.exitCode === null ? undefined : `the guide's lines ended with ${shell.exitCode}:\n${printed}`;
  try {
    await untilReady(ports.http, ended);
    await untilListening(ports.smtp);
    const key = await keyOf(shell.pid!, () => printed);
    const seen = await tryOut(ports, key);
    const seconds = Math.round((performance.now() - began) / 1_000);
    return { way, seconds, seen: `${seen}; ${doctor(clone, { ...env, ...environmentOf(shell.pid!) })}` };
  } finally {
    if (shell.exitCode === null) process.kill(-shell.pid!, 'SIGTERM');
    await exited;
    await delay(500);
    if (way !== 'embedded')
      execFileSync('dropdb', ['--if-exists', '--force', database], { env: { ...process.env, ...env } });
    rmSync(directory, { recursive: true, force: true });
  }
}

/** What the guide's lines have set, as the processes that they started see it. */
function environmentOf(shell: number): Record<string, string> {
  const children = execFileSync('pgrep', ['-g', String(shell)], { encoding: 'utf8' })
    .trim()
    .split('\n');
  const wanted = ['DATABASE_URL', 'REDIS_URL', 'SECRET_KEY', 'OPERATOR_KEY', 'DATA_DIR'];
  const found: Record<string, string> = {};
  for (const pid of children) {
    const lines = execFileSync('cat', [`/proc/${pid}/environ`], { encoding: 'utf8' }).split('\0');
    for (const line of lines) {
      const [name = '', ...value] = line.split('=');
      if (wanted.includes(name)) found[name] = value.join('=');
    }
  }
  return found;
}

/** The operator's key: printed, which may come a moment after it is ready, or set by the guide's lines. */
async function keyOf(shell: number, printed: () => string): Promise<string> {
  for (let tries = 0; tries < 200; tries += 1) {
    const key = /Operator key[^:]*: (\S+)/.exec(printed())?.[1] ?? environmentOf(shell).OPERATOR_KEY;
    if (key) return key;
    await delay(100);
  }
  throw new Error('no operator key was printed, and none was set');
}

const ways = values.way ? [values.way as Way] : (Object.keys(WAYS) as Way[]);
for (const way of ways) {
  const result = await trial(way);
  console.log(
    values.json
      ? JSON.stringify(result)
      : `${way.padEnd(10)}  ${result.seconds} s from the clone; ${result.seen}`,
  );
}
