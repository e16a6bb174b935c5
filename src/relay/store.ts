import type { Queryable } from '../db/db.js';
import type { Cue } from './classify.js';
import type { InsertedRange } from './splice.js';

/** One line of the hook's journal: what was done to a message and why. Never its content. */
export type MessageRecord = Readonly<{
  id: string;
  companyId: string;
  credentialId: string;
  receivedAt: Date;
  /** See `fingerprintOf`. */
  fingerprint: Buffer;
  /** Addresses without brackets, as people read them. */
  envelopeFrom: string;
  recipients: readonly string[];
  /** Octets received. */
  size: number;
  verdict: 'rejection' | 'other' | 'unsure';
  cues: readonly Cue[];
  rulesVersion: number;
  action: 'inserted' | 'untouched';
  reason: string | null;
  ranges: readonly InsertedRange[];
  code: string | null;
  /** Where the key of our DKIM signature is published: `selector._domainkey.domain`; null where we did not sign. */
  signedBy: string | null;
  job: string | null;
  stage: string | null;
  source: string | null;
  externalId: string | null;
  outcome: 'delivered' | 'refused' | 'failed' | 'ambiguous';
  upstreamReply: string | null;
  finishedAt: Date;
}>;

export async function insertMessage(db: Queryable, record: MessageRecord): Promise<void> {
  await db.query(
    `INSERT INTO messages (id, company_id, credential_id, received_at, fingerprint, envelope_from, recipients, size,
       verdict, cues, rules_version, action, reason, ranges, code, job, stage, source, external_id, outcome,
       upstream_reply, finished_at, signed_by)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22,
       $23)`,
    [
      record.id,
      record.companyId,
      record.credentialId,
      record.receivedAt,
      record.fingerprint,
      record.envelopeFrom,
      record.recipients,
      record.size,
      record.verdict,
      JSON.stringify(record.cues),
      record.rulesVersion,
      record.action,
      record.reason,
      JSON.stringify(record.ranges),
      record.code,
      record.job,
      record.stage,
      record.source,
      record.externalId,
      record.outcome,
      record.upstreamReply,
      record.finishedAt,
      record.signedBy,
    ],
  );
}

/** Whether upstream took this very message after `since`. */
export async function wasDelivered(
  db: Queryable,
  companyId: string,
  fingerprint: Buffer,
  since: Date,
): Promise<boolean> {
  const rows = await db.query(
    `SELECT 1 FROM messages
     WHERE company_id = $1 AND fingerprint = $2 AND outcome = 'delivered' AND finished_at > $3 LIMIT 1`,
    [companyId, fingerprint, since],
  );
  return rows.length > 0;
}
