/**
 * Follows Dockerfile without Docker: its steps in directories, then its last stage started as another user on a root that
 * is read-only, with nothing to write to but the volume and /tmp.
 *
 *   npm run image:trial                    (needs root and unshare, for the read-only root)
 */
import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, chownSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from './server-process.js';

const ROOT = new URL('..', import.meta.url).pathname;
/** A user without rights, as the image's `node` is. */
const NOBODY = 65_534;

type Stage = { name: string; directory: string; env: Record<string, string>; user?: string };

/** COPY, RUN and ENV of one Dockerfile, which has its files below /app. */
function build(directory: string): Stage {
  const stages: Stage[] = [];
  const lines = readFileSync(join(ROOT, 'Dockerfile'), 'utf8')
    .split('\n')
    .filter((line) => /^[A-Z]+ /.test(line));
  for (const line of lines) {
    const [instruction = '', ...words] = line.split(' ');
    const stage = stages.at(-1);
    if (instruction === 'FROM') {
      const name = words[1] === 'AS' ? words[2]! : 'last';
      stages.push({ name, directory: join(directory, name), env: {} });
      mkdirSync(join(directory, name));
    } else if (instruction === 'COPY') copy(stages, stage!, words);
    else if (instruction === 'RUN') run(stage!, words.join(' '));
    else if (instruction === 'ENV')
      Object.assign(stage!.env, Object.fromEntries(words.map((word) => word.split('='))));
    else if (instruction === 'USER') stage!.user = words[0];
  }
  return stages.at(-1)!;
}

function copy(stages: readonly Stage[], stage: Stage, words: readonly string[]): void {
  const [, from] = /^--from=(\w+)$/.exec(words[0]!) ?? [];
  const source = from ? stages.find(({ name }) => name === from)!.directory : ROOT;
  const [target = './', ...rest] = [...words.slice(from ? 1 : 0)].reverse();
  for (const path of rest) {
    const plain = path.replace(/^\/app\//, '');
    const to =
      target.endsWith('./') || target === './'
        ? join(stage.directory, basename(plain))
        : join(stage.directory, target);
    cpSync(join(source, plain), to, { recursive: true, verbatimSymlinks: true });
  }
}

function run(stage: Stage, command: string): void {
  if (command.startsWith('mkdir /data')) return;
  console.log(`  RUN ${command}`);
  execFileSync('sh', ['-c', command], {
    cwd: stage.directory,
    env: { PATH: process.env.PATH, HOME: process.env.HOME },
    stdio: 'inherit',
  });
}

/** In a mount namespace of its own: everything read-only but the volume and a fresh /tmp. */
function start(stage: Stage, volume: string, port: number) {
  const script = [
    'mount --make-rprivate /',
    `mkdir -p ${volume}`,
    `mount --bind ${volume} ${volume}`,
    `mount --bind ${stage.directory} /mnt`,
    'mount -t tmpfs -o mode=1777 tmpfs /tmp',
    'mount -o remount,bind,ro /mnt',
    'mount -o remount,bind,ro /',
    'cd /mnt',
    `touch /mnt/x /usr/x 2>/dev/null && exit 99`,
    `exec setpriv --reuid=${NOBODY} --regid=${NOBODY} --clear-groups --no-new-privs --bounding-set=-all --inh-caps=-all ${process.execPath} dist/main.js start`,
  ].join('\n');
  const env = {
    PATH: process.env.PATH,
    ...stage.env,
    DATA_DIR: volume,
    PORT: String(port),
    SMTP_PORT: '0',
    BASE_URL: `http://127.0.0.1:${port}`,
    UPSTREAM_URL: 'smtp://127.0.0.1:2500',
    SECRET_KEY: 'secret-key-of-the-image-trial-0123456789',
    OPERATOR_KEY: 'operator-key-of-the-image-trial-0123456789',
  };
  return spawn('unshare', ['--mount', 'sh', '-c', script], { env, stdio: ['ignore', 'inherit', 'inherit'] });
}

async function untilReady(port: number, ended: () => boolean): Promise<void> {
  while (!ended()) {
    const ready = await fetch(`http://127.0.0.1:${port}/readyz`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (ready) return;
    await delay(100);
  }
  throw new Error('the image ended before it was ready');
}

// Not below /tmp, which the trial hides.
const directory = mkdtempSync(join(process.env.IMAGE_TRIAL_DIR ?? '/var/tmp', 'career-relay-image-'));
try {
  chmodSync(directory, 0o755);
  const stage = build(directory);
  if (!stage.user || stage.user === 'root') throw new Error('the image runs as root');
  const volume = join(directory, 'volume');
  mkdirSync(volume);
  chownSync(volume, NOBODY, NOBODY);
  const port = await freePort();
  const child = start(stage, volume, port);
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  try {
    await untilReady(port, () => child.exitCode !== null);
    const megabytes = execFileSync('du', ['-sm', stage.directory], { encoding: 'utf8' }).split('\t')[0];
    console.log(
      `  ready as user ${NOBODY} on a read-only root; ${megabytes} MB in /app (${tmpdir()} is a tmpfs)`,
    );
  } finally {
    child.kill('SIGTERM');
  }
  const code = await exited;
  console.log(`  SIGTERM: exit ${code}`);
  process.exitCode = code === 0 ? 0 : 1;
} finally {
  rmSync(directory, { recursive: true, force: true });
}
