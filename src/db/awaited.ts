import { isAway } from './away.js';

type Timer = (milliseconds: number, run: () => void) => () => void;

/** Milliseconds between looks for a database that is away: links minted meanwhile elsewhere want to be followed. */
const LOOK_AGAIN = 500;

export type Awaited = Readonly<{
  /**
   * Tries now, and again until it succeeds while the database is away. Resolves after the first try either way.
   * @throws what is not the database's being away, from the first try; later it is what `ready` rejects with
   */
  begin(): Promise<void>;
  /** Resolves when the work has succeeded. */
  ready: Promise<void>;
  /** Why the work has not succeeded yet; undefined when it has. */
  waitingFor(): string | undefined;
  /** Tries no more; resolves when a try under way has ended. */
  stop(): Promise<void>;
}>;

/**
 * Work that needs the database and must not keep the program from serving what it can without.
 * @param work idempotent; tried again from its beginning
 */
export function awaitDatabase(
  work: () => Promise<void>,
  timer: Timer,
  told: Readonly<{ databaseAway(error: unknown): void; databaseThere(): void }>,
): Awaited {
  let reason: string | undefined = 'not begun';
  let late = false;
  let stopped = false;
  let cancel = () => {};
  let attempt: Promise<void> = Promise.resolve();
  const { promise: ready, resolve, reject } = withResolvers();
  // Whoever does not ask is not told twice: `begin` throws the same.
  ready.catch(() => {});

  async function once(): Promise<void> {
    try {
      await work();
      reason = undefined;
      if (late) told.databaseThere();
      resolve();
    } catch (error) {
      if (!isAway(error)) {
        reject(error);
        throw error;
      }
      reason = (error as Error).message || 'no connection';
      if (!late) told.databaseAway(error);
      late = true;
      if (!stopped) cancel = timer(LOOK_AGAIN, () => void again());
    }
  }

  function again(): Promise<void> {
    attempt = once().catch(() => {});
    return attempt;
  }

  return {
    begin() {
      const first = once();
      attempt = first.catch(() => {});
      return first;
    },
    ready,
    waitingFor: () => reason,
    async stop() {
      stopped = true;
      cancel();
      await attempt;
    },
  };
}

function withResolvers(): { promise: Promise<void>; resolve: () => void; reject: (error: unknown) => void } {
  let resolve = () => {};
  let reject: (error: unknown) => void = () => {};
  const promise = new Promise<void>((resolved, rejected) => {
    resolve = resolved;
    reject = rejected;
  });
  return { promise, resolve, reject };
}
