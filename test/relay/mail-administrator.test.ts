import { existsSync, readdirSync, readFileSync } from 'node:fs';

const ROOT = new URL('../../', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, ROOT), 'utf8');
const GUIDES = ['mail-administrator.md', 'postfix.md', 'exchange.md', 'google-workspace.md'];

/** The members of a union of string literals, as the source writes them. */
function membersOf(path: string, type: string): string[] {
  const [, union] = new RegExp(`export type ${type} =([\\s\\S]*?);`).exec(read(path)) ?? [];
  return [...union!.matchAll(/'([a-z-]+)'/g)].map(([, member]) => member!);
}

describe('the guides for mail administrators', () => {
  const page = read('docs/mail-administrator.md');

  test('name every reason for which a mail goes out as it came', () => {
    const faults = [...read('src/relay/prepare.ts').matchAll(/step(?: =|:) '([a-z]+)'/g)].map(
      ([, step]) => step!,
    );
    const reasons = [
      ...membersOf('src/relay/insert-reason.ts', 'SkipReason'),
      ...membersOf('src/relay/decide.ts', 'Untouched'),
      ...membersOf('src/relay/classify.ts', 'UntouchedByPolicy'),
      ...new Set(faults.map((step) => `fault-${step}`)),
    ];
    expect(reasons.length).toBeGreaterThan(25);
    expect(reasons.filter((reason) => !page.includes(`\`${reason}\``))).toEqual([]);
  });

  test('name every refusal of the hook itself', () => {
    const sources = readdirSync(new URL('src/relay/', ROOT)).map((name) => read(`src/relay/${name}`));
    const own = sources.join('\n').matchAll(/reply\(([45]\d\d), '(\d\.\d{1,2}\.\d{1,2}) /g);
    const refusals = [...own].map(([, code, enhanced]) => `${code} ${enhanced}`);
    expect(refusals.length).toBeGreaterThan(10);
    expect(refusals.filter((refusal) => !page.includes(`\`${refusal}\``))).toEqual([]);
  });

  test.each(GUIDES)('%s links to headings that are there', (name) => {
    const links = read(`docs/${name}`).matchAll(/\]\(([a-z-]+\.md)?(?:#([^)]+))?\)/g);
    for (const [, file = name, heading] of links) {
      expect([file, existsSync(new URL(`docs/${file}`, ROOT))]).toEqual([file, true]);
      if (!heading) continue;
      const headings = [...read(`docs/${file}`).matchAll(/^#+ (.*)$/gm)].map(([, text]) =>
        text!
          .toLowerCase()
          .replace(/[^\w\s-]/g, '')
          .replaceAll(' ', '-'),
      );
      expect(headings).toContain(heading);
    }
  });
});
