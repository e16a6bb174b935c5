import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** What a module loads when it runs: imports that are not of types alone. */
function loads(path: string): string[] {
  const source = readFileSync(existsSync(path) ? path : `${path}x`, 'utf8');
  return [...source.matchAll(/^(?:import|export)\s+(?!type\b)([^;]*?)\s*from\s+'([^']+)';/gms)]
    .filter(([, names = '']) => !/^\{(\s*type\s[^,}]+,?)+\s*\}$/.test(names))
    .map(([, , from = '']) => from);
}

function reached(entry: string) {
  const modules = new Set<string>();
  const packages = new Set<string>();
  const walk = (path: string) => {
    if (modules.has(path)) return;
    modules.add(path);
    for (const from of loads(path)) {
      if (from.startsWith('.')) walk(join(dirname(path), from.replace(/\.js$/, '.ts')));
      else if (!from.startsWith('node:')) packages.add(from);
    }
  };
  walk(entry);
  return { modules: [...modules], packages: [...packages].sort() };
}

const PURE = ['encoding-japanese', 'iconv-lite', 'parse5-html-rewriting-stream'];

describe("what a customer's program loads", () => {
  test.each([
    ['nodemailer', [...PURE, 'nodemailer/lib/addressparser'].sort()],
    ['sendgrid', PURE],
  ])('%s: no database, no server, no queue', (name, packages) => {
    const found = reached(`src/client/${name}.ts`);
    expect(found.packages).toEqual(packages);
    expect(found.modules.filter((path) => /\/(web|company|link|app|main|store)\b/.test(path))).toEqual([]);
    expect(found.modules.length).toBeGreaterThan(20);
  });

  test('control: the hook is found to load the database', () => {
    expect(reached('src/app.ts').packages).toEqual(expect.arrayContaining(['express', 'pg']));
  });
});
