import type { Timer } from '../click/batch.js';
import type { Deps } from '../deps.js';
import {
  addToSums,
  firstMoment,
  lockState,
  markEverywhere,
  putState,
  rememberOpen,
  takeMarks,
} from './rollup-store.js';

/** Milliseconds between two looks. */
const EVERY = 60_000;
/**
 * Milliseconds that the sums stay behind. A click is judged again within half an hour (`click/upkeep.ts`), and whatever
 * is written later than this without a mark is found by the second count.
 */
export const BEHIND = 30 * 60_000;
/** Milliseconds that one transaction takes in at most: a long past is caught up with in pieces. */
const PIECE = 7 * 86_400_000;
const DAY = 86_400_000;
/** Marks that one transaction takes. */
const MARKS = 20_000;

/** `done`: the sums go as far as they should; `more`: another piece is left; `busy`: another worker is at it. */
export type RolledUp = 'done' | 'more' | 'busy';

function utcDay(at: Date): string {
  return at.toISOString().slice(0, 10);
}

/**
 * Brings the sums of all companies on, by one piece. Days that were marked are counted anew, and each day once more when it
 * has been over for a while: whatever came late without a mark is in then.
 */
export async function rollUp(deps: Pick<Deps, 'db' | 'clock'>, behind = BEHIND): Promise<RolledUp> {
  const target = new Date(deps.clock().getTime() - behind);
  return deps.db.transaction(async (tx) => {
    const state = await lockState(tx);
    if (!state) return 'busy';
    const { until } = state;
    const start = until ?? (await firstMoment(tx)) ?? target;
    const upto = new Date(Math.max(start.getTime(), Math.min(target.getTime(), start.getTime() + PIECE)));
    const caughtUp = upto >= target;
    const today = utcDay(upto);
    const again = until !== null && caughtUp && state.recounted !== today;
    if (again) await markEverywhere(tx, new Date(Math.min(upto.getTime() - DAY, until.getTime() - 1)));
    const marked = await takeMarks(tx, until, MARKS);
    await rememberOpen(tx, until, upto);
    await addToSums(tx, until, upto, marked);
    await putState(tx, upto, caughtUp ? today : state.recounted);
    return caughtUp ? 'done' : 'more';
  });
}

/** Brings the sums on from time to time. A look that failed is made good by the next. */
export function createRollup(deps: Deps, timer: Timer) {
  let cancel = () => {};
  let look: Promise<void> = Promise.resolve();
  let stopped = false;

  async function once(): Promise<void> {
    try {
      while (!stopped && (await rollUp(deps)) === 'more');
    } catch (error) {
      deps.events.jobFailed('figures', error);
    }
    schedule();
  }

  function schedule(): void {
    if (stopped) return;
    cancel = timer(EVERY, () => {
      look = once();
    });
  }

  return {
    start: schedule,
    async stop(): Promise<void> {
      stopped = true;
      cancel();
      await look;
    },
  };
}
