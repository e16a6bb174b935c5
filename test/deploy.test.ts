import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { shellUnder } from '../scripts/guide-blocks.js';

const ROOT = new URL('../', import.meta.url).pathname;
const UNITS = `${ROOT}deploy/systemd/`;
const units = readdirSync(UNITS).filter((name) => name.endsWith('.service'));
const read = (path: string) => readFileSync(`${ROOT}${path}`, 'utf8');

/** Variables that the README's table of settings names. */
const settings = new Set([...read('README.md').matchAll(/`([A-Z][A-Z0-9_]+)`/g)].map(([, name]) => name!));

describe('systemd units', () => {
  const withSystemd = existsSync('/usr/bin/systemd-analyze') ? test.each(units) : test.skip.each(units);
  withSystemd('%s is understood, and shut off from what it does not need', (name) => {
    const verified = spawnSync('systemd-analyze', ['verify', '--man=no', `${UNITS}${name}`], {
      encoding: 'utf8',
    });
    // The paths are an installation's, not this machine's.
    const complaints = verified.stderr
      .split('\n')
      .filter((line) => line.includes(name) && !line.includes('not executable'));
    expect(complaints).toEqual([]);
    const exposed = ['security', '--offline=true', '--threshold=20', `${UNITS}${name}`];
    expect(spawnSync('systemd-analyze', exposed).status).toBe(0);
  });

  test.each(units)('%s gives the program the time that it takes to stop', (name) => {
    const unit = read(`deploy/systemd/${name}`);
    expect(Number(/^TimeoutStopSec=(\d+)$/m.exec(unit)?.[1])).toBeGreaterThan(25);
    for (const [, names] of unit.matchAll(/^Environment=(.*)$/gm)) {
      for (const pair of names!.split(' ')) expect(settings).toContain(pair.split('=')[0]);
    }
  });

  test('the example of the environment names settings that there are', () => {
    const named = [...read('deploy/systemd/environment.example').matchAll(/^#?([A-Z_]+)=/gm)].map(
      ([, name]) => name!,
    );
    expect(named.length).toBeGreaterThan(5);
    expect(named.filter((name) => !settings.has(name))).toEqual([]);
  });
});

describe('Dockerfile', () => {
  const stages = read('Dockerfile')
    .split(/^(?=FROM )/m)
    .slice(1);
  test('the stage that runs has a user without rights and nothing that builds', () => {
    const last = stages.at(-1)!;
    expect(stages).toHaveLength(2);
    expect(/^USER (?!root|0)\w+$/m.test(last)).toBe(true);
    expect(last.indexOf('USER ')).toBeLessThan(last.indexOf('ENTRYPOINT '));
    expect(last).not.toMatch(/npm|COPY (?!--from=build)/);
  });
  test('what it copies is there, and passes .dockerignore', () => {
    const ignored = read('.dockerignore');
    for (const [, paths] of stages[0]!.matchAll(/^COPY (.*) \S+$/gm)) {
      for (const path of paths!.split(' ')) {
        expect(existsSync(`${ROOT}${path}`)).toBe(true);
        expect(ignored).toContain(`!${path}`);
      }
    }
  });
});

test.each(['One process, embedded database', 'PostgreSQL and Redis', 'A process for each role'])(
  'the guide has shell lines for: %s',
  (heading) => {
    expect(shellUnder(`${ROOT}docs/operations.md`, heading)).toMatch(/npm run build\n/);
  },
);
