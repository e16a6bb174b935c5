import type { Db } from '../db/db.js';
import type { Events } from '../events.js';
import type { Timer } from './batch.js';
import { markLate } from './late.js';
import type { Spool } from './spool.js';
import { type Click, type LookupBy, recordClicksAgain } from './store.js';

/** Milliseconds to the first attempt after a click was spooled; doubled after each failure up to the last. */
const FIRST_WAIT = 1_000;
const LAST_WAIT = 60_000;
const BATCH = 500;

/**
 * Stores spooled clicks, many a statement. Those that are there already stay as they are. They belong to a time that may be
 * counted already, so that it is marked with them.
 */
export async function replayClicks(db: Db, clicks: readonly Click[]): Promise<void> {
  for (const by of ['code', 'host', 'slug'] satisfies LookupBy[]) {
    const named = clicks.filter((click) => click.by === by);
    for (let at = 0; at < named.length; at += BATCH) {
      const batch = named.slice(at, at + BATCH);
      await db.transaction(async (tx) => {
        await recordClicksAgain(tx, by, batch);
        await markLate(tx, batch);
      });
    }
  }
}

/** Brings spooled clicks back while there are any: one attempt at a time, further apart the longer the store is away. */
export function createReplay(deps: Readonly<{ db: Db; events: Events }>, spool: Spool, timer: Timer) {
  let wait = FIRST_WAIT;
  let cancel: (() => void) | undefined;
  let attempt: Promise<void> = Promise.resolve();
  let stopped = false;

  async function run(): Promise<void> {
    cancel = undefined;
    try {
      const count = await spool.drain((clicks) => replayClicks(deps.db, clicks));
      if (count > 0) deps.events.clicksReplayed(count);
      wait = FIRST_WAIT;
    } catch (error) {
      deps.events.replayFailed(error);
      wait = Math.min(wait * 2, LAST_WAIT);
    }
    schedule();
  }

  function schedule(): void {
    if (stopped || cancel || !spool.pending()) return;
    cancel = timer(wait, () => {
      attempt = run();
    });
  }

  return {
    /** Call when there is something to bring back. */
    schedule,
    /** Makes no further attempt; resolves when the one under way has ended. */
    async stop(): Promise<void> {
      stopped = true;
      cancel?.();
      await attempt;
    },
  };
}
