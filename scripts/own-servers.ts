import { execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmdirSync,
} from 'node:fs';
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

/** Where a server runs: its address, and what a program is started by to be there (a network namespace). */
export type Place = Readonly<{ host: string; enter: readonly string[] }>;

const HERE: Place = { host: '127.0.0.1', enter: [] };

/** PostgreSQL refuses to run as root. */
async function asPostgres(place: Place, program: string, args: readonly string[]): Promise<void> {
  const user = process.getuid?.() === 0 ? ['runuser', '-u', 'postgres', '--'] : [];
  const [command, ...rest] = [...place.enter, ...user, program, ...args];
  await execute(command!, rest, { cwd: '/' });
}

/** A server that can be stopped as by a crash and started again on the same data. */
export type OwnServer = Readonly<{ url: string; start(): Promise<void>; stop(): Promise<void> }>;

/** One that can also be held: it keeps its connections and answers nothing. */
export type FreezableServer = OwnServer & Readonly<{ freeze(frozen: boolean): void }>;

/** An empty directory that PostgreSQL's user owns. */
function postgresDirectory(directory: string): string {
  const data = join(directory, 'postgres');
  // PostgreSQL starts on no other.
  mkdirSync(data, { mode: 0o700 });
  if (process.getuid?.() === 0) {
    const id = Number(execFileSync('id', ['-u', 'postgres'], { encoding: 'utf8' }));
    chownSync(data, id, id);
  }
  return data;
}

/** A PostgreSQL cluster of its own below `directory`, running. */
export async function ownPostgres(directory: string, place = HERE): Promise<FreezableServer> {
  const bin = binaries()!;
  const data = postgresDirectory(directory);
  const port = await freePort();
  await asPostgres(place, join(bin, 'initdb'), ['-D', data, '-U', 'postgres', '-A', 'trust', '--no-sync']);
  appendFileSync(
    join(data, 'pg_hba.conf'),
    'host all all samenet trust\nhost replication all samenet trust\n',
  );
  return runPostgres(data, port, place);
}

/** Runs the cluster in `data`. */
async function runPostgres(data: string, port: number, place: Place): Promise<FreezableServer> {
  const options = `-p ${port} -c listen_addresses=${place.host} -c unix_socket_directories=${data}`;
  const control = (...args: string[]) =>
    asPostgres(place, join(binaries()!, 'pg_ctl'), ['-D', data, '-w', ...args]);
  const start = () => control('-o', options, '-l', join(data, 'log'), 'start');
  await start();
  return {
    url: `postgres://postgres@${place.host}:${port}/postgres`,
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

/** A physical replica of a cluster that `ownPostgres` made, streaming from it, running. */
export async function ownReplica(primary: OwnServer, directory: string): Promise<FreezableServer> {
  const data = postgresDirectory(directory);
  const port = await freePort();
  const from = new URL(primary.url);
  const source = ['-h', from.hostname, '-p', from.port, '-U', 'postgres'];
  await asPostgres(HERE, join(binaries()!, 'pg_basebackup'), [
    ...source,
    '-D',
    data,
    '-R',
    '-c',
    'fast',
    '--no-sync',
  ]);
  return runPostgres(data, port, HERE);
}

function listens(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(port, host);
    const end = (connected: boolean) => {
      socket.destroy();
      resolve(connected);
    };
    socket.once('connect', () => end(true)).once('error', () => end(false));
  });
}

export async function untilListening(port: number, host = HERE.host): Promise<void> {
  while (!(await listens(port, host))) await new Promise((resolve) => setTimeout(resolve, 20));
}

/**
 * A Redis of its own that writes what it acknowledges to the disk, running.
 * @param sync Redis's `appendfsync`
 */
export async function ownRedis(
  directory: string,
  sync: 'always' | 'everysec' = 'always',
  { host, enter } = HERE,
): Promise<FreezableServer> {
  const port = await freePort();
  const data = join(directory, 'redis');
  mkdirSync(data);
  const settings = [
    '--port',
    String(port),
    '--bind',
    host,
    '--protected-mode',
    'no',
    '--dir',
    data,
    '--save',
    '',
  ];
  let child = launch();
  function launch() {
    const [command, ...args] = [
      ...enter,
      'redis-server',
      ...settings,
      '--appendonly',
      'yes',
      '--appendfsync',
      sync,
    ];
    return spawn(command!, args, { stdio: 'ignore' });
  }
  await untilListening(port, host);
  return {
    url: `redis://${host}:${port}`,
    async start() {
      child = launch();
      await untilListening(port, host);
    },
    freeze: (frozen) => void child.kill(frozen ? 'SIGSTOP' : 'SIGCONT'),
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
