import type { Events } from '../events.js';
import type { Timer } from './batch.js';
import type { RedisSpool } from './redis-spool.js';
import type { Spool } from './spool.js';
import type { Click } from './store.js';

/**
 * Milliseconds after a click in which the visitor wants to be on his way, and that the disk has in any case. What it has
 * not taken by then is held in memory as well; it is written all the same, when the disk comes to it.
 */
const IN_ALL = 200;
const AT_LEAST = 50;
/** Clicks held in memory when neither Redis nor the disk takes them; some 50 MB. */
export const HELD_AT_MOST = 100_000;

export type SpoolLayers = Readonly<{
  redis?: RedisSpool;
  file: Spool;
  events: Events;
  timer: Timer;
  clock: () => Date;
  heldAtMost?: number;
}>;

/**
 * The spool as the click path sees it. A click waits in Redis when Redis keeps what it acknowledges on a disk; else in
 * a file (and in Redis too, for the case that this machine does not come back); else in memory, until this process
 * ends. A click that waits in two places is stored once, by its id.
 */
export function layerSpools({
  redis,
  file,
  events,
  timer,
  clock,
  heldAtMost = HELD_AT_MOST,
}: SpoolLayers): Spool {
  const held: Click[] = [];

  function inFile(click: Click): Promise<void> {
    const left = Math.max(AT_LEAST, click.at + IN_ALL - clock().getTime());
    return new Promise((resolve, reject) => {
      const cancel = timer(left, () => reject(new Error('the spool is too slow')));
      file
        .append(click)
        .then(resolve, reject)
        .finally(() => cancel());
    });
  }

  async function inRedis(click: Click): Promise<boolean> {
    if (!redis) return false;
    return redis.append(click).then(
      () => true,
      () => false,
    );
  }

  function hold(click: Click, reason: unknown): void {
    if (held.length >= heldAtMost) throw reason;
    held.push(click);
    events.clickHeld(reason);
  }

  return {
    async append(click) {
      const shared = await inRedis(click);
      if (shared && redis!.durable()) return;
      try {
        await inFile(click);
      } catch (error) {
        if (!shared) hold(click, error);
      }
    },
    async drain(replay) {
      const clicks = [...held];
      if (clicks.length > 0) await replay(clicks);
      held.splice(0, clicks.length);
      const ofFile = await file.drain(replay);
      return clicks.length + ofFile + ((await redis?.drain(replay)) ?? 0);
    },
    pending: () => held.length > 0 || file.pending() || redis?.pending() === true,
    async close() {
      const last = await Promise.allSettled(held.map((click) => file.append(click)));
      const lost = last.filter((result) => result.status === 'rejected');
      if (lost.length > 0) events.clicksLost(lost.length, lost[0]!.reason);
      await file.close();
      await redis?.close();
    },
  };
}
