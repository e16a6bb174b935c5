import type { Deps } from '../deps.js';
import type { Excerpt } from './excerpt.js';
import { insertReview, type SealedReview } from './review-store.js';

/** Days for which an excerpt is kept, answered or not. */
export const REVIEW_DAYS = 14;

/**
 * Keeps an excerpt of a mail that a person is to look at, encrypted. Never rejects: a mail that was sent is not held up by
 * a question about it.
 */
export async function askAbout(
  deps: Pick<Deps, 'db' | 'keys' | 'randomBytes' | 'events'>,
  message: Readonly<{ id: string; companyId: string; receivedAt: Date }>,
  excerpt: Excerpt,
): Promise<void> {
  const { id, companyId, receivedAt: at } = message;
  try {
    const plain = Buffer.from(JSON.stringify(excerpt));
    const sealed = deps.keys.encrypt('review', id, plain, deps.randomBytes(12));
    await insertReview(deps.db, { messageId: id, companyId, at, excerpt: sealed });
  } catch (error) {
    deps.events.relayFault('review', error, { message: id });
  }
}

/** @throws Error when SECRET_KEY is not the one it was kept under, or the row is damaged */
export function openExcerpt({ keys }: Pick<Deps, 'keys'>, review: SealedReview): Excerpt {
  return JSON.parse(keys.decrypt('review', review.messageId, review.excerpt).toString()) as Excerpt;
}
