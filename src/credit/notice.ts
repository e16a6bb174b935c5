import type { Tx } from '../db/db.js';
import type { Deps } from '../deps.js';
import type { LedgerEntry } from './entry.js';
import { insertNotice, type NoticeKind, toldNearlyThere } from './store.js';

/** With so few referrals to go, a company is told that it is nearly there. */
const NEARLY = 2;

type Told = Readonly<{
  /** What one referral or reversal wrote. */
  entries: readonly LedgerEntry[];
  /** The progress after them. */
  progress: number;
  threshold: number;
}>;

/**
 * Writes the notices of one posting with their jobs: one for each credit earned; and one when a referral brings the
 * company within two of the next, once on the way to each credit, however often a reversal takes it back.
 */
export async function noticesOf(deps: NoticeDeps, tx: Tx, posted: Told): Promise<void> {
  const earned = posted.entries.filter((entry) => entry.kind === 'earned');
  for (const entry of earned) await notice(deps, tx, 'credit_earned', entry);
  const [first] = posted.entries;
  if (first?.kind !== 'referral' || earned.length > 0) return;
  if (posted.threshold <= NEARLY || posted.progress < posted.threshold - NEARLY) return;
  if (await toldNearlyThere(tx, first.companyId)) return;
  await notice(deps, tx, 'nearly_there', first);
}

type NoticeDeps = Pick<Deps, 'newId' | 'clock' | 'jobs'>;

async function notice(deps: NoticeDeps, tx: Tx, kind: NoticeKind, entry: LedgerEntry): Promise<void> {
  const id = deps.newId();
  const fresh = await insertNotice(tx, {
    id,
    companyId: entry.companyId,
    kind,
    sequence: entry.sequence,
    createdAt: deps.clock(),
  });
  if (fresh) await deps.jobs.enqueue(tx, 'notice-mail', { noticeId: id });
}
