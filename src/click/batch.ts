/** Runs `run` once after `milliseconds`; calling what it returns takes that back. Tests put their own in place. */
export type Timer = (milliseconds: number, run: () => void) => () => void;

export const systemTimer: Timer = (milliseconds, run) => {
  const handle = setTimeout(run, milliseconds);
  return () => clearTimeout(handle);
};

/** Why items were given up: the store was late, refused, or every connection already waits on it in vain. */
export type GiveUp = 'deadline' | 'error' | 'saturated';

export type BatchPlan<Item> = Readonly<{
  /** Sends the items in one statement; what it returns applies the results, unless the batch was given up before. */
  run(items: readonly Item[]): Promise<() => void>;
  giveUp(items: readonly Item[], reason: GiveUp, error?: unknown): void;
  /** How many batches may be under way at once. */
  inFlight: number;
  /** How many items share one statement at most. */
  size: number;
  /** Milliseconds from a batch's first item until it is given up. */
  deadline: number;
  timer: Timer;
}>;

type Batch<Item> = { items: Item[]; started: boolean; givenUp: boolean; cancel: () => void };

/**
 * Collects items that arrive within one tick, and while all of `inFlight` batches are under way; each batch is one
 * statement. Every item is settled exactly once: by the result of its batch, or by `giveUp`.
 * @returns the function that adds an item
 */
export function createBatcher<Item>(plan: BatchPlan<Item>): (item: Item) => void {
  const waiting: Batch<Item>[] = [];
  let running = 0;
  let overdue = 0;
  let scheduled = false;

  function flush(): void {
    scheduled = false;
    while (running < plan.inFlight && waiting.length > 0) void run(waiting.shift()!);
  }

  async function run(batch: Batch<Item>): Promise<void> {
    batch.started = true;
    running += 1;
    let apply: (() => void) | undefined;
    let failure: unknown;
    try {
      apply = await plan.run(batch.items);
    } catch (error) {
      failure = error;
    }
    running -= 1;
    if (batch.givenUp) overdue -= 1;
    else {
      batch.cancel();
      if (apply) apply();
      else plan.giveUp(batch.items, 'error', failure);
    }
    flush();
  }

  function expire(batch: Batch<Item>): void {
    batch.givenUp = true;
    if (batch.started) overdue += 1;
    else waiting.splice(waiting.indexOf(batch), 1);
    plan.giveUp(batch.items, 'deadline');
  }

  return (item) => {
    if (overdue >= plan.inFlight) return plan.giveUp([item], 'saturated');
    let batch = waiting.at(-1);
    if (!batch || batch.items.length >= plan.size) {
      const opened: Batch<Item> = { items: [], started: false, givenUp: false, cancel: () => {} };
      opened.cancel = plan.timer(plan.deadline, () => expire(opened));
      waiting.push(opened);
      batch = opened;
    }
    batch.items.push(item);
    if (!scheduled && running < plan.inFlight) {
      scheduled = true;
      setImmediate(flush);
    }
  };
}
