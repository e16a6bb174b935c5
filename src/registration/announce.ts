import type { Deps } from '../deps.js';
import { findRegistration } from './store.js';

/**
 * Tells the company's open pages that a registration was made, or has changed. Call after the commit. Never fails:
 * whoever is not told reads it at the next load.
 */
export async function announce(
  { db, live }: Pick<Deps, 'db' | 'live'>,
  registrationId: string,
): Promise<void> {
  const found = await findRegistration(db, registrationId).catch(() => undefined);
  if (found?.companyId) live.publish({ kind: 'registrations', companyId: found.companyId });
}
