import type { Queryable } from '../db/db.js';
import type { Deps } from '../deps.js';

/** Milliseconds between two writings: a credential's row changes at most so often for its use. */
const EVERY = 60_000;

/** Notes that a credential was used; nothing waits for it. */
export type CredentialUsage = Readonly<{
  note(id: string): void;
  /** Writes what was noted now: before somebody looks. */
  flush(): Promise<void>;
}>;

/** Keeps the newest use of each credential; an older one changes nothing. */
async function writeUses(db: Queryable, uses: ReadonlyMap<string, Date>): Promise<void> {
  await db.query(
    `UPDATE credentials c SET last_used_at = used.at
     FROM unnest($1::uuid[], $2::timestamptz[]) AS used (id, at)
     WHERE c.id = used.id AND (c.last_used_at IS NULL OR c.last_used_at < used.at)`,
    [[...uses.keys()], [...uses.values()].map((at) => at.toISOString())],
  );
}

type UsageDeps = Pick<Deps, 'db' | 'clock' | 'events'>;

/**
 * When credentials were last used. A use is put down in memory, and written once a minute for all of them together: never
 * in a mail's way, and lost for a minute at most when the process dies.
 */
export function createCredentialUsage(
  { db, clock, events }: UsageDeps,
  timer: (milliseconds: number, run: () => void) => () => void,
) {
  let uses = new Map<string, Date>();
  let cancel = () => {};
  let isStopped = false;

  async function flush(): Promise<void> {
    if (uses.size === 0) return;
    const noted = uses;
    uses = new Map();
    try {
      await writeUses(db, noted);
    } catch (error) {
      // Nothing hangs on it: the next use is noted again.
      events.jobFailed('credential-usage', error);
    }
  }
  function schedule(): void {
    if (isStopped) return;
    cancel = timer(EVERY, () => void flush().then(schedule));
  }

  return {
    /** The keys of the configuration have no row: they are told by their name, which is no id. */
    note(id: string): void {
      if (id.length === 36) uses.set(id, clock());
    },
    flush,
    start: schedule,
    async stop(): Promise<void> {
      isStopped = true;
      cancel();
      await flush();
    },
  };
}
