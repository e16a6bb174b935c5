import type { Queryable } from '../db/db.js';
import type { Deps } from '../deps.js';
import { withinDeadline } from './deadline.js';
import { insertMessage, type MessageRecord, wasDelivered } from './store.js';

/** A client that heard nothing tries again within hours, at most days; Postfix starts at 5 minutes. */
const REPEAT_WINDOW = 24 * 3_600_000;
const REMEMBERED = 10_000;

/** Milliseconds that an answer waits for its row; the row is written all the same when it takes longer. */
const WAIT = 500;

/**
 * Remembers what became of messages. An answer waits for its row, so that what was answered stands after a crash; but
 * not for long, and never depends on it. What was delivered is known to this process at once.
 */
export function createJournal(deps: Deps) {
  const pending = new Set<Promise<void>>();
  const delivered = new Map<string, number>();

  function remember(record: MessageRecord): void {
    if (record.outcome !== 'delivered') return;
    if (delivered.size >= REMEMBERED) delivered.delete(delivered.keys().next().value!);
    delivered.set(record.fingerprint.toString('hex'), record.finishedAt.getTime());
  }

  return {
    /**
     * Resolves when the row is written, or could not be, or takes too long; never rejects.
     * @param storeIsAway true: the row follows when it can, and nobody waits for it
     */
    async record(record: MessageRecord, storeIsAway = false): Promise<void> {
      remember(record);
      const writing = insertMessage(deps.db, record)
        .catch((error: unknown) => deps.events.relayFault('journal', error, { message: record.id }))
        .finally(() => pending.delete(writing));
      pending.add(writing);
      await withinDeadline(writing, storeIsAway ? 0 : WAIT).catch(() =>
        deps.events.journalLate({ message: record.id }),
      );
    },
    /**
     * Whether a message was taken by upstream within the last day. A store that fails or is slow knows nothing.
     * @param db of the message; see `StoreBudget`
     */
    async isKnown(db: Queryable, companyId: string, fingerprint: Buffer): Promise<boolean> {
      const since = deps.clock().getTime() - REPEAT_WINDOW;
      if ((delivered.get(fingerprint.toString('hex')) ?? 0) > since) return true;
      try {
        return await wasDelivered(db, companyId, fingerprint, new Date(since));
      } catch (error) {
        deps.events.relayFault('repeat-check', error);
        return false;
      }
    },
    /** Waits for rows that are being written. */
    async settled(): Promise<void> {
      await Promise.all(pending);
    },
  };
}
