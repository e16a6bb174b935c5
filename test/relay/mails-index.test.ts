import { existsSync, readdirSync, readFileSync } from 'node:fs';

const ROOT = new URL('../../', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, ROOT), 'utf8');
const goldens = readdirSync(new URL('test/mails/', ROOT))
  .filter((name) => name.endsWith('.eml'))
  .map((name) => name.slice(0, -'.eml'.length));

type Row = Readonly<{
  number: string;
  mails: readonly string[];
  tests: readonly (readonly [string, string])[];
}>;

/** A row names golden messages, `*` standing for the rest of their names, and titles after the file that they are in. */
function rowsOf(page: string): Row[] {
  return [...page.matchAll(/^\| (\d+) \|.*?\| (.*) \|$/gm)].map(([, number = '', heldBy = '']) => ({
    number,
    mails: [...heldBy.matchAll(/`(\d\d-[\w*-]+)`/g)].map(([, name]) => name!),
    tests: [...heldBy.matchAll(/`test\/([\w/-]+)` "([^"]+)"/g)].map(
      ([, file, title]) => [file!, title!] as const,
    ),
  }));
}

/** What a row names and is not there. */
function missing({ mails, tests }: Row): string[] {
  const named = (mail: string) =>
    goldens.some((name) => (mail.endsWith('*') ? name.startsWith(mail.slice(0, -1)) : name === mail));
  const titled = ([file, title]: readonly [string, string]) => {
    const path = `test/${file}.test.ts`;
    if (!existsSync(new URL(path, ROOT))) return false;
    const source = read(path).replaceAll("\\'", "'");
    return ["'", '"', '`'].some((quote) =>
      new RegExp(`\\(\\s*${literal(quote + title + quote)},`).test(source),
    );
  };
  return [
    ...mails.filter((mail) => !named(mail)),
    ...tests.filter((one) => !titled(one)).map(([file, title]) => `${file}: ${title}`),
  ];
}

function literal(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

describe('the index of known failures', () => {
  const page = read('test/mails/README.md');
  const rows = rowsOf(page);

  test('has a row for each, in order', () => {
    expect(rows.map(({ number }) => Number(number))).toEqual(Array.from({ length: 40 }, (_, at) => at + 1));
  });
  test.each(rows)('$number is held by something that is there', (row) => {
    expect(row.mails.length + row.tests.length).toBeGreaterThan(0);
    expect(missing(row)).toEqual([]);
  });
  test('names golden messages under their own number, and every one', () => {
    const prefixes = rows.flatMap(({ number, mails }) =>
      mails.map((mail) => {
        expect(Number(mail.slice(0, 2))).toBe(Number(number));
        return mail;
      }),
    );
    const unnamed = goldens.filter(
      (name) =>
        !prefixes.some((mail) => (mail.endsWith('*') ? name.startsWith(mail.slice(0, -1)) : name === mail)),
    );
    expect(unnamed).toEqual([]);
  });
  test('every file and title on it was understood', () => {
    const files = page.matchAll(/`(test\/[\w/.-]+)`/g);
    for (const [, file = ''] of files) {
      expect([file, ['', '.test.ts'].some((end) => existsSync(new URL(file + end, ROOT)))]).toEqual([
        file,
        true,
      ]);
    }
    const quoted = [...page.matchAll(/` "/g)].length;
    expect(rows.flatMap(({ tests }) => tests)).toHaveLength(quoted);
  });
  test('control: a test that is gone, and a golden message that is gone, are missed', () => {
    const [row] = rowsOf('| 1 | x | `01-gone`; `test/relay/law` "gone"; `test/relay/gone` "gone" |\n');
    expect(missing(row!)).toEqual(['01-gone', 'relay/law: gone', 'relay/gone: gone']);
  });
});
