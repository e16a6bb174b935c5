import type { Deps } from '../deps.js';
import { deleteOldDrafts } from './block-store.js';
import { closeForgotten, eraseLinkRecipients, eraseMessageAddresses } from './deliveries.js';
import { REVIEW_DAYS } from './review.js';
import { deleteOldReviews } from './review-store.js';

/**
 * Milliseconds after which nobody forwards a message any more: RFC 5321 §4.5.3.2.6 gives the final dot ten minutes. A
 * content that takes longer to hand over is closed with its true outcome all the same.
 */
const FORWARDED_BY = 15 * 60_000;
const DAY = 24 * 3_600_000;
const BATCH = 1_000;

const LOOK_EVERY = 5 * 60_000;
const ERASE_EVERY = 3_600_000;

/** Runs `run` again and again until what it returns is called. Tests put their own in place. */
export type Interval = (milliseconds: number, run: () => void) => () => void;

const systemInterval: Interval = (milliseconds, run) => {
  const handle = setInterval(run, milliseconds);
  handle.unref();
  return () => clearInterval(handle);
};

/**
 * Writes down as ambiguous what a dead process was forwarding, and raises the alarm for each.
 * @param atStart of the only process: nobody else forwards, so every open row is a dead one's
 * @returns how many
 */
export async function closeAbandoned(deps: Deps, atStart = false): Promise<number> {
  const now = deps.clock();
  const upTo = atStart ? now : new Date(now.getTime() - FORWARDED_BY);
  for (let total = 0; ; ) {
    const closed = await closeForgotten(deps.db, upTo, now, BATCH);
    for (const { id, companyId } of closed) {
      deps.events.deliveryAmbiguous({ message: id, company: companyId, cause: 'process-died' });
    }
    total += closed.length;
    if (closed.length < BATCH) return total;
  }
}

async function eraseAll(erase: () => Promise<number>): Promise<number> {
  for (let total = 0; ; ) {
    const erased = await erase();
    total += erased;
    if (erased < BATCH) return total;
  }
}

/** Erases addresses that are older than the configured number of days, from the journal and from links. */
export async function eraseOldAddresses(deps: Deps): Promise<{ messages: number; links: number }> {
  const now = deps.clock();
  const before = new Date(now.getTime() - deps.config.retentionMessageDays * DAY);
  const messages = await eraseAll(() => eraseMessageAddresses(deps.db, before, now, BATCH));
  const links = await eraseAll(() => eraseLinkRecipients(deps.db, before, BATCH));
  if (messages + links > 0) deps.events.addressesErased({ messages, links });
  return { messages, links };
}

/** Forgets what people were asked about, never later than the addresses by which an erasure finds it. @returns how many */
export async function eraseOldReviews(deps: Deps): Promise<number> {
  const days = Math.min(REVIEW_DAYS, deps.config.retentionMessageDays);
  const before = new Date(deps.clock().getTime() - days * DAY);
  return eraseAll(() => deleteOldReviews(deps.db, before, BATCH));
}

/** Hours after which what somebody tried out on the page of the block, a mail with it, is forgotten. */
const DRAFT_HOURS = 24;

export async function eraseOldDrafts(deps: Deps): Promise<number> {
  const before = new Date(deps.clock().getTime() - DRAFT_HOURS * 3_600_000);
  return eraseAll(() => deleteOldDrafts(deps.db, before, BATCH));
}

/** What the worker does about the journal besides jobs: several workers may do it at once. */
export function createHousekeeping(deps: Deps, interval: Interval = systemInterval) {
  let stops: (() => void)[] = [];
  const underWay = new Set<Promise<void>>();

  function repeat(name: string, milliseconds: number, work: () => Promise<unknown>): void {
    const run = () => {
      const done = work()
        .then(
          () => deps.events.jobDone(name),
          (error: unknown) => deps.events.jobFailed(name, error),
        )
        .finally(() => underWay.delete(done));
      underWay.add(done);
    };
    stops.push(interval(milliseconds, run));
    run();
  }
  return {
    /** Does everything once, then again and again. */
    start(): void {
      repeat('close-abandoned', LOOK_EVERY, () => closeAbandoned(deps));
      // Before the addresses: an erasure finds excerpts by them.
      repeat('erase-reviews', ERASE_EVERY, () => eraseOldReviews(deps));
      repeat('erase-drafts', ERASE_EVERY, () => eraseOldDrafts(deps));
      repeat('erase-addresses', ERASE_EVERY, () => eraseOldAddresses(deps));
    },
    /** Stops, and waits for what is under way. */
    async stop(): Promise<void> {
      for (const stop of stops) stop();
      stops = [];
      await Promise.all(underWay);
    },
  };
}
