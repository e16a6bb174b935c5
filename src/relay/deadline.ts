import { AppError } from '../errors.js';

/**
 * Waits for `work`, but no longer than `milliseconds`. Work that comes later is dropped, its failure too.
 * @throws AppError `unavailable` when the time is up
 */
export async function withinDeadline<T>(work: Promise<T>, milliseconds: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new AppError('unavailable', 'no answer in time')), milliseconds);
  });
  work.catch(() => {});
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
