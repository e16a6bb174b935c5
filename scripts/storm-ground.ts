import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FreezableServer, ownPostgres, ownRedis, type Place, untilListening } from './own-servers.js';
import { BUILT, freePort } from './server-process.js';
import { openSegment, type Segment } from './storm-network.js';
import {
  type Disk,
  openClock,
  openDisk,
  type SkewedClock,
  type StormProcess,
  stormProcess,
} from './storm-process.js';

export const OPERATOR_KEY = 'operator-key-of-the-storm-0123456789abcdef';
/** What links start with; the load knows which process to ask instead. */
export const BASE_URL = 'http://storm.example';

/** One process of the program with what can be taken from it. */
export type Member = StormProcess &
  Readonly<{ role: 'web' | 'smtp' | 'worker'; port: number; disk?: Disk; clock?: SkewedClock }>;

export type Ground = Readonly<{
  directory: string;
  postgres: FreezableServer;
  redis: FreezableServer;
  /** The next mail server, and where its list is. */
  sink: StormProcess;
  taken: string;
  members: readonly Member[];
  /** Cables to PostgreSQL, Redis and the next mail server; empty where namespaces are not permitted. */
  segments: Readonly<Record<string, Segment>>;
  /** What can not be tried on this machine, each with its reason. */
  missing: readonly string[];
  /** @param keep whether what was printed, and taken, stays */
  release(keep?: boolean): Promise<void>;
}>;

const HERE: Place = { host: '127.0.0.1', enter: [] };
const NAMES = ['postgres', 'redis', 'upstream'] as const;

function openSegments(wanted: boolean): Record<string, Segment> {
  const made = wanted ? NAMES.map((_, nth) => openSegment(nth)) : [];
  if (made.length > 0 && made.every((one) => one !== undefined)) {
    return Object.fromEntries(NAMES.map((name, nth) => [name, made[nth]!]));
  }
  for (const one of made) one?.remove();
  return {};
}

async function startSink(place: Place, directory: string): Promise<{ sink: StormProcess; url: string }> {
  const port = await freePort();
  const script = new URL('storm-sink.ts', import.meta.url).pathname;
  const command = [
    ...place.enter,
    process.execPath,
    '--import',
    'tsx',
    script,
    place.host,
    `${port}`,
    directory,
  ];
  const sink = stormProcess({
    name: 'upstream',
    command,
    env: process.env,
    log: join(directory, 'sink.log'),
  });
  sink.start();
  await untilListening(port, place.host);
  return { sink, url: `smtp://${place.host}:${port}` };
}

async function makeMember(
  directory: string,
  role: Member['role'],
  nth: number,
  env: Readonly<Record<string, string>>,
  faults: boolean,
): Promise<Member> {
  const name = role === 'worker' ? role : `${role}-${nth}`;
  const port = await freePort();
  const data = join(directory, name);
  const disk = faults ? openDisk(data) : undefined;
  if (!disk) mkdirSync(data, { recursive: true });
  const clock = faults ? openClock(directory, name) : undefined;
  const own = {
    ROLES: role,
    DATA_DIR: data,
    TMPDIR: data,
    PORT: role === 'web' ? String(port) : '0',
    SMTP_PORT: role === 'smtp' ? String(port) : '1',
  };
  const process_ = stormProcess({
    name,
    command: [process.execPath, ...BUILT, 'start'],
    env: { PATH: process.env.PATH, ...env, ...own, ...clock?.env },
    log: join(directory, `${name}.log`),
  });
  return { ...process_, role, port, disk, clock };
}

const MEMBERS = [
  ['web', 1],
  ['web', 2],
  ['smtp', 1],
  ['smtp', 2],
  ['worker', 1],
] as const;

/**
 * PostgreSQL, Redis and the next mail server, each its own; and the program as five processes that are not started yet.
 * @param faults whether disks, clocks and cables are to be had that can fail
 */
export async function layGround(faults: boolean): Promise<Ground> {
  const directory = mkdtempSync(join(tmpdir(), 'career-relay-storm-'));
  // PostgreSQL runs as another user and must get through.
  chmodSync(directory, 0o755);
  const segments = openSegments(faults);
  const taken = join(directory, 'taken');
  mkdirSync(taken);
  const postgres = await ownPostgres(directory, segments.postgres ?? HERE);
  const redis = await ownRedis(directory, 'always', segments.redis ?? HERE);
  const { sink, url } = await startSink(segments.upstream ?? HERE, taken);
  const env = {
    DATABASE_URL: postgres.url,
    REDIS_URL: redis.url,
    UPSTREAM_URL: url,
    BASE_URL,
    OPERATOR_KEY,
    SECRET_KEY: 'secret-key-of-the-storm-0123456789abcdefgh',
    TRUST_PROXY: 'loopback',
    SMTP_RATE: '1000000',
    LOG_LEVEL: 'warn',
  };
  const members: Member[] = [];
  for (const [role, nth] of MEMBERS) members.push(await makeMember(directory, role, nth, env, faults));
  const missing = [
    ...(Object.keys(segments).length === 0 ? ['network: namespaces are not permitted'] : []),
    ...(members.some(({ disk }) => !disk) ? ['disk: mounting is not permitted'] : []),
    ...(members.some(({ clock }) => !clock) ? ['clock: libfaketime is not installed'] : []),
  ];
  return {
    directory,
    postgres,
    redis,
    sink,
    taken,
    members,
    segments,
    missing: faults ? missing : [],
    async release(keep = false) {
      await Promise.all([...members, sink].map((one) => one.kill()));
      await redis.stop();
      await postgres.stop();
      for (const { disk } of members) disk?.remove();
      for (const segment of Object.values(segments)) segment.remove();
      if (!keep) rmSync(directory, { recursive: true, force: true });
    },
  };
}
