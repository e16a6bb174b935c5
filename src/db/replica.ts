import { isAway } from './away.js';
import type { Db, Queryable } from './db.js';

type Timer = (milliseconds: number, run: () => void) => () => void;

/** Milliseconds between two looks at how far the replica is behind, and what each side has to answer. */
const LOOK_EVERY = 1_000;
const ANSWER = 2_000;
/** Milliseconds behind its primary at which a replica is read no more. */
export const LAG_AT_MOST = 5_000;
/** The replica had to cancel the statement to go on replaying (PostgreSQL, appendix A, and §26.4.2). */
const CANCELLED_BY_RECOVERY = '40001';

/** Reads that may be a moment old. */
export type Reads = Queryable &
  Readonly<{
    /** Where the next one goes. */
    place(): 'primary' | 'replica';
    close(): Promise<void>;
  }>;

/** Every read goes to the one database there is. */
export function readsOf(db: Db): Reads {
  return {
    query: (sql, values, options) => db.query(sql, values, options),
    place: () => 'primary',
    close: async () => {},
  };
}

/** A place in the primary's log (LSN) as a number, with the moment at which the primary was seen to have reached it. */
type Seen = Readonly<{ at: number; place: bigint }>;

function placeOf(lsn: string): bigint {
  const [high = '0', low = '0'] = lsn.split('/');
  return (BigInt(`0x${high}`) << 32n) + BigInt(`0x${low}`);
}

/**
 * Milliseconds that a replica is behind: since the newest moment of which it has replayed everything.
 * @param seen oldest first
 */
export function lagOf(seen: readonly Seen[], replayed: bigint, now: number): number {
  const reached = seen.findLast(({ place }) => place <= replayed);
  const missed = seen.find(({ place }) => place > replayed);
  if (!missed) return 0;
  return now - (reached ?? missed).at;
}

/**
 * Reads from a replica while it is there and near its primary; else, and once it fails, from the primary. How near is
 * told by comparing how far each is in the primary's log: that needs no privileges, and holds when nothing is written.
 * @param told hears each time that it changes
 */
export function openReads(
  primary: Db,
  replica: Db,
  timer: Timer,
  told: (place: 'primary' | 'replica', why: string) => void,
  now: () => number = () => performance.now(),
): Reads {
  let usable = false;
  let seen: Seen[] = [];
  let cancel = () => {};
  let closed = false;
  let looking: Promise<void> = Promise.resolve();

  function turn(to: boolean, why: string): void {
    if (to === usable || closed) return;
    usable = to;
    told(to ? 'replica' : 'primary', why);
  }
  async function ask(db: Db, what: string): Promise<bigint | undefined> {
    const [row] = await db.query<{ lsn: string | null }>(`SELECT ${what}::text AS lsn`, [], {
      timeout: ANSWER,
    });
    return row?.lsn ? placeOf(row.lsn) : undefined;
  }
  async function look(): Promise<void> {
    const at = now();
    const current = await ask(primary, 'pg_current_wal_lsn()').catch(() => undefined);
    if (current !== undefined)
      seen = [...seen.filter((one) => at - one.at < 2 * LAG_AT_MOST), { at, place: current }];
    try {
      const replayed = await ask(replica, 'pg_last_wal_replay_lsn()');
      const lag = replayed === undefined ? undefined : lagOf(seen, replayed, now());
      if (lag === undefined) turn(false, 'it is no replica');
      else turn(lag <= LAG_AT_MOST, `${Math.round(lag)} ms behind`);
    } catch (error) {
      turn(false, (error as Error).message);
    }
  }
  function again(): void {
    looking = look().finally(() => {
      if (!closed) cancel = timer(LOOK_EVERY, again);
    });
  }
  again();

  return {
    async query(sql, values, options) {
      if (!usable) return primary.query(sql, values, options);
      try {
        return await replica.query(sql, values, options);
      } catch (error) {
        if (isAway(error)) turn(false, (error as Error).message);
        else if ((error as { code?: unknown }).code !== CANCELLED_BY_RECOVERY) throw error;
        return primary.query(sql, values, options);
      }
    },
    place: () => (usable ? 'replica' : 'primary'),
    async close() {
      closed = true;
      cancel();
      await looking;
      await replica.close();
    },
  };
}
