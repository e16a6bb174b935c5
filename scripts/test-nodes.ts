/**
 * Runs the suite, or the test files that are named, on each version of Node that is supported. The binaries come from the
 * npm package `node`.
 *
 *   npm run test:nodes                               every version, every test
 *   npm run test:nodes -- --nodes 22,24 test/stop.test.ts test/story.test.ts
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const ROOT = new URL('..', import.meta.url).pathname;
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { nodes: { type: 'string', default: '20,22,24' } },
});

/** The binary of a major version; fetched once, into .cache. */
function binaryOf(major: string): string {
  const directory = join(ROOT, '.cache', `node-${major}`);
  const binary = join(directory, 'node_modules', 'node', 'bin', 'node');
  if (existsSync(binary)) return binary;
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'package.json'), '{"private": true}');
  const install = ['install', '--no-audit', '--no-fund', '--loglevel=error', `node@${major}`];
  execFileSync('npm', install, { cwd: directory, stdio: 'inherit' });
  return binary;
}

let failed = 0;
for (const major of values.nodes.split(',')) {
  const binary = binaryOf(major);
  const version = execFileSync(binary, ['--version'], { encoding: 'utf8' }).trim();
  const jest = join(ROOT, 'node_modules', 'jest', 'bin', 'jest.js');
  const began = performance.now();
  // Tests that start the program start it with the Node that runs them; scripts find it first in PATH.
  const { status, signal } = spawnSync(
    binary,
    ['--experimental-vm-modules', '--no-warnings=ExperimentalWarning', jest, ...positionals],
    {
      cwd: ROOT,
      stdio: 'inherit',
      env: { ...process.env, PATH: `${join(binary, '..')}:${process.env.PATH}` },
    },
  );
  console.log(
    `Node ${version}: ${status === 0 ? 'passed' : `FAILED (${signal ?? status})`} in ${Math.round((performance.now() - began) / 1_000)} s`,
  );
  if (status !== 0) failed += 1;
}
process.exitCode = failed === 0 ? 0 : 1;
