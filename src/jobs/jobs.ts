import type { Tx } from '../db/db.js';

/**
 * What each job is given. Only ids: a job never holds an address or a secret, so that erasure need not look here;
 * whoever runs it reads what it needs then.
 */
export type JobData = {
  'verification-mail': { registrationId: string; attempt: number };
  'my-data-mail': { requestId: string };
  'notice-mail': { noticeId: string };
  'sign-in-mail': { memberId: string; nonce: string };
  'invitation-mail': { memberId: string };
};

export type JobName = keyof JobData;

export type JobHandlers = { readonly [Name in JobName]: (data: JobData[Name]) => Promise<void> };

/** The way into the queue. A job becomes visible when `tx` commits, and not at all when it rolls back. */
export interface Jobs {
  enqueue<Name extends JobName>(tx: Tx, name: Name, data: JobData[Name]): Promise<void>;
}
