import type { Request, Response } from 'express';
import type { Queryable, Tx } from '../db/db.js';
import type { Deps } from '../deps.js';
import { AppError } from '../errors.js';
import { digest, sameBytes } from '../keys.js';
import { principal } from './auth.js';

export type Answer = Readonly<{ status: number; body: unknown }>;
type Stored = Answer & { inputHash: Buffer };

async function findAnswer(db: Queryable, who: string, key: string): Promise<Stored | undefined> {
  const [row] = await db.query<Stored>(
    'SELECT input_hash AS "inputHash", status, body FROM idempotency_keys WHERE principal = $1 AND key = $2',
    [who, key],
  );
  return row;
}

async function keepAnswer(tx: Tx, who: string, key: string, inputHash: Buffer, answer: Answer, at: Date) {
  await tx.query(
    `INSERT INTO idempotency_keys (principal, key, input_hash, status, body, created_at) VALUES ($1, $2, $3, $4, $5, $6)`,
    [who, key, inputHash, answer.status, JSON.stringify(answer.body), at],
  );
}

/**
 * Runs a POST's `work` in a transaction together with the keeping of its answer, so that a repeat with the same
 * `Idempotency-Key` and the same input gets the first answer, even when both arrive at once.
 * @throws AppError `conflict` when the key was used with another input
 */
export async function answerOnce(
  deps: Deps,
  request: Request,
  response: Response,
  work: (tx: Tx) => Promise<Answer>,
): Promise<void> {
  const key = request.header('idempotency-key');
  if (!key) {
    const answer = await deps.db.transaction(work);
    response.status(answer.status).json(answer.body);
    return;
  }
  if (key.length > 255) throw new AppError('invalid_input', 'Idempotency-Key: at most 255 characters');
  const who = principal(response).id;
  const inputHash = digest(JSON.stringify([request.method, request.originalUrl, request.body ?? null]));
  const answer = await deps.db.transaction(async (tx) => {
    await tx.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [`${who}:${key}`]);
    const before = await findAnswer(tx, who, key);
    if (before) {
      if (!sameBytes(before.inputHash, inputHash)) {
        throw new AppError('conflict', 'this Idempotency-Key was used with another input');
      }
      return before;
    }
    const fresh = await work(tx);
    await keepAnswer(tx, who, key, inputHash, fresh, deps.clock());
    return fresh;
  });
  response.status(answer.status).json(answer.body);
}
