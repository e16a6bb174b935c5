import { readFileSync } from 'node:fs';
import { en } from '../../src/dashboard/words-en.js';
import { ja } from '../../src/dashboard/words-ja.js';

describe('the guide for SendGrid', () => {
  const rules = readFileSync('src/relay/sendgrid-rules.ts', 'utf8');
  const [, union] = /export type SendgridReason =([\s\S]*?);/.exec(rules)!;
  const reasons = [...union!.matchAll(/'([a-z-]+)'/g)].map(([, reason]) => reason!);

  test('names every reason of its own, and the dashboard says it in both languages', () => {
    const page = readFileSync('docs/sendgrid.md', 'utf8');
    expect(reasons.length).toBeGreaterThan(3);
    expect(reasons.filter((reason) => !page.includes(`\`${reason}\``))).toEqual([]);
    for (const words of [ja, en])
      expect(reasons.filter((reason) => words.reason(reason) === reason)).toEqual([]);
  });

  test.each(['sendgrid.md', 'library.md'])('%s links to files that are there', (name) => {
    const links = [...readFileSync(`docs/${name}`, 'utf8').matchAll(/\]\(([^)#]+)\)/g)];
    expect(links.length).toBeGreaterThan(0);
    for (const [, path] of links)
      expect(readFileSync(new URL(path!, new URL(`../../docs/${name}`, import.meta.url)))).toBeDefined();
  });
});
