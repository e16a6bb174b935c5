import type { Db } from '../db/db.js';
import { DeadlineError, withinDeadline } from '../deadline.js';
import type { Deps } from '../deps.js';
import { AppError } from '../errors.js';

export type StoreLimits = Readonly<{
  /** Milliseconds that one message waits for the store, all its questions together. */
  budget: number;
  /** Milliseconds for which a store that did not answer is left alone. */
  rest: number;
}>;

export const STORE_LIMITS: StoreLimits = { budget: 3_000, rest: 5_000 };

/** The store as one message sees it: patient for a while, then gone. */
export type StoreBudget = Readonly<{
  /** Every statement through it counts against the budget. */
  db: Db;
  /** Waits for work on the store. @throws AppError `unavailable` when the budget is used up, or the store is away */
  ask<T>(work: () => Promise<T>): Promise<T>;
}>;

export type StoreGuard = Readonly<{
  /** The budget of one message. */
  open(): StoreBudget;
  /** Whether the store is being left alone. */
  isAway(): boolean;
}>;

/**
 * Bounds what a store that hangs costs a message, and remembers that it hangs: the next messages go out at once. When
 * its rest is over one message asks again, with the others still passing by. A store that fails fast costs nothing and
 * is asked every time.
 * @param now monotonic milliseconds
 */
export function createStoreGuard(
  { db, events }: Pick<Deps, 'db' | 'events'>,
  limits: StoreLimits = STORE_LIMITS,
  now: () => number = () => performance.now(),
): StoreGuard {
  let awayUntil: number | undefined;
  let probing = false;

  function leave(): void {
    if (awayUntil === undefined) events.storeAway(limits.rest);
    awayUntil = now() + limits.rest;
  }
  async function probe<T>(work: () => Promise<T>, milliseconds: number): Promise<T> {
    probing = true;
    try {
      const answer = await withinDeadline(work(), milliseconds);
      awayUntil = undefined;
      events.storeBack();
      return answer;
    } catch (error) {
      leave();
      throw error;
    } finally {
      probing = false;
    }
  }
  async function attempt<T>(work: () => Promise<T>, milliseconds: number): Promise<T> {
    if (awayUntil !== undefined) {
      if (probing || now() < awayUntil) throw new AppError('unavailable', 'the store is away');
      return probe(work, milliseconds);
    }
    try {
      return await withinDeadline(work(), milliseconds);
    } catch (error) {
      if (error instanceof DeadlineError) leave();
      throw error;
    }
  }

  return {
    isAway: () => awayUntil !== undefined,
    open() {
      let left = limits.budget;
      async function ask<T>(work: () => Promise<T>): Promise<T> {
        if (left <= 0) throw new DeadlineError();
        const from = now();
        try {
          const answer = await attempt(work, left);
          left -= now() - from;
          return answer;
        } catch (error) {
          left = error instanceof DeadlineError ? 0 : left - (now() - from);
          throw error;
        }
      }
      return {
        ask,
        db: {
          ...db,
          query: (sql, values, options) => ask(() => db.query(sql, values, options)),
          transaction: (work) => ask(() => db.transaction(work)),
        },
      };
    },
  };
}
