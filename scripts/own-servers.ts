import { execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmdirSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from './server-process.js';

const ROOT = '/usr/lib/postgresql';

function binaries(): string | undefined {
  if (!existsSync(ROOT)) return undefined;
  const newest = readdirSync(ROOT).sort((left, right) => Number(right) - Number(left))[0];
  return newest === undefined ? undefined : join(ROOT, newest, 'bin');
}

/** Whether servers of one's own can be made here: PostgreSQL's and Redis's programs are installed. */
export function canOwnServers(): boolean {
  return binaries() !== undefined && existsSync('/usr/bin/redis-server');
}

const execute = promisify(execFile);

/** PostgreSQL refuses to run as root. */
async function asPostgres(program: string, args: readonly string[]): Promise<void> {
  const root = process.getuid?.() === 0;
  const [command, ...before] = root ? ['runuser', '-u', 'postgres', '--', program] : [program];
  await execute(command!, [...before, ...args], { cwd: '/' });
}

/** A server that can be stopped as by a crash and started again on the same data. */
export type OwnServer = Readonly<{ url: string; start(): Promise<void>; stop(): Promise<void> }>;

/** A PostgreSQL cluster of its own below `directory`, running. */
export async function ownPostgres(directory: string): Promise<OwnServer & { freeze(frozen: boolean): void }> {
  const bin = binaries()!;
  const data = join(directory, 'postgres');
  const port = await freePort();
  mkdirSync(data);
  if (process.getuid?.() === 0) {
    const id = Number(execFileSync('id', ['-u', 'postgres'], { encoding: 'utf8' }));
    chownSync(data, id, id);
  }
  await asPostgres(join(bin, 'initdb'), ['-D', data, '-U', 'postgres', '-A', 'trust', '--no-sync']);
  const options = `-p ${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=${data}`;
  const control = (...args: string[]) => asPostgres(join(bin, 'pg_ctl'), ['-D', data, '-w', ...args]);
  const start = () => control('-o', options, '-l', join(data, 'log'), 'start');
  await start();
  return {
    url: `postgres://postgres@127.0.0.1:${port}/postgres`,
    start,
    stop: () => control('-m', 'immediate', 'stop'),
    freeze(frozen) {
      const [parent = ''] = execFileSync('head', ['-1', join(data, 'postmaster.pid')], {
        encoding: 'utf8',
      }).split('\n');
      const children = execFileSync('ps', ['-o', 'pid=', '--ppid', parent], { encoding: 'utf8' })
        .trim()
        .split(/\s+/);
      for (const pid of [parent, ...children]) process.kill(Number(pid), frozen ? 'SIGSTOP' : 'SIGCONT');
    },
  };
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(port, '127.0.0.1');
    const end = (connected: boolean) => {
      socket.destroy();
      resolve(connected);
    };
    socket.once('connect', () => end(true)).once('error', () => end(false));
  });
}

async function untilListening(port: number): Promise<void> {
  while (!(await listens(port))) await new Promise((resolve) => setTimeout(resolve, 20));
}

/**
 * A Redis of its own that writes what it acknowledges to the disk, running.
 * @param sync Redis's `appendfsync`
 */
export async function ownRedis(
  directory: string,
  sync: 'always' | 'everysec' = 'always',
): Promise<OwnServer> {
  const port = await freePort();
  const data = join(directory, 'redis');
  mkdirSync(data);
  const settings = ['--port', String(port), '--bind', '127.0.0.1', '--dir', data, '--save', ''];
  let child = launch();
  function launch() {
    return spawn('redis-server', [...settings, '--appendonly', 'yes', '--appendfsync', sync], {
      stdio: 'ignore',
    });
  }
  await untilListening(port);
  return {
    url: `redis://127.0.0.1:${port}`,
    async start() {
      child = launch();
      await untilListening(port);
    },
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
  };
}

export type OwnCluster = Readonly<{
  /** One a node, as REDIS_URL takes them. */
  urls: readonly string[];
  /** Ends a node as by a crash. */
  kill(node: number): Promise<void>;
  stop(): Promise<void>;
}>;

/** A Redis cluster of three nodes without replicas, which share out the slots, running. */
export async function ownRedisCluster(directory: string): Promise<OwnCluster> {
  const nodes = await Promise.all(
    [1, 2, 3].map(async (number) => {
      const [port, bus] = [await freePort(), await freePort()];
      const data = join(directory, `node-${number}`);
      mkdirSync(data);
      const settings = { port, 'cluster-port': bus, bind: '127.0.0.1', dir: data, save: '' };
      const cluster = { 'cluster-enabled': 'yes', 'cluster-node-timeout': 1_000, appendonly: 'yes' };
      const args = Object.entries({ ...settings, ...cluster }).flatMap(([name, value]) => [
        `--${name}`,
        String(value),
      ]);
      const child = spawn('redis-server', args, { stdio: 'ignore' });
      await untilListening(port);
      return { port, child };
    }),
  );
  const addresses = nodes.map(({ port }) => `127.0.0.1:${port}`);
  await execute('redis-cli', ['--cluster', 'create', ...addresses, '--cluster-yes']);
  const kill = async (node: number) => {
    const { child } = nodes[node]!;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  };
  return {
    urls: addresses.map((address) => `redis://${address}`),
    kill,
    async stop() {
      await Promise.all(nodes.map((_, node) => kill(node)));
    },
  };
}

/** Whether this process may mount a disk of its own. */
export function mayMount(): boolean {
  const directory = mkdtempSync(join(tmpdir(), 'career-relay-mount-'));
  const unmount = smallDisk(directory, '4k');
  unmount?.();
  rmdirSync(directory);
  return unmount !== undefined;
}

/** A file system of so many bytes at `path`; undefined where this process may not mount one. */
export function smallDisk(path: string, size: string): (() => void) | undefined {
  mkdirSync(path, { recursive: true });
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', path], { stdio: 'ignore' });
  } catch {
    return undefined;
  }
  return () => void execFileSync('umount', ['-l', path], { stdio: 'ignore' });
}
