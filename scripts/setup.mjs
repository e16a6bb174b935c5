// Makes a fresh clone ready: installs what is missing, and with --build compiles what is out of date.
// Plain JavaScript with no imports from node_modules, since it runs before anything is installed.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`Career Relay needs Node 20.19 or newer; this is ${process.versions.node}.`);
  process.exit(78);
}

/** The lock file that the installed packages came from, by its hash. */
const mark = join(root, 'node_modules', '.installed-from');
const wanted = createHash('sha256')
  .update(readFileSync(join(root, 'package-lock.json')))
  .digest('hex');

function installed() {
  return existsSync(mark) && readFileSync(mark, 'utf8') === wanted;
}

function run(command, args) {
  const { status } = spawnSync(command, args, { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

if (!installed()) {
  console.error('Installing packages …');
  // As the lock file says, and without changing it. `npm ci` would refuse the whole where a registry lacks an optional
  // package of some other platform.
  run('npm', ['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error']);
  writeFileSync(mark, wanted);
}
if (process.argv.includes('--build')) run(process.execPath, ['scripts/build.mjs']);
