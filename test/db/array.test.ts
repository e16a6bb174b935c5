import fc from 'fast-check';
import { arrayLiteral, byteaLiteral } from '../../src/db/array.js';
import type { Db } from '../../src/db/db.js';
import { describeEachDatabase, openTestDatabase } from '../harness/database.js';

describeEachDatabase('arrays as text', (engine) => {
  let db: Db;
  beforeAll(async () => {
    ({ db } = await openTestDatabase(engine));
  });
  afterAll(() => db.close());

  async function read<T>(type: string, cells: Parameters<typeof arrayLiteral>[0]): Promise<T[]> {
    const sql = `SELECT cell FROM unnest($1::${type}[]) WITH ORDINALITY AS c (cell, place) ORDER BY place`;
    return (await db.query<{ cell: T }>(sql, [arrayLiteral(cells)])).map(({ cell }) => cell);
  }

  test('come back as they went, whatever they hold', async () => {
    // PostgreSQL's text holds no NUL, and no half of a surrogate pair.
    const text = fc.string({ unit: 'binary' }).map((value) => value.replaceAll('\0', ''));
    const cells = fc.array(
      fc.option(fc.oneof(text, fc.constantFrom('NULL', 'null', '', ' ', '{}', ',', '"', '\\'))),
    );
    await fc.assert(
      fc.asyncProperty(cells, async (values) => {
        expect(await read('text', values)).toEqual(values);
      }),
      { numRuns: 100 },
    );
  });
  test('hold numbers, truth values, JSON and bytes', async () => {
    expect(await read('int', [1, null, -2])).toEqual([1, null, -2]);
    expect(await read('boolean', [true, undefined, false])).toEqual([true, null, false]);
    const json = { a: ['"', '\\', '日本', '\n'] };
    expect(await read('jsonb', [JSON.stringify(json)])).toEqual([json]);
    const bytes = Buffer.from([0, 255, 92, 34]);
    expect(await read('bytea', [byteaLiteral(bytes)])).toEqual([bytes]);
  });
});
