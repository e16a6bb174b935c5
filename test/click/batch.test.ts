import { setImmediate as turn } from 'node:timers/promises';
import { type BatchPlan, createBatcher, type GiveUp } from '../../src/click/batch.js';

type Run = { items: readonly string[]; resolve: () => void; reject: (error: Error) => void };

/** Lets what is due happen: a result is applied one turn of the event loop after it came. */
async function tick(): Promise<void> {
  await turn();
  await turn();
}

/** A batcher whose store answers, and whose time passes, when the test says so. */
function start(plan: Partial<BatchPlan<string>> = {}) {
  const runs: Run[] = [];
  const settled: string[] = [];
  const givenUp: [string[], GiveUp][] = [];
  const timers = new Set<() => void>();
  const add = createBatcher<string>({
    run: (items) =>
      new Promise((resolve, reject) => {
        runs.push({ items, resolve: () => resolve(() => void settled.push(...items)), reject });
      }),
    giveUp: (items, reason) => void givenUp.push([[...items], reason]),
    inFlight: 1,
    size: 3,
    deadline: 150,
    inThread: false,
    timer: (_, run) => {
      timers.add(run);
      return () => void timers.delete(run);
    },
    ...plan,
  });
  const expire = () => {
    for (const run of [...timers]) {
      timers.delete(run);
      run();
    }
  };
  return { add, runs, settled, givenUp, timers, expire };
}

describe('batch', () => {
  test('what arrives within a tick shares one run', async () => {
    const { add, runs } = start();
    for (const item of ['a', 'b', 'c']) add(item);
    expect(runs).toHaveLength(0);
    await tick();
    expect(runs.map((run) => run.items)).toEqual([['a', 'b', 'c']]);
  });

  test('no run takes more than its size, and no more run at once than may', async () => {
    const { add, runs } = start({ inFlight: 2 });
    for (const item of 'abcdefghi') add(item);
    await tick();
    expect(runs.map((run) => run.items.join(''))).toEqual(['abc', 'def']);
    runs[0]!.resolve();
    await tick();
    expect(runs.map((run) => run.items.join(''))).toEqual(['abc', 'def', 'ghi']);
  });

  test('while one run is under way, the next waits for its share of those who were here at once', async () => {
    const { add, runs } = start({ inFlight: 2, size: 10 });
    for (const item of 'abcdef') add(item);
    await tick();
    for (const item of 'gh') add(item);
    await tick();
    expect(runs.map((run) => run.items.join(''))).toEqual(['abcdef']);
    for (const item of 'ij') add(item);
    await tick();
    expect(runs.map((run) => run.items.join(''))).toEqual(['abcdef', 'ghij']);
  });

  test('nobody waits for company when no run is under way', async () => {
    const { add, runs } = start({ inFlight: 2, size: 10 });
    for (const item of 'abcdef') add(item);
    await tick();
    add('g');
    await tick();
    runs[0]!.resolve();
    await tick();
    expect(runs.map((run) => run.items.join(''))).toEqual(['abcdef', 'g']);
  });

  test('nobody waits for company that a run which hangs would bring', async () => {
    const { add, runs, expire } = start({ inFlight: 2, size: 10 });
    for (const item of 'abcdef') add(item);
    await tick();
    expire();
    add('g');
    await tick();
    expect(runs.map((run) => run.items.join(''))).toEqual(['abcdef', 'g']);
  });

  test('the next run begins before the results of the one that ended are applied', async () => {
    const { add, runs, settled } = start();
    add('a');
    await tick();
    add('b');
    runs[0]!.resolve();
    await turn();
    expect([runs.length, settled]).toEqual([2, []]);
    await turn();
    expect(settled).toEqual(['a']);
  });

  test('a store in this thread is asked again when the results are applied', async () => {
    const order: string[] = [];
    const finish: (() => void)[] = [];
    const { add } = start({
      inThread: true,
      run(items) {
        order.push(`run ${items}`);
        return new Promise((resolve) => finish.push(() => resolve(() => void order.push(`apply ${items}`))));
      },
    });
    add('a');
    await tick();
    add('b');
    finish[0]!();
    await tick();
    finish[1]!();
    await tick();
    expect(order).toEqual(['run a', 'apply a', 'run b', 'apply b']);
  });

  test('what arrives while all runs are under way waits for the next and shares it', async () => {
    const { add, runs, settled } = start();
    add('a');
    await tick();
    add('b');
    await tick();
    add('c');
    await tick();
    expect(runs).toHaveLength(1);
    runs[0]!.resolve();
    await tick();
    expect(settled).toEqual(['a']);
    expect(runs[1]!.items).toEqual(['b', 'c']);
  });

  test('deadline: gives up what is under way; its late result is not applied', async () => {
    const { add, runs, settled, givenUp, expire } = start();
    add('a');
    await tick();
    expire();
    expect(givenUp).toEqual([[['a'], 'deadline']]);
    runs[0]!.resolve();
    await tick();
    expect(settled).toEqual([]);
    expect(givenUp).toHaveLength(1);
  });

  test('deadline: gives up what waits, and never runs it', async () => {
    const { add, runs, givenUp, expire } = start({ inFlight: 2 });
    add('a');
    add('b');
    expire();
    await tick();
    expect(givenUp).toEqual([[['a', 'b'], 'deadline']]);
    expect(runs).toHaveLength(0);
  });

  test('error: gives up with the reason', async () => {
    const { add, runs, givenUp, timers } = start();
    add('a');
    await tick();
    runs[0]!.reject(new Error('away'));
    await tick();
    expect(givenUp).toEqual([[['a'], 'error']]);
    expect(timers.size).toBe(0);
  });

  test('saturated: while every run is overdue nobody waits for it, and afterwards it goes on', async () => {
    const { add, runs, settled, givenUp, expire } = start();
    add('a');
    await tick();
    expire();
    add('b');
    expect(givenUp.at(-1)).toEqual([['b'], 'saturated']);
    runs[0]!.reject(new Error('connection lost'));
    await tick();
    add('c');
    await tick();
    runs[1]!.resolve();
    await tick();
    expect(settled).toEqual(['c']);
  });

  test('a settled batch leaves no timer behind', async () => {
    const { add, runs, timers } = start();
    add('a');
    await tick();
    expect(timers.size).toBe(1);
    runs[0]!.resolve();
    await tick();
    expect(timers.size).toBe(0);
  });
});
