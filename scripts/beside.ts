/**
 * The version before on the schema of this one: what a rolling upgrade asks of migrations. An earlier commit is built in a
 * directory of its own, the database is migrated by this version, and the earlier one is started on it and tried out.
 *
 *   npm run beside                         (--before REF; default: the last tag, else what stood before the last migration)
 *
 * Needs git and PostgreSQL (DATABASE_URL as for the other scripts).
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openBenchDatabase } from './bench-database.js';
import { freePort, startServer } from './server-process.js';
import { tryOut } from './try-out.js';

const ROOT = new URL('..', import.meta.url).pathname;
const KEY = 'operator-key-of-the-trial-beside-0123456789';
const { values } = parseArgs({ options: { before: { type: 'string' } } });

function git(...args: string[]): string {
  return execFileSync('git', args, {
    cwd: ROOT,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  }).trim();
}

function before(): string {
  if (values.before) return git('rev-parse', values.before);
  try {
    return git('rev-list', '-n', '1', git('describe', '--tags', '--abbrev=0'));
  } catch {
    return git(
      'rev-parse',
      `${git('log', '-1', '--diff-filter=A', '--format=%H', '--', 'src/db/migrations')}^`,
    );
  }
}

const migrationsOf = (directory: string) => readdirSync(join(directory, 'src/db/migrations')).length;

const directory = mkdtempSync(join(tmpdir(), 'career-relay-beside-'));
const clone = join(directory, 'before');
const commit = before();
execFileSync('git', ['clone', '--quiet', ROOT, clone]);
execFileSync('git', ['checkout', '--quiet', commit], { cwd: clone });
execFileSync('npm', ['run', '-s', 'build'], { cwd: clone, stdio: 'inherit' });
const url = process.env.DATABASE_URL ?? 'postgres://postgres@127.0.0.1:5432/postgres';
const bench = await openBenchDatabase('postgres', url, join(directory, 'data'), { links: 1, clicks: 0 });
try {
  const ports = { http: await freePort(), smtp: await freePort() };
  const env = {
    ...bench.env,
    OPERATOR_KEY: KEY,
    SECRET_KEY: 'secret-key-of-the-trial-beside-0123456789',
    LOG_LEVEL: 'error',
  };
  const server = await startServer(env, ports, [join(clone, 'dist/main.js')]);
  try {
    const seen = await tryOut(ports, KEY);
    const came = migrationsOf(ROOT) - migrationsOf(clone);
    console.log(`${commit.slice(0, 12)} on a schema with ${came} migration(s) more: ${seen}`);
  } finally {
    await server.stop();
  }
} finally {
  await bench.drop();
  rmSync(directory, { recursive: true, force: true });
}
