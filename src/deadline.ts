import { AppError } from './errors.js';

/** Somebody did not answer in time; whatever they may still do is not waited for. */
export class DeadlineError extends AppError {
  constructor() {
    super('unavailable', 'no answer in time');
    this.name = 'DeadlineError';
  }
}

/**
 * Waits for `work`, but no longer than `milliseconds`. Work that comes later is dropped, its failure too.
 * @throws DeadlineError when the time is up
 */
export async function withinDeadline<T>(work: Promise<T>, milliseconds: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new DeadlineError()), milliseconds);
  });
  work.catch(() => {});
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
