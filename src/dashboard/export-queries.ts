import type { Queryable } from '../db/db.js';
import { type Range, valuesOf, withinSql } from './queries.js';

/** A place in a list that is read oldest first. */
type After = Readonly<{ at: Date; id: string }>;

export type ExportedMessage = Readonly<{
  id: string;
  at: Date;
  /** In the company's time zone, `YYYY-MM-DD HH:MM:SS`. */
  local: string;
  verdict: string;
  cues: unknown;
  action: string;
  reason: string | null;
  outcome: string;
  job: string | null;
  stage: string | null;
  source: string | null;
  externalId: string | null;
}>;

/** What was done to each mail, oldest first. No addresses, and no code of a link: with it, a click would have a name. */
export async function exportedMessages(
  db: Queryable,
  companyId: string,
  range: Range,
  after: After | undefined,
  limit: number,
): Promise<ExportedMessage[]> {
  return db.query<ExportedMessage>(
    `SELECT id, received_at AS at, to_char(received_at AT TIME ZONE $4, 'YYYY-MM-DD HH24:MI:SS') AS local, verdict,
       cues, action, reason, outcome, job, stage, source, external_id AS "externalId"
     FROM messages
     WHERE company_id = $1 AND ${withinSql('received_at')}
       AND ($5::timestamptz IS NULL OR (received_at, id) > ($5, $6::uuid))
     ORDER BY received_at, id LIMIT $7`,
    [...valuesOf(companyId, range), after?.at ?? null, after?.id ?? null, limit],
  );
}

export type ExportedClick = Readonly<{
  id: string;
  at: Date;
  local: string;
  class: string;
  cues: readonly string[];
  job: string | null;
  stage: string | null;
  source: string | null;
  device: string | null;
  os: string | null;
  browser: string | null;
}>;

/** Each click, oldest first. Whose link it was is not told: what a single candidate did is his own. */
export async function exportedClicks(
  db: Queryable,
  companyId: string,
  range: Range,
  after: After | undefined,
  limit: number,
): Promise<ExportedClick[]> {
  return db.query<ExportedClick>(
    `SELECT c.id, c.at, to_char(c.at AT TIME ZONE $4, 'YYYY-MM-DD HH24:MI:SS') AS local, c.class, c.cues,
       coalesce(l.job, c.job) AS job, coalesce(l.stage, c.stage) AS stage, l.source, c.device, c.os, c.browser
     FROM clicks c JOIN links l ON l.code = c.code
     WHERE c.company_id = $1 AND ${withinSql('c.at')}
       AND ($5::timestamptz IS NULL OR (c.at, c.id) > ($5, $6::uuid))
     ORDER BY c.at, c.id LIMIT $7`,
    [...valuesOf(companyId, range), after?.at ?? null, after?.id ?? null, limit],
  );
}

export type ExportedRegistrations = Readonly<{
  day: string;
  job: string | null;
  stage: string | null;
  source: string | null;
  received: number;
  counted: number;
  reversed: number;
}>;

/**
 * Registrations by day, job, stage and source, in counts: a single candidate's status is shown to nobody. Each is seen
 * at each of its moments: received, counted, reversed.
 */
export async function exportedRegistrations(
  db: Queryable,
  companyId: string,
  range: Range,
): Promise<ExportedRegistrations[]> {
  return db.query<ExportedRegistrations>(
    `SELECT to_char(moment.at AT TIME ZONE $4, 'YYYY-MM-DD') AS day, coalesce(l.job, c.job) AS job,
       coalesce(l.stage, c.stage) AS stage, l.source,
       count(*) FILTER (WHERE moment.kind = 'received') AS received,
       count(*) FILTER (WHERE moment.kind = 'counted' AND r.counted) AS counted,
       count(*) FILTER (WHERE moment.kind = 'reversed') AS reversed
     FROM registrations r
     CROSS JOIN LATERAL (VALUES ('received', r.created_at), ('counted', r.counted_at), ('reversed', r.reversed_at))
       AS moment (kind, at)
     LEFT JOIN clicks c ON c.id = r.click_id
     LEFT JOIN links l ON l.code = coalesce(r.code, c.code)
     WHERE r.company_id = $1 AND ${withinSql('moment.at')}
     GROUP BY 1, 2, 3, 4 ORDER BY 1, 2 NULLS LAST, 3 NULLS LAST, 4 NULLS LAST`,
    valuesOf(companyId, range),
  );
}
