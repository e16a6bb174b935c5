import { execFile } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { dirname, resolve } from 'node:path';
import { promisify } from 'node:util';
import type { Config } from '../config.js';
import { loadTlsPair } from '../relay/tls-pair.js';
import { type Finding, fail, ok, reasonOf, warn } from './finding.js';

const MEGABYTE = 1024 * 1024;
/** Below the first clicks may soon find no place in the spool; below the second somebody should look. */
const TOO_LITTLE = 100 * MEGABYTE;
const LITTLE = 1024 * MEGABYTE;

function standing(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : standing(dirname(path));
}

/** Where the embedded database, the spool and the generated secret are. */
export async function checkDisk({ dataDir }: Config): Promise<Finding> {
  const path = standing(resolve(dataDir));
  try {
    accessSync(path, constants.W_OK);
  } catch {
    return fail(
      'disk',
      `${path} cannot be written to`,
      'give the directory to the user that runs the service (chown)',
    );
  }
  const { bavail, bsize } = await statfs(path);
  const free = bavail * bsize;
  const said = `${Math.round(free / MEGABYTE).toLocaleString('en')} MB free at ${path}`;
  if (free < TOO_LITTLE)
    return fail('disk', said, 'make room: clicks are kept here while the database is away');
  if (free < LITTLE) return warn('disk', said, 'make room, or move DATA_DIR to a larger disk');
  return ok('disk', said);
}

/** Milliseconds that whoever holds a port has to say something. */
const PATIENCE = 2_000;

function tryListen(port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code));
    server.listen(port, () => server.close(() => resolve(undefined)));
  });
}

/** What a server says first. */
function greetingOf(port: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const end = (text: string) => {
      socket.destroy();
      resolve(text);
    };
    socket.setTimeout(PATIENCE, () => end(''));
    socket.once('data', (chunk: Buffer) => end(chunk.toString('latin1'))).once('error', () => end(''));
  });
}

function isOurWeb(port: number): Promise<boolean> {
  return fetch(`http://127.0.0.1:${port}/healthz`, { signal: AbortSignal.timeout(PATIENCE) })
    .then(
      async (answer) => ((await answer.json()) as { status?: string }).status === 'ok',
      () => false,
    )
    .catch(() => false);
}

async function checkPort(
  name: string,
  port: number,
  isOurs: (port: number) => Promise<boolean>,
): Promise<Finding> {
  const check = `port ${port}`;
  const code = await tryListen(port);
  if (code === undefined) return ok(check, `${name} is free`);
  if (code === 'EADDRINUSE') {
    if (await isOurs(port)) return ok(check, `${name} is served by Career Relay already`);
    return fail(
      check,
      `${name} is taken by another program`,
      `end that program (ss -ltnp 'sport = :${port}'), or set another ${name}`,
    );
  }
  if (code === 'EACCES') {
    const todo =
      'use a port from 1024 on, or give the capability: AmbientCapabilities=CAP_NET_BIND_SERVICE in the unit';
    return fail(check, `${name}: this user may not listen below 1024`, todo);
  }
  return fail(check, `${name}: ${code}`, `set another ${name}`);
}

/** The ports of this process's roles. */
export async function checkPorts(config: Config): Promise<Finding[]> {
  const host = new URL(config.baseUrl).hostname;
  const isOurHook = async (port: number) => (await greetingOf(port)).startsWith(`220 ${host} ESMTP`);
  const found: Promise<Finding>[] = [];
  if (config.roles.includes('web')) found.push(checkPort('PORT', config.port, isOurWeb));
  if (config.roles.includes('smtp')) found.push(checkPort('SMTP_PORT', config.smtpPort, isOurHook));
  const { statusPort } = config.operation;
  if (statusPort !== undefined) found.push(checkPort('STATUS_PORT', statusPort, isOurWeb));
  return Promise.all(found);
}

const SOON = 21 * 86_400_000;

/** The certificate of the SMTP hook. */
export function checkCertificate({ smtpTls, roles, smtp }: Config, now: Date): Finding | undefined {
  if (!roles.includes('smtp')) return undefined;
  if (!smtpTls) {
    if (smtp.networks.length > 0) return ok('certificate', 'none: clients of SMTP_NETWORKS need no AUTH');
    const todo =
      'set SMTP_TLS_CERT and SMTP_TLS_KEY, or SMTP_NETWORKS for a mail server in a network of its own';
    return warn('certificate', 'none: AUTH is taken from this machine only', todo);
  }
  try {
    const { until } = loadTlsPair(smtpTls);
    const said = `${smtpTls.certPath} holds until ${until.toISOString().slice(0, 10)}`;
    if (until < now) return fail('certificate', said, 'renew it, then send SIGHUP: clients refuse it');
    if (until.getTime() - now.getTime() < SOON)
      return warn('certificate', said, 'renew it, then send SIGHUP');
    return ok('certificate', said);
  } catch (error) {
    return fail(
      'certificate',
      `does not load: ${reasonOf(error)}`,
      'check both paths, and that the key belongs to the certificate',
    );
  }
}

/** Seconds by which two clocks may differ before links and sessions end at odd times. */
const SKEW = 5;

/** @param theirs what the other clock said between `before` and `after` of ours (Unix milliseconds) */
export function skewFinding(whose: string, theirs: number, before: number, after: number): Finding {
  const seconds = Math.round((theirs - (before + after) / 2) / 100) / 10;
  const said = `${whose} is ${Math.abs(seconds)} s ${seconds < 0 ? 'behind' : 'ahead of'} this machine`;
  // What the question took is not known to be the clock's.
  if (Math.abs(seconds) <= SKEW + (after - before) / 2_000) return ok('clock', said);
  return fail(
    'clock',
    said,
    'set both by NTP (chrony or systemd-timesyncd): times in the ledger are this machine’s',
  );
}

/** Whether somebody keeps this machine's clock right; nothing where the system does not say. */
export async function checkTimekeeping(): Promise<Finding | undefined> {
  try {
    const { stdout } = await promisify(execFile)(
      'timedatectl',
      ['show', '-p', 'NTPSynchronized', '--value'],
      {
        timeout: PATIENCE,
      },
    );
    if (stdout.trim() === 'yes') return ok('clock', 'kept right by NTP');
    return warn('clock', 'not kept right by NTP', 'timedatectl set-ntp true, or install chrony');
  } catch {
    return undefined;
  }
}
