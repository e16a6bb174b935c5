import type { Deps } from '../deps.js';
import type { Timer } from './batch.js';
import { reclassify, reclassifyPosted, SPAN } from './hindsight.js';
import { fadeClicks } from './retention.js';
import { settleCodes } from './store.js';

/** Milliseconds between looks at recent clicks. */
const EVERY = 60_000;
/** Looks between two at what is old enough to fade. */
const FADING_EVERY = 60;
/** Milliseconds of registrations looked at: more than one look's, since a look may fail. */
const POSTED_WITHIN = 3_600_000;

/** What is done with clicks after they were answered; any number of processes may do it at once. */
export async function judgeRecentClicks(deps: Pick<Deps, 'db' | 'clock'>): Promise<number> {
  const now = deps.clock().getTime();
  const recent = await reclassify(deps.db, new Date(now - 2 * SPAN));
  return recent + (await reclassifyPosted(deps.db, new Date(now - POSTED_WITHIN)));
}

/** Looks after clicks from time to time. A failed look is made good by the next. */
export function createUpkeep(deps: Deps, timer: Timer) {
  let looks = 0;
  let cancel = () => {};
  let look: Promise<void> = Promise.resolve();
  let stopped = false;

  async function once(): Promise<void> {
    try {
      await settleCodes(deps.db);
      const changed = await judgeRecentClicks(deps);
      if (changed > 0) deps.events.clicksReclassified(changed);
      if (looks % FADING_EVERY === 0) {
        const faded = await fadeClicks(deps.db, deps.clock(), deps.config.retentionClickDays);
        if (faded > 0) deps.events.clicksFaded(faded);
      }
      looks += 1;
    } catch (error) {
      deps.events.jobFailed('click-upkeep', error);
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
