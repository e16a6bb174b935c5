import { createSharedStatement } from '../db/batch.js';
import { withinDeadline } from '../deadline.js';
import type { Deps } from '../deps.js';
import { newCode } from '../link/code.js';
import {
  type Closing,
  type MessageRecord,
  type Opening,
  type PlannedLink,
  writeJournal,
  writeMessage,
} from './store.js';
import type { StoreBudget } from './store-budget.js';

/** A client that heard nothing tries again within hours, at most days; Postfix starts at 5 minutes. */
const REPEAT_WINDOW = 24 * 3_600_000;
const REMEMBERED = 10_000;

/** Milliseconds that an answer waits for its row; the row is written all the same when it takes longer. */
const WAIT = 500;
/** While more messages than this are on their way, nobody waits: rows follow in the next batch. */
const FEW = 4;
/** With 10^8 links in use a fresh code is taken once in three million. */
const ATTEMPTS = 5;
/** One statement at a time: a commit costs the same for one row and for a hundred. */
const BATCHES = { inFlight: 1, size: 200 };

/**
 * `open`: the row stands, with this code. `repeated`: upstream took the very message before. `unwritten`: the row does
 * not stand, or nobody knows.
 */
export type Opened =
  | Readonly<{ kind: 'open'; code: string | null }>
  | Readonly<{ kind: 'repeated' }>
  | Readonly<{ kind: 'unwritten' }>;

type Task = Readonly<{ opening: Opening }> | Readonly<{ closing: Closing }>;
type TaskDone = Opened | Readonly<{ kind: 'closed'; stood: boolean }> | Readonly<{ kind: 'taken' }>;

/**
 * Remembers what becomes of messages: a row before anything is handed over, closed when upstream has answered. While few
 * messages are on their way an answer waits for the close, but not for long; under load the close follows within
 * milliseconds, and one that a crash prevents leaves the row in doubt. What was delivered is known to this process at
 * once.
 * @param patience milliseconds that a statement has
 */
export function createJournal(deps: Deps, patience: () => number) {
  const pending = new Set<Promise<void>>();
  const delivered = new Map<string, number>();
  let onTheirWay = 0;
  let written = 0;
  const write = createSharedStatement<Task, TaskDone>(
    async (tasks) => {
      const openings = tasks.flatMap((task) => ('opening' in task ? [task.opening] : []));
      const closings = tasks.flatMap((task) => ('closing' in task ? [task.closing] : []));
      written += openings.length;
      const generation = Math.floor(Math.log2(written + 1));
      const { opened, repeated, closed } = await writeJournal(deps.db, { openings, closings }, generation);
      return tasks.map((task): TaskDone => {
        if ('closing' in task) return { kind: 'closed', stood: closed.has(task.closing.id) };
        const { id } = task.opening.record;
        if (repeated.has(id)) return { kind: 'repeated' };
        const code = opened.get(id);
        return code === undefined ? { kind: 'taken' } : { kind: 'open', code };
      });
    },
    { ...BATCHES, patience },
  );

  function remember({ outcome, fingerprint, finishedAt }: MessageRecord): void {
    if (outcome !== 'delivered' || !finishedAt) return;
    if (delivered.size >= REMEMBERED) delivered.delete(delivered.keys().next().value!);
    delivered.set(fingerprint.toString('latin1'), finishedAt.getTime());
  }
  async function openRow({ record, link, repeatSince }: Opening): Promise<Opened> {
    let code = record.code;
    for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
      const drawn = link && { ...link, code: code! };
      const isAgain = attempt > 1;
      const done = await write({
        opening: { record: { ...record, code }, link: drawn, repeatSince, isAgain },
      });
      if (done.kind === 'open' || done.kind === 'repeated') return done;
      code = link ? newCode(deps.randomBytes(32)) : code;
    }
    throw new Error(`no free link code in ${ATTEMPTS} draws`);
  }
  async function closeRow(record: MessageRecord, isOpen: boolean): Promise<void> {
    if (isOpen) {
      const { id, outcome, upstreamReply, finishedAt } = record;
      const done = await write({ closing: { id, outcome, upstreamReply, finishedAt } });
      if (done.kind === 'closed' && done.stood) return;
    }
    await writeMessage(deps.db, record);
  }
  function repeatsSince(): number {
    return deps.clock().getTime() - REPEAT_WINDOW;
  }

  return {
    /** Counts a message as on its way, until what it returns is called. */
    enter(): () => void {
      onTheirWay += 1;
      return () => {
        onTheirWay -= 1;
      };
    },
    /**
     * Mints the link that the message carries and writes its row, within the message's budget. Never rejects.
     * @param mayRepeat whether it can be told from another message
     */
    async open(
      store: StoreBudget,
      record: MessageRecord,
      link: PlannedLink | undefined,
      mayRepeat: boolean,
    ): Promise<Opened> {
      const repeatSince = mayRepeat ? new Date(repeatsSince()) : undefined;
      try {
        return await store.ask(() => openRow({ record, link, repeatSince }));
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
      if (onTheirWay > FEW) return;
      await withinDeadline(writing, storeIsAway ? 0 : WAIT).catch(() =>
        deps.events.journalLate({ message: record.id }),
      );
    },
    /** Whether this process knows that upstream took a message within the last day. */
    isKnown: (fingerprint: Buffer) => (delivered.get(fingerprint.toString('latin1')) ?? 0) > repeatsSince(),
    /** Waits for rows that are being written. */
    async settled(): Promise<void> {
      await Promise.all(pending);
    },
  };
}
