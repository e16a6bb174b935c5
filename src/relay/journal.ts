import { createSharedStatement } from '../db/batch.js';
import type { Deps } from '../deps.js';
import { newCode } from '../link/code.js';
import { withinDeadline } from './deadline.js';
import {
  type Closing,
  closeMessages,
  type MessageRecord,
  type Opening,
  openMessages,
  type PlannedLink,
  type RepeatQuestion,
  wereDelivered,
  writeMessage,
} from './store.js';
import type { StoreBudget } from './store-budget.js';

/** A client that heard nothing tries again within hours, at most days; Postfix starts at 5 minutes. */
const REPEAT_WINDOW = 24 * 3_600_000;
const REMEMBERED = 10_000;

/** Milliseconds that an answer waits for its row; the row is written all the same when it takes longer. */
const WAIT = 500;
/** With 10^8 links in use a fresh code is taken once in three million. */
const ATTEMPTS = 5;

/** `open`: the row stands, with this code. `unwritten`: it does not, or nobody knows. */
export type Opened = Readonly<{ kind: 'open'; code: string | null }> | Readonly<{ kind: 'unwritten' }>;

/**
 * Remembers what becomes of messages: a row before anything is handed over, closed when upstream has answered. An answer
 * waits for the close, so that what was answered stands after a crash; but not for long, and never depends on it. What
 * was delivered is known to this process at once.
 */
export function createJournal(deps: Deps) {
  const pending = new Set<Promise<void>>();
  const delivered = new Map<string, number>();
  const write = createSharedStatement<Opening, string | null | undefined>(async (openings) => {
    const codes = await openMessages(deps.db, openings);
    return openings.map(({ record }) => codes.get(record.id));
  });
  const finish = createSharedStatement<Closing, boolean>(async (closings) => {
    const found = await closeMessages(deps.db, closings);
    return closings.map(({ id }) => found.has(id));
  });
  const ask = createSharedStatement<RepeatQuestion, boolean>((questions) =>
    wereDelivered(deps.db, questions),
  );

  function remember({ outcome, fingerprint, finishedAt }: MessageRecord): void {
    if (outcome !== 'delivered' || !finishedAt) return;
    if (delivered.size >= REMEMBERED) delivered.delete(delivered.keys().next().value!);
    delivered.set(fingerprint.toString('hex'), finishedAt.getTime());
  }
  async function openRow(record: MessageRecord, link: PlannedLink | undefined): Promise<Opened> {
    let code = record.code;
    for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
      const written = await write({ record: { ...record, code }, link: link && { ...link, code: code! } });
      if (written !== undefined) return { kind: 'open', code: written };
      code = link ? newCode(deps.randomBytes(32)) : code;
    }
    throw new Error(`no free link code in ${ATTEMPTS} draws`);
  }
  async function closeRow(record: MessageRecord, isOpen: boolean): Promise<void> {
    if (isOpen && (await finish(record))) return;
    await writeMessage(deps.db, record);
  }

  return {
    /** Mints the link that the message carries and writes its row, within the message's budget. Never rejects. */
    async open(store: StoreBudget, record: MessageRecord, link: PlannedLink | undefined): Promise<Opened> {
      try {
        return await store.ask(() => openRow(record, link));
      } catch (error) {
        deps.events.relayFault(link ? 'mint' : 'journal', error, { message: record.id });
        return { kind: 'unwritten' };
      }
    },
    /**
     * Resolves when the row says what became of the message, or could not be written, or takes too long; never rejects.
     * @param isOpen whether the row stands as it is, but for the outcome
     * @param storeIsAway true: the row follows when it can, and nobody waits for it
     */
    async close(record: MessageRecord, isOpen: boolean, storeIsAway = false): Promise<void> {
      remember(record);
      const writing = closeRow(record, isOpen)
        .catch((error: unknown) => deps.events.relayFault('journal', error, { message: record.id }))
        .finally(() => pending.delete(writing));
      pending.add(writing);
      await withinDeadline(writing, storeIsAway ? 0 : WAIT).catch(() =>
        deps.events.journalLate({ message: record.id }),
      );
    },
    /** Whether a message was taken by upstream within the last day. A store that fails or is slow knows nothing. */
    async isKnown(store: StoreBudget, companyId: string, fingerprint: Buffer): Promise<boolean> {
      const since = deps.clock().getTime() - REPEAT_WINDOW;
      if ((delivered.get(fingerprint.toString('hex')) ?? 0) > since) return true;
      try {
        return await store.ask(() => ask({ companyId, fingerprint, since: new Date(since) }));
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
