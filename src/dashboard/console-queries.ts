import type { Queryable, Tx } from '../db/db.js';
import type { Status } from '../registration/store.js';

export type RegistrationLine = Readonly<{
  externalId: string;
  companyName: string | null;
  status: Status;
  counted: boolean;
  createdAt: Date;
}>;

/**
 * Registrations, newest first.
 * @param text an external id, or a part of a company's name; '': all
 */
export async function searchRegistrations(
  db: Queryable,
  { text, status, limit }: Readonly<{ text: string; status: Status | null; limit: number }>,
): Promise<RegistrationLine[]> {
  return db.query<RegistrationLine>(
    `SELECT r.external_id AS "externalId", c.name AS "companyName", r.status, r.counted, r.created_at AS "createdAt"
     FROM registrations r LEFT JOIN companies c ON c.id = r.company_id
     WHERE ($1 = '' OR r.external_id = $1 OR position(lower($1) IN lower(c.name)) > 0)
       AND ($2::text IS NULL OR r.status = $2)
     ORDER BY r.id DESC LIMIT $3`,
    [text, status, limit],
  );
}

export type JobState = 'created' | 'retry' | 'active' | 'completed' | 'cancelled' | 'failed';

export async function countJobs(
  db: Queryable,
): Promise<readonly Readonly<{ name: string; state: JobState; count: number }>[]> {
  return db.query(
    `SELECT name, state::text AS state, count(*) AS count FROM pgboss.job
     WHERE name NOT LIKE '\\_\\_pgboss%' GROUP BY 1, 2 ORDER BY 1, 2`,
  );
}

export type FailedJob = Readonly<{
  id: string;
  name: string;
  tries: number;
  at: Date;
  message: string | null;
}>;

/** Jobs that are tried no more, newest first. What a mail server said may name an address: it is left out. */
export async function listFailedJobs(db: Queryable, limit: number): Promise<FailedJob[]> {
  return db.query<FailedJob>(
    `SELECT id, name, retry_count + 1 AS tries, coalesce(completed_on, created_on) AS at,
       regexp_replace(left(output->>'message', 300), '\\S+@\\S+', '…', 'g') AS message
     FROM pgboss.job WHERE state = 'failed' ORDER BY at DESC, id LIMIT $1`,
    [limit],
  );
}

/** Has a failed job run once more. @returns its name; undefined where no such job has failed */
export async function retryJob(tx: Tx, id: string): Promise<string | undefined> {
  const [row] = await tx.query<{ name: string }>(
    `UPDATE pgboss.job SET state = 'retry', retry_limit = retry_count + 1, start_after = now(), completed_on = NULL
     WHERE id = $1 AND state = 'failed' RETURNING name`,
    [id],
  );
  return row?.name;
}

/** How far the sums of figures go, how many changes they wait for, and mails on their way. */
export async function workUnderWay(
  db: Queryable,
): Promise<Readonly<{ until: Date | null; marks: number; open: number }>> {
  const [row] = await db.query<{ until: Date | null; marks: number; open: number }>(
    `SELECT nullif(until, '-infinity') AS until, (SELECT count(*) FROM figure_marks) AS marks,
       (SELECT count(*) FROM messages WHERE outcome = 'forwarding') AS open FROM figure_state`,
  );
  return row!;
}
