import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';

/** Runs `run` after so many milliseconds, unless what it returns is called. */
export type Timer = (milliseconds: number, run: () => void) => () => void;

/** Bodies of more octets than this are large: a mail with attachments, or a thousand personalizations. */
export const LARGE_BODY = 1024 * 1024;
/** Large bodies that are held in memory at once, each 48 MiB at most. */
export const MOST_LARGE = 4;
/** Milliseconds that a large body waits for one of those places, its sender paused, before it is sent away. */
const PATIENCE = 20_000;

export type Leave = () => void;

export type LargeBodies = Readonly<{ take(): Promise<Leave | undefined> }>;

/** Places for large bodies. Those that wait hold nothing but a connection. */
export function createLargeBodies(timer: Timer, most = MOST_LARGE, patience = PATIENCE): LargeBodies {
  let taken = 0;
  const waiting: ((leave: Leave) => void)[] = [];

  function leaveOnce(): Leave {
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      const next = waiting.shift();
      if (next) next(leaveOnce());
      else taken -= 1;
    };
  }

  return {
    /** @returns what gives the place back; undefined where none was free in time */
    take(): Promise<Leave | undefined> {
      if (taken < most) {
        taken += 1;
        return Promise.resolve(leaveOnce());
      }
      return new Promise((resolve) => {
        const enter = (leave: Leave) => {
          stopWaiting();
          resolve(leave);
        };
        const stopWaiting = timer(patience, () => {
          waiting.splice(waiting.indexOf(enter), 1);
          resolve(undefined);
        });
        waiting.push(enter);
      });
    },
  };
}

/** Wrong keys that one address may show within the window (seconds) before no unknown key of it is looked up. */
const WRONG_KEYS = 20;
const WINDOW = 300;

/** Counts the wrong keys that each address shows; each process for itself. */
export function createWrongKeys(points = WRONG_KEYS, seconds = WINDOW) {
  const limiter = new RateLimiterMemory({ keyPrefix: 'v3-keys', points, duration: seconds });
  return {
    async count(address: string): Promise<void> {
      await limiter.consume(address).catch((error: unknown) => {
        if (!(error instanceof RateLimiterRes)) throw error;
      });
    },
    /** @returns seconds until unknown keys are looked at again; undefined where they are now */
    async blockedFor(address: string): Promise<number | undefined> {
      const state = await limiter.get(address);
      if (!state || state.consumedPoints < points) return undefined;
      return Math.max(1, Math.ceil(state.msBeforeNext / 1_000));
    },
  };
}
