// Compiles src to dist and copies what is not TypeScript (SQL migrations, browser assets) beside it. With --check it only
// says, by its status, whether dist is what src says.
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const stamp = join(root, 'dist', '.built');

function newest(path) {
  if (!existsSync(path)) return 0;
  const info = statSync(path);
  if (!info.isDirectory()) return info.mtimeMs;
  return Math.max(info.mtimeMs, ...readdirSync(path).map((name) => newest(join(path, name))));
}

const changed = Math.max(
  ...['src', 'tsconfig.build.json', 'package-lock.json'].map((name) => newest(join(root, name))),
);
if (existsSync(stamp) && statSync(stamp).mtimeMs > changed) process.exit(0);
if (process.argv.includes('--check')) process.exit(1);

console.error('Building …');
rmSync(join(root, 'dist'), { recursive: true, force: true });
const { status } = spawnSync(
  process.execPath,
  ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'],
  {
    cwd: root,
    stdio: 'inherit',
  },
);
if (status !== 0) process.exit(status ?? 1);
for (const assets of ['db/migrations', 'web/assets', 'click/networks']) {
  mkdirSync(join(root, 'dist', assets), { recursive: true });
  cpSync(join(root, 'src', assets), join(root, 'dist', assets), { recursive: true });
}
writeFileSync(stamp, '');
const now = new Date();
utimesSync(stamp, now, now);
