import type { Queryable, Tx } from '../db/db.js';

export type SigningSecret = Readonly<{
  id: string;
  label: string | null;
  createdAt: Date;
  revokedAt: Date | null;
}>;

export async function insertSecret(
  db: Queryable,
  secret: Readonly<{ id: string; label: string | null; sealed: Buffer; at: Date }>,
): Promise<void> {
  await db.query('INSERT INTO signing_secrets (id, label, sealed, created_at) VALUES ($1, $2, $3, $4)', [
    secret.id,
    secret.label,
    secret.sealed,
    secret.at,
  ]);
}

export async function listSecrets(db: Queryable): Promise<SigningSecret[]> {
  return db.query<SigningSecret>(
    `SELECT id, label, created_at AS "createdAt", revoked_at AS "revokedAt" FROM signing_secrets
     ORDER BY created_at, id`,
  );
}

/** Secrets that sign now, sealed; newest first. */
export async function liveSecrets(db: Queryable): Promise<{ id: string; sealed: Buffer }[]> {
  return db.query(
    'SELECT id, sealed FROM signing_secrets WHERE revoked_at IS NULL ORDER BY created_at DESC, id',
  );
}

/** @returns false when there is no such live secret */
export async function revokeSecret(db: Queryable, id: string, at: Date): Promise<boolean> {
  const rows = await db.query(
    'UPDATE signing_secrets SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL RETURNING id',
    [id, at],
  );
  return rows.length > 0;
}

/** @returns false when this message had its effect before */
export async function spendWebhookId(tx: Tx, id: string, at: Date): Promise<boolean> {
  const rows = await tx.query(
    'INSERT INTO webhook_ids (id, received_at) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING RETURNING id',
    [id, at],
  );
  return rows.length > 0;
}

/** Ids whose timestamps are refused anyway. */
export async function forgetWebhookIds(tx: Tx, before: Date): Promise<void> {
  await tx.query('DELETE FROM webhook_ids WHERE received_at < $1', [before]);
}
