import type { Queryable } from '../db/db.js';

export type CompanyMails = {
  companyId: string;
  relayed: number;
  inserted: number;
  /** Mails of the last day that the next server did not take, or where we do not know. */
  failed: number;
  lastAt: Date;
};

/**
 * Mails of every company. The last one counts from any time, so that a silent company shows.
 * @param since relayed and inserted count from here
 * @param failedSince failures count from here
 */
export async function mailsByCompany(db: Queryable, since: Date, failedSince: Date): Promise<CompanyMails[]> {
  return db.query<CompanyMails>(
    `SELECT company_id AS "companyId",
       count(*) FILTER (WHERE outcome = 'delivered' AND received_at >= $1) AS relayed,
       count(*) FILTER (WHERE outcome = 'delivered' AND received_at >= $1 AND action = 'inserted') AS inserted,
       count(*) FILTER (WHERE outcome <> 'delivered' AND received_at >= $2) AS failed,
       max(received_at) AS "lastAt"
     FROM messages GROUP BY company_id`,
    [since, failedSince],
  );
}

/** Human clicks of every company since a moment. */
export async function clicksByCompany(
  db: Queryable,
  since: Date,
): Promise<{ companyId: string; human: number }[]> {
  return db.query(
    `SELECT company_id AS "companyId", count(*) AS human FROM clicks
     WHERE class = 'human' AND at >= $1 GROUP BY company_id`,
    [since],
  );
}
