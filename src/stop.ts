import { setTimeout as delay } from 'node:timers/promises';

/** Milliseconds from the signal to the end, at most: service managers and schedulers kill after thirty seconds. */
export const STOP_LIMIT = 25_000;

export type Stoppable = Readonly<{
  /** Goes on serving and says that it is about to stop. */
  retire(): void;
  close(): Promise<void>;
}>;

/**
 * Stops in two steps: for `drainSeconds` everything is served as ever while balancers look elsewhere; then nothing new is
 * taken and what runs is finished.
 * @param limit milliseconds in all
 * @returns `late` when something had not finished by then; it is left as it is
 */
export async function stopInTime(
  parts: readonly Stoppable[],
  drainSeconds: number,
  limit = STOP_LIMIT,
): Promise<'stopped' | 'late'> {
  const ending = (async () => {
    for (const part of parts) part.retire();
    await delay(drainSeconds * 1_000);
    await Promise.all(parts.map((part) => part.close()));
    return 'stopped' as const;
  })();
  const cancel = new AbortController();
  const late = delay(limit, 'late' as const, { signal: cancel.signal }).catch(() => 'late' as const);
  return Promise.race([ending, late]).finally(() => cancel.abort());
}
