import type { Queryable } from '../db/db.js';
import type { Deps } from '../deps.js';

/** What a member is trying out. Texts as they were typed; `mail` in base64, empty where none was given. */
export type BlockDraft = Readonly<{
  version: number;
  words: Readonly<Record<'ja' | 'en', Readonly<{ offer: string; note: string }>>>;
  jobs: string;
  stages: string;
  mail: string;
}>;

/** A mail may hold a candidate's name: it is kept no longer than somebody works on the page. */
const KEPT_HOURS = 24;
const HOUR = 3_600_000;

type Owner = Readonly<{ memberId: string; companyId: string }>;

/** Keeps a draft, encrypted and bound to the member, in the place of the one before. */
export async function keepDraft(
  { db, keys, clock, randomBytes }: Pick<Deps, 'db' | 'keys' | 'clock' | 'randomBytes'>,
  { memberId, companyId }: Owner,
  draft: BlockDraft,
): Promise<void> {
  const sealed = keys.encrypt('block-draft', memberId, Buffer.from(JSON.stringify(draft)), randomBytes(12));
  await db.query(
    `INSERT INTO block_drafts (member_id, company_id, draft, at) VALUES ($1, $2, $3, $4)
     ON CONFLICT (member_id) DO UPDATE SET company_id = excluded.company_id, draft = excluded.draft, at = excluded.at`,
    [memberId, companyId, sealed, clock()],
  );
}

/** @returns undefined where there is none, or none that opens (another SECRET_KEY) */
export async function findDraft(
  { db, keys, clock }: Pick<Deps, 'db' | 'keys' | 'clock'>,
  { memberId, companyId }: Owner,
): Promise<BlockDraft | undefined> {
  const since = new Date(clock().getTime() - KEPT_HOURS * HOUR);
  const [row] = await db.query<{ draft: Buffer }>(
    'SELECT draft FROM block_drafts WHERE member_id = $1 AND company_id = $2 AND at >= $3',
    [memberId, companyId, since],
  );
  if (!row) return undefined;
  try {
    return JSON.parse(keys.decrypt('block-draft', memberId, row.draft).toString()) as BlockDraft;
  } catch {
    return undefined;
  }
}

export async function removeDraft(db: Queryable, memberId: string): Promise<void> {
  await db.query('DELETE FROM block_drafts WHERE member_id = $1', [memberId]);
}
