import { readdirSync, readFileSync } from 'node:fs';

const DIRECTORY = new URL('../../src/db/migrations/', import.meta.url);

/**
 * Migrations up to here came before the first release: nothing runs beside them. From the first release on the version
 * before must go on working on the new schema, since both run during a rolling upgrade.
 */
const BEFORE_THE_FIRST_RELEASE = '0035-static-labels.sql';

/** What takes something away from the version before, or asks of it what it does not know. */
const BREAKING: readonly (readonly [RegExp, string])[] = [
  [/\bDROP\s+(TABLE|COLUMN|FUNCTION|TYPE|SCHEMA|VIEW|SEQUENCE)\b/i, 'drops what the version before uses'],
  [/\bRENAME\b/i, 'renames what the version before uses'],
  [/\bALTER\s+COLUMN\s+\S+\s+(SET\s+DATA\s+)?TYPE\b/i, 'changes a type under the version before'],
  [/\bSET\s+NOT\s+NULL\b/i, 'refuses rows that the version before writes'],
  [/^\s*TRUNCATE\b|\bDELETE\s+FROM\b/i, 'takes rows away'],
];
const ADDED_COLUMN =
  /\bADD\s+(?:COLUMN\s+)?(?!CONSTRAINT\b|PRIMARY\b|FOREIGN\b|UNIQUE\b|CHECK\b)(?:IF\s+NOT\s+EXISTS\s+)?(\w+)\s+[^,;]*/gi;
const ADDED_CONSTRAINT = /\bADD\s+(?:CONSTRAINT\s+\w+\s+)?(?:CHECK|UNIQUE|FOREIGN|PRIMARY)\b/i;

function withoutParentheses(sql: string): string {
  const shorter = sql.replace(/\([^()]*\)/g, '');
  return shorter === sql ? sql : withoutParentheses(shorter);
}

/** Why a migration is not safe beside the version before; empty when it is. A constraint counts unless NOT VALID or on a new table. */
function breaksOf(sql: string): string[] {
  const bare = sql.replace(/--[^\n]*/g, '').replace(/'(?:[^']|'')*'/g, "''");
  const made = new Set(
    [...bare.matchAll(/\bCREATE\s+TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?(\w+)/gi)].map(([, name]) => name),
  );
  const found: string[] = [];
  for (const statement of bare.split(';')) {
    const [, altered] = /\bALTER\s+TABLE\s+(?:IF\s+EXISTS\s+)?(\w+)/i.exec(statement) ?? [];
    if (altered && made.has(altered)) continue;
    for (const [pattern, why] of BREAKING) if (pattern.test(statement)) found.push(why);
    if (!altered) continue;
    for (const [column, name] of withoutParentheses(statement).matchAll(ADDED_COLUMN)) {
      if (/\bNOT\s+NULL\b/i.test(column) && !/\bDEFAULT\b/i.test(column))
        found.push(`${name} is NOT NULL without DEFAULT`);
    }
    const replaces = /\bDROP\s+CONSTRAINT\b/i.test(bare);
    if (ADDED_CONSTRAINT.test(statement) && !replaces) found.push('a new constraint on a table that stands');
  }
  return found;
}

const names = readdirSync(DIRECTORY)
  .filter((name) => name.endsWith('.sql'))
  .sort();

describe('a migration is safe beside the version before', () => {
  test('each since the first release', () => {
    const later = names.filter((name) => name > BEFORE_THE_FIRST_RELEASE);
    const breaks = later.map((name) => [name, ...breaksOf(readFileSync(new URL(name, DIRECTORY), 'utf8'))]);
    expect(breaks.filter(([, ...found]) => found.length > 0)).toEqual([]);
  });
  test('names are numbered, and no number is given twice', () => {
    const numbers = names.map((name) => /^(\d{4})-[a-z0-9-]+\.sql$/.exec(name)?.[1]);
    expect(numbers).not.toContain(undefined);
    expect(new Set(numbers).size).toBe(numbers.length);
  });

  test.each([
    'ALTER TABLE links DROP COLUMN job;',
    'DROP TABLE links;',
    'ALTER TABLE links RENAME COLUMN job TO title;',
    'ALTER TABLE links RENAME TO codes;',
    'ALTER TABLE links ALTER COLUMN job SET NOT NULL;',
    'ALTER TABLE links ALTER COLUMN job TYPE int;',
    'ALTER TABLE links ADD COLUMN title text NOT NULL;',
    "ALTER TABLE links ADD title text CHECK (title IN ('a;b', 'c')) NOT NULL;",
    'ALTER TABLE links ADD CONSTRAINT links_job CHECK (job IS NOT NULL);',
    'TRUNCATE links;',
  ])('control: %s is told', (sql) => {
    expect(breaksOf(sql)).not.toEqual([]);
  });
  test.each([
    'ALTER TABLE links ADD COLUMN title text;',
    "ALTER TABLE links ADD COLUMN title text NOT NULL DEFAULT 'x, y';",
    'CREATE TABLE notes (id uuid PRIMARY KEY, text text NOT NULL); ALTER TABLE notes ADD UNIQUE (text);',
    'CREATE INDEX links_title ON links (title); -- DROP TABLE links',
    'DROP INDEX links_title;',
    'CREATE TRIGGER kept BEFORE TRUNCATE ON notes EXECUTE FUNCTION keep();',
  ])('control: %s passes', (sql) => {
    expect(breaksOf(sql)).toEqual([]);
  });
});
