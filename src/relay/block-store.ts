import type { Queryable } from '../db/db.js';
import type { BlockWording } from './block.js';

/** How a company's block reads and where it is not wanted. Versions count from 1 and all stay. */
export type BlockSettings = Readonly<{
  companyId: string;
  version: number;
  wording: BlockWording;
  jobs: readonly string[];
  stages: readonly string[];
  /** The member or key that chose it. */
  chosenBy: string;
  chosenAt: Date;
}>;

const COLUMNS = `company_id AS "companyId", version, wording, jobs, stages, chosen_by AS "chosenBy", chosen_at AS "chosenAt"`;

/** The newest version of each of these companies; one that never chose is not among them. */
export async function findBlocks(
  db: Queryable,
  companyIds: readonly string[],
): Promise<Map<string, BlockSettings>> {
  const rows = await db.query<BlockSettings>(
    `SELECT DISTINCT ON (company_id) ${COLUMNS} FROM block_settings WHERE company_id = ANY($1::uuid[])
     ORDER BY company_id, version DESC`,
    [companyIds],
    { name: 'blocks' },
  );
  return new Map(rows.map((row) => [row.companyId, row]));
}

export async function findBlock(db: Queryable, companyId: string): Promise<BlockSettings | undefined> {
  return (await findBlocks(db, [companyId])).get(companyId);
}

/** Every version, newest first. */
export async function listBlocks(db: Queryable, companyId: string, limit: number): Promise<BlockSettings[]> {
  return db.query<BlockSettings>(
    `SELECT ${COLUMNS} FROM block_settings WHERE company_id = $1 ORDER BY version DESC LIMIT $2`,
    [companyId, limit],
  );
}

/** @returns false where that version is there already: somebody else chose meanwhile */
export async function insertBlock(db: Queryable, block: BlockSettings): Promise<boolean> {
  const rows = await db.query(
    `INSERT INTO block_settings (company_id, version, wording, jobs, stages, chosen_by, chosen_at)
     VALUES ($1, $2, $3::jsonb, $4::text[], $5::text[], $6, $7) ON CONFLICT DO NOTHING RETURNING version`,
    [
      block.companyId,
      block.version,
      JSON.stringify(block.wording),
      block.jobs,
      block.stages,
      block.chosenBy,
      block.chosenAt,
    ],
  );
  return rows.length > 0;
}

/** Drafts of the page of the block that are older. @returns how many */
export async function deleteOldDrafts(db: Queryable, before: Date, limit: number): Promise<number> {
  const rows = await db.query(
    `DELETE FROM block_drafts WHERE member_id IN (SELECT member_id FROM block_drafts WHERE at < $1 LIMIT $2)
     RETURNING member_id`,
    [before, limit],
  );
  return rows.length;
}
