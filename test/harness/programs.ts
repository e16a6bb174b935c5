import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';

/** Programs that suites talk to, and the Debian packages that bring them. Node and npm alone must pass `npm test`. */
const PACKAGES = {
  chromium: 'chromium',
  curl: 'curl',
  dkimpy: 'python3-dkim, python3-nacl',
  'libsasl2-modules': 'libsasl2-modules',
  'Mail::DKIM': 'libmail-dkim-perl',
  msmtp: 'msmtp',
  openssl: 'openssl',
  postfix: 'postfix',
  python3: 'python3',
  'smtp-sink': 'postfix',
  swaks: 'swaks',
  zbarimg: 'zbar-tools',
} as const;

export type Program = keyof typeof PACKAGES;

/** Cyrus SASL's mechanisms, which Debian's Postfix signs in with, are no program: a plug-in in a folder per machine. */
function hasSaslModules(): boolean {
  const folders = existsSync('/usr/lib') ? readdirSync('/usr/lib') : [];
  return folders.some((folder) => existsSync(join('/usr/lib', folder, 'sasl2', 'libplain.so')));
}

function runs(program: string, ...args: string[]): boolean {
  return spawnSync(program, args).status === 0;
}

/** What is no program of its own shows itself in another way. */
const PROBES: Partial<Record<Program, () => boolean>> = {
  dkimpy: () => runs('/usr/bin/python3', '-c', 'import dkim, nacl'),
  'libsasl2-modules': hasSaslModules,
  'Mail::DKIM': () => runs('perl', '-MMail::DKIM::Verifier', '-e', '1'),
};

/** Servers live in `sbin`, which the PATH of ordinary users lacks on Debian: it is looked into beside each `bin`. */
export function findProgram(program: Program): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  return folders
    .flatMap((folder) => [folder, join(dirname(folder), 'sbin')])
    .map((folder) => join(folder, program))
    .find((path) => existsSync(path));
}

/** The program's path. @throws where it is not installed: only for use inside `describeWith` and `testWith` */
export function pathOf(program: Program): string {
  const path = findProgram(program);
  if (!path) throw new Error(obstacleOf([program]));
  return path;
}

/** Why these programs cannot be used here; undefined when they can. */
export function obstacleOf(programs: readonly Program[]): string | undefined {
  const isThere = (program: Program) => PROBES[program]?.() ?? findProgram(program) !== undefined;
  const missing = programs.filter((program) => !isThere(program));
  if (missing.length > 0) {
    const packages = [...new Set(missing.map((program) => PACKAGES[program]))];
    return `${missing.join(', ')} not found: install the Debian package ${packages.join(', ')}`;
  }
  // Postfix's master starts each daemon as the user that it belongs to.
  if (programs.includes('postfix') && process.getuid?.() !== 0) return 'postfix is started by root only';
  return undefined;
}

function listOf(programs: Program | readonly Program[]): readonly Program[] {
  return typeof programs === 'string' ? [programs] : programs;
}

/** Where CI is set nothing is left out: what is missing fails, and says which package to install. */
function demand(obstacle: string): void {
  if (!process.env.CI) return;
  test(obstacle, () => {
    throw new Error(obstacle);
  });
}

/** A suite that needs programs: skipped with the reason in its name where one is missing, failing where CI is set. */
export function describeWith(programs: Program | readonly Program[], name: string, body: () => void): void {
  const obstacle = obstacleOf(listOf(programs));
  if (!obstacle) {
    describe(name, body);
    return;
  }
  demand(obstacle);
  // The body is not even read: it may start programs itself.
  describe.skip(name, () => {
    test(obstacle, () => {});
  });
}

/** `test` for a single test that needs programs; see `describeWith`. */
export function testWith(programs: Program | readonly Program[]): jest.It {
  const obstacle = obstacleOf(listOf(programs));
  if (!obstacle) return test;
  demand(obstacle);
  if (!process.env.CI) test.skip(obstacle, () => {});
  return test.skip;
}
