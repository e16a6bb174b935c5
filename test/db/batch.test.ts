import { createSharedStatement } from '../../src/db/batch.js';

describe('a statement that calls share', () => {
  test('calls of one turn go together, each with its own result', async () => {
    const batches: number[][] = [];
    const double = createSharedStatement(async (items: readonly number[]) => {
      batches.push([...items]);
      return items.map((item) => item * 2);
    });
    expect(await Promise.all([double(1), double(2), double(3)])).toEqual([2, 4, 6]);
    expect(batches).toEqual([[1, 2, 3]]);
  });

  test('what comes while all batches are under way waits and goes together', async () => {
    const batches: number[] = [];
    let release: () => void = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const run = createSharedStatement(
      async (items: readonly number[]) => {
        batches.push(items.length);
        if (batches.length === 1) await held;
        return items;
      },
      { inFlight: 1, size: 2 },
    );
    const first = run(0);
    await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setImmediate(resolve));
    const rest = [run(1), run(2), run(3)];
    release();
    expect(await Promise.all([first, ...rest])).toEqual([0, 1, 2, 3]);
    expect(batches).toEqual([1, 2, 1]);
  });

  test('an item that is refused fails alone', async () => {
    const run = createSharedStatement(async (items: readonly string[]) => {
      if (items.includes('bad')) throw new Error('refused');
      return items;
    });
    const results = await Promise.allSettled([run('a'), run('bad'), run('b')]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });
});
