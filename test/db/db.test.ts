import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Db } from '../../src/db/db.js';
import { lockDirectory } from '../../src/db/lock.js';
import { migrate } from '../../src/db/migrate.js';
import { describeEachDatabase, openTestDatabase } from '../harness/database.js';

describeEachDatabase('database', (engine) => {
  let db: Db;
  beforeAll(async () => {
    ({ db } = await openTestDatabase(engine));
    await db.exec('CREATE TABLE things (id int PRIMARY KEY, note text)');
  });
  afterAll(() => db.close());

  test('rows come the same from both engines', async () => {
    const [row] = await db.query(
      `SELECT 9007199254740991::int8 AS big, 1.5::numeric AS amount, '2026-11-22T00:00:00Z'::timestamptz AS at,
              '\\x0102'::bytea AS bytes, '{"a":[1]}'::jsonb AS json, $1::text[] AS list, NULL AS nothing`,
      [['a', null, 'c,"d']],
    );
    expect(row).toEqual({
      big: 9007199254740991,
      amount: 1.5,
      at: new Date('2026-11-22T00:00:00Z'),
      bytes: Buffer.from([1, 2]),
      json: { a: [1] },
      list: ['a', null, 'c,"d'],
      nothing: null,
    });
    expect(Buffer.isBuffer(row!.bytes)).toBe(true);
  });

  test('bytes and dates go in as they come out', async () => {
    const at = new Date('2026-11-22T01:02:03.456Z');
    const [row] = await db.query('SELECT $1::bytea AS bytes, $2::timestamptz AS at', [
      Buffer.from([0, 255]),
      at,
    ]);
    expect(row).toEqual({ bytes: Buffer.from([0, 255]), at });
  });

  test('a number too large for JavaScript is refused, not rounded', async () => {
    await expect(db.query('SELECT 9007199254740993::int8 AS big')).rejects.toThrow(/does not fit/);
  });

  test('a transaction that throws leaves nothing behind', async () => {
    const work = db.transaction(async (tx) => {
      await tx.query('INSERT INTO things VALUES (1)');
      throw new Error('stop');
    });
    await expect(work).rejects.toThrow('stop');
    expect(await db.query('SELECT * FROM things WHERE id = 1')).toEqual([]);
  });

  test('a failed statement ends its transaction and leaves the handle usable', async () => {
    await expect(db.transaction((tx) => tx.query('SELECT nonsense'))).rejects.toThrow();
    await db.transaction((tx) => tx.query('INSERT INTO things VALUES (2)'));
    expect(await db.query('SELECT id FROM things')).toEqual([{ id: 2 }]);
  });

  test('a transaction in which a statement failed unnoticed is not taken for committed', async () => {
    const work = db.transaction(async (tx) => {
      await tx.query('INSERT INTO things VALUES (3)');
      await tx.query('SELECT nonsense').catch(() => {});
    });
    await expect(work).rejects.toThrow('the transaction ended with ROLLBACK');
    expect(await db.query('SELECT id FROM things WHERE id = 3')).toEqual([]);
  });

  test('statements that are asked at the same time each get their own answer', async () => {
    const asked = Array.from({ length: 20 }, (_, index) => index);
    const ask = (index: number) => db.query<{ is: number }>('SELECT $1::int AS is', [index]);
    expect((await Promise.all(asked.map(ask))).map(([row]) => row!.is)).toEqual(asked);
    const inside = await db.transaction((tx) =>
      Promise.all(asked.map((index) => tx.query<{ is: number }>('SELECT $1::int AS is', [index]))),
    );
    expect(inside.map(([row]) => row!.is)).toEqual(asked);
  });

  test('a statement is right again after its table was changed', async () => {
    const all = 'SELECT * FROM changing';
    await db.exec('CREATE TABLE changing (a int); INSERT INTO changing VALUES (1)');
    expect(await db.query(all)).toEqual([{ a: 1 }]);
    await db.exec(`ALTER TABLE changing ADD COLUMN b text DEFAULT 'x'`);
    await db.query(all).catch(() => {});
    expect(await db.query(all)).toEqual([{ a: 1, b: 'x' }]);
  });

  test('as many statements as there are texts', async () => {
    for (let index = 0; index < 1_100; index += 1) {
      expect(await db.query(`SELECT ${index} AS is`)).toEqual([{ is: index }]);
    }
    expect(await db.query('SELECT 0 AS is')).toEqual([{ is: 0 }]);
  });

  test('migrating again does nothing; two at once do it once', async () => {
    expect(await Promise.all([migrate(db), migrate(db)])).toEqual([[], []]);
  });

  test('a migration that was changed after it was applied is refused', async () => {
    await db.query("UPDATE migrations SET checksum = 'other' WHERE name = '0001-init.sql'");
    await expect(migrate(db)).rejects.toThrow(/0001-init.sql was changed/);
  });

  test('the ledger cannot be updated, deleted or truncated', async () => {
    await expect(db.exec('TRUNCATE ledger_entries')).rejects.toThrow(/append-only/);
  });
});

describe('the embedded database, closed or done', () => {
  test('a transaction is used no more after its end, nor the database after its own', async () => {
    const { db } = await openTestDatabase('pglite');
    const tx = await db.transaction(async (one) => one);
    await expect(tx.query('SELECT 1')).rejects.toThrow('the transaction has ended');
    await db.close();
    await expect(db.query('SELECT 1')).rejects.toThrow('the embedded database is closed');
  });
});

describe('a data directory has one process', () => {
  const directory = mkdtempSync(join(tmpdir(), 'career-relay-lock-'));
  afterAll(() => rmSync(directory, { recursive: true }));

  test('a second holder is refused by name, and let in after the first left', () => {
    const unlock = lockDirectory(directory);
    expect(() => lockDirectory(directory)).toThrow(`in use by process ${process.pid}`);
    unlock();
    lockDirectory(directory)();
  });

  test('the mark of a killed process is replaced', () => {
    writeFileSync(join(directory, 'process.lock'), '4194999 1\n');
    lockDirectory(directory)();
  });

  test('the mark of a killed process whose number was given again is replaced', () => {
    writeFileSync(join(directory, 'process.lock'), `${process.pid} 1\n`);
    lockDirectory(directory)();
  });
});
