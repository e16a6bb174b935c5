import { DeadlineError, withinDeadline } from '../deadline.js';

export type BatchLimits = Readonly<{
  /** How many batches may be under way at once. */
  inFlight: number;
  /** How many items one statement takes at most. */
  size: number;
  /**
   * Milliseconds after which a statement that does not answer is given up, so that those behind it are not held up for
   * good; what it may still do is not waited for.
   */
  patience?(): number;
}>;

const LIMITS: BatchLimits = { inFlight: 2, size: 200 };

type Waiting<Item, Result> = Readonly<{
  item: Item;
  resolve: (result: Result) => void;
  reject: (error: unknown) => void;
}>;

/**
 * Lets calls that come within one turn of the event loop, and while all batches are under way, share one statement: a
 * lone call waits for nobody, and under load batches grow by themselves. When a batch fails its items are tried one by
 * one, so that one that the database refuses does not fail the others.
 * @param run one statement for all items; gives one result an item, in their order
 * @returns the call for one item; rejects with what `run` threw for it
 */
export function createSharedStatement<Item, Result>(
  run: (items: readonly Item[]) => Promise<readonly Result[]>,
  limits: BatchLimits = LIMITS,
): (item: Item) => Promise<Result> {
  let waiting: Waiting<Item, Result>[] = [];
  let running = 0;
  let scheduled = false;

  async function settle(batch: readonly Waiting<Item, Result>[]): Promise<void> {
    try {
      const running = run(batch.map(({ item }) => item));
      const results = await (limits.patience ? withinDeadline(running, limits.patience()) : running);
      for (const [index, { resolve }] of batch.entries()) resolve(results[index]!);
    } catch (error) {
      if (error instanceof DeadlineError) for (const { reject } of batch) reject(error);
      else if (batch.length === 1) batch[0]!.reject(error);
      else await Promise.all(batch.map((one) => settle([one])));
    }
  }
  async function next(): Promise<void> {
    const batch = waiting.slice(0, limits.size);
    waiting = waiting.slice(limits.size);
    running += 1;
    await settle(batch);
    running -= 1;
    flush();
  }
  function flush(): void {
    scheduled = false;
    while (running < limits.inFlight && waiting.length > 0) void next();
  }
  return (item) =>
    new Promise((resolve, reject) => {
      waiting.push({ item, resolve, reject });
      if (scheduled || running >= limits.inFlight) return;
      scheduled = true;
      setImmediate(flush);
    });
}
