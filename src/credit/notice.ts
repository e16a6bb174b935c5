import type { NoticeKind } from '../company/store.js';
import type { Tx } from '../db/db.js';
import type { Deps } from '../deps.js';
import type { LedgerEntry } from './entry.js';
import { insertNotice, toldNearlyThere } from './notice-store.js';

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
  for (const entry of earned) await entryNotice(deps, tx, 'credit_earned', entry);
  const [first] = posted.entries;
  if (first?.kind !== 'referral' || earned.length > 0) return;
  if (posted.threshold <= NEARLY || posted.progress < posted.threshold - NEARLY) return;
  if (await toldNearlyThere(tx, first.companyId)) return;
  await entryNotice(deps, tx, 'nearly_there', first);
}

export type NoticeDeps = Pick<Deps, 'newId' | 'clock' | 'jobs'>;

async function entryNotice(deps: NoticeDeps, tx: Tx, kind: NoticeKind, entry: LedgerEntry): Promise<void> {
  const { companyId, sequence } = entry;
  await writeNotice(deps, tx, { companyId, kind, subject: String(sequence), sequence });
}

/**
 * Writes one notice with its job, in the transaction of what it tells of.
 * @returns its id; undefined when it was written before, or is not wanted
 */
export async function writeNotice(
  deps: NoticeDeps,
  tx: Tx,
  wanted: Readonly<{ companyId: string; kind: NoticeKind; subject: string; sequence: number }>,
): Promise<string | undefined> {
  const id = deps.newId();
  if (!(await insertNotice(tx, { ...wanted, id, createdAt: deps.clock() }))) return undefined;
  await deps.jobs.enqueue(tx, 'notice-mail', { noticeId: id });
  return id;
}
