import { randomBytes } from 'node:crypto';
import type { Db } from '../src/db/db.js';
import { createKeys } from '../src/keys.js';
import { adoptKeptKeys, rotateSecrets } from '../src/secrets.js';
import { openTestDatabase } from './harness/database.js';
import { insertCompanySecret } from './secrets-rows.js';

const [FIRST, SECOND, THIRD] = ['first', 'second', 'third'].map(
  (name) => `secret-key-${name}-0123456789abcdef0123`,
);
const make = { clock: () => new Date('2026-11-30T00:00:00Z'), randomBytes };
const knowing = (...previous: (string | undefined)[]) => ({ previousSecretKeys: previous as string[] });

describe('SECRET_KEY is exchanged', () => {
  let db: Db;
  beforeAll(async () => {
    ({ db } = await openTestDatabase('pglite'));
  });
  afterAll(() => db.close());

  const first = createKeys(FIRST!);
  const person = first.hash('person', 'taro@example.jp');

  test('what stands under the one before opens, is encrypted anew, and opens without it then', async () => {
    const owners = await insertCompanySecret(db, first);
    const second = createKeys(SECOND!, [FIRST!]);
    const rotated = await rotateSecrets(knowing(FIRST), db, second, make);
    expect(rotated.map(({ purpose, found, rotated: anew, lost }) => [purpose, found, anew, lost])).toEqual([
      ['dkim-key', 1, 1, 0],
      ['signing-secret', 1, 1, 0],
      ['sendgrid-key', 1, 1, 0],
      ['review', 1, 1, 0],
      ['totp', 1, 1, 0],
      ['block-draft', 1, 1, 0],
      ['kept-key', 3, 0, 0],
    ]);
    const alone = createKeys(SECOND!);
    for (const { purpose, owner, read } of owners) {
      expect(alone.decrypt(purpose, owner, await read(db)).toString()).toBe(`a ${purpose}`);
    }
  });
  test('persons are known again, after a second exchange too', async () => {
    const second = createKeys(SECOND!);
    expect(second.hash('person', 'taro@example.jp')).not.toEqual(person);
    await adoptKeptKeys(knowing(), db, second, make);
    expect(second.hash('person', 'taro@example.jp')).toEqual(person);
    const third = createKeys(THIRD!, [SECOND!]);
    await rotateSecrets(knowing(SECOND), db, third, make);
    const later = createKeys(THIRD!);
    await adoptKeptKeys(knowing(), db, later, make);
    expect(later.hash('person', 'taro@example.jp')).toEqual(person);
    expect(later.hash('csrf', 'x')).not.toEqual(first.hash('csrf', 'x'));
  });
  test('without the database, persons go by the oldest key that is given', () => {
    expect(createKeys(SECOND!, [FIRST!]).hash('person', 'taro@example.jp')).toEqual(person);
  });
  test('a secret under a key that nobody gave is counted as lost and left as it is', async () => {
    const stranger = createKeys('a-key-that-was-thrown-away-0123456789abcdef');
    const read = (await insertCompanySecret(db, stranger))[0]!.read;
    const before = await read(db);
    const rotated = await rotateSecrets(knowing(SECOND), db, createKeys(THIRD!, [SECOND!]), make);
    expect(rotated.filter(({ lost }) => lost > 0).map(({ purpose, lost }) => [purpose, lost])).toEqual([
      ['dkim-key', 1],
      ['signing-secret', 1],
      ['sendgrid-key', 1],
      ['review', 1],
      ['totp', 1],
      ['block-draft', 1],
    ]);
    expect(await read(db)).toEqual(before);
  });
});
