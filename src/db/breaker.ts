import { isAway } from './away.js';
import type { Db } from './db.js';

type Timer = (milliseconds: number, run: () => void) => () => void;

/** Milliseconds between two questions to a database that is away, and what it has to answer one. */
const LOOK_AGAIN = 250;
const ANSWER = 2_000;

/**
 * The same database for a path on which nobody may wait. Once a statement fails because the database is away, the
 * statements after it fail at once with the same reason, and cost it no attempt to connect each; meanwhile one small
 * question at a time asks whether it is there again. Transactions are guarded as single statements are.
 */
export function breakCircuit(db: Db, timer: Timer): Db {
  let broken: Readonly<{ reason: unknown }> | undefined;

  function askAgain(): void {
    timer(LOOK_AGAIN, () => {
      db.query('SELECT 1', [], { timeout: ANSWER }).then(mend, (error) => {
        // Any other fault is for the next statement to meet.
        if (isAway(error)) askAgain();
        else mend();
      });
    });
  }

  function mend(): void {
    broken = undefined;
  }

  async function guarded<T>(work: () => Promise<T>): Promise<T> {
    if (broken) throw broken.reason;
    try {
      return await work();
    } catch (reason) {
      if (!broken && isAway(reason)) {
        broken = { reason };
        askAgain();
      }
      throw reason;
    }
  }

  return {
    ...db,
    query: (sql, values, options) => guarded(() => db.query(sql, values, options)),
    transaction: (work) => guarded(() => db.transaction(work)),
  };
}
