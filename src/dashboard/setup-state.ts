import type { Company } from '../company/store.js';
import type { Deps } from '../deps.js';
import { findBlock } from '../relay/block-store.js';
import { countShadow } from '../relay/review-store.js';
import type { Connection } from './overview.js';
import type { SendgridDesk } from './views/sendgrid-account.js';
import type { SetupState } from './views/setup-steps.js';

const TRIED_DAYS = 14;
const DAY = 86_400_000;

/** How far a company has come on the way to its first link. */
export async function setupStateOf(
  deps: Deps,
  company: Company,
  { usernames }: Connection,
  { account }: SendgridDesk,
): Promise<SetupState> {
  const since = new Date(deps.clock().getTime() - TRIED_DAYS * DAY);
  const [shadow, block] = await Promise.all([
    countShadow(deps.db, company.id, since),
    findBlock(deps.db, company.id),
  ]);
  return {
    policy: company.policy,
    isConnected: usernames.length > 0 || account !== undefined,
    judged: shadow.judged,
    inserted: shadow.inserted,
    days: TRIED_DAYS,
    hasWords: block !== undefined,
  };
}
