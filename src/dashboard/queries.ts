import type { Queryable } from '../db/db.js';
import { countFigures, type Range } from '../figures/store.js';

export type { Range };

/** `$2` and `$3` are days, `$4` the zone in which they begin and end. */
export function withinSql(at: string): string {
  return `${at} >= $2::text::date::timestamp AT TIME ZONE $4 AND ${at} < ($3::text::date + 1)::timestamp AT TIME ZONE $4`;
}

export function valuesOf(companyId: string, range: Range): string[] {
  return [companyId, range.from, range.to, range.timeZone];
}

export type DeviceCounts = Readonly<{ key: string | null; human: number; candidatesClicked: number }>;

/** Human clicks by what they were made with, most first; null: not told. */
export async function countDevices(db: Queryable, companyId: string, range: Range): Promise<DeviceCounts[]> {
  const rows = await countFigures(db, companyId, range, 'device');
  return rows.filter(({ human }) => human > 0).sort((left, right) => right.human - left.human);
}

/** Net referrals that the ledger took since a moment: the pace. */
export async function sumReferralsSince(db: Queryable, companyId: string, since: Date): Promise<number> {
  const [row] = await db.query<{ referrals: number }>(
    `SELECT coalesce(sum(referrals), 0) AS referrals FROM ledger_entries WHERE company_id = $1 AND at >= $2`,
    [companyId, since],
  );
  return row!.referrals;
}

export type MessageRow = Readonly<{
  id: string;
  receivedAt: Date;
  verdict: 'rejection' | 'other' | 'unsure';
  cues: unknown;
  rulesVersion: number;
  action: 'inserted' | 'untouched';
  reason: string | null;
  outcome: 'forwarding' | 'delivered' | 'refused' | 'failed' | 'ambiguous';
  code: string | null;
  job: string | null;
  stage: string | null;
  source: string | null;
  externalId: string | null;
}>;

/** A place in the list of messages: everything after it is older. */
export type MessageCursor = Readonly<{ receivedAt: Date; id: string }>;

/**
 * What was done to each mail and why, newest first. No addresses: who needs them has them in his own mail system.
 * @param verdict only these; undefined: all
 */
export async function listMessages(
  db: Queryable,
  companyId: string,
  page: Readonly<{ verdict?: MessageRow['verdict']; after?: MessageCursor; limit: number }>,
): Promise<MessageRow[]> {
  return db.query<MessageRow>(
    `SELECT id, received_at AS "receivedAt", verdict, cues, rules_version AS "rulesVersion", action, reason, outcome,
       code, job, stage, source, external_id AS "externalId"
     FROM messages
     WHERE company_id = $1 AND ($2::text IS NULL OR verdict = $2)
       AND ($3::timestamptz IS NULL OR (received_at, id) < ($3, $4::uuid))
     ORDER BY received_at DESC, id DESC LIMIT $5`,
    [companyId, page.verdict ?? null, page.after?.receivedAt ?? null, page.after?.id ?? null, page.limit],
  );
}

export type Happening = Readonly<{
  kind: 'counted' | 'clicked' | 'inserted' | 'unsure';
  at: Date;
  job: string | null;
  stage: string | null;
  device: string | null;
}>;

/** The newest things that happened at a company, of each kind at most `limit`. */
export async function listHappenings(db: Queryable, companyId: string, limit: number): Promise<Happening[]> {
  return db.query<Happening>(
    `SELECT * FROM (
       (SELECT CASE action WHEN 'inserted' THEN 'inserted' ELSE 'unsure' END AS kind, received_at AS at, job, stage,
          NULL::text AS device
        FROM messages
        WHERE company_id = $1 AND outcome = 'delivered' AND (action = 'inserted' OR verdict = 'unsure')
        ORDER BY received_at DESC LIMIT $2)
       UNION ALL
       (SELECT 'clicked', c.at, coalesce(l.job, c.job), coalesce(l.stage, c.stage), coalesce(c.device, c.os)
        FROM clicks c JOIN links l ON l.code = c.code
        WHERE c.company_id = $1 AND c.class = 'human' ORDER BY c.at DESC LIMIT $2)
       UNION ALL
       (SELECT 'counted', counted_at, NULL, NULL, NULL
        FROM registrations WHERE company_id = $1 AND counted ORDER BY counted_at DESC LIMIT $2)
     ) AS happening ORDER BY at DESC LIMIT $2`,
    [companyId, limit],
  );
}
