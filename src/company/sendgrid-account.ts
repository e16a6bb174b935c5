import type { Queryable, Tx } from '../db/db.js';
import type { Deps } from '../deps.js';
import { type AuditActor, recordAudit } from './audit.js';

/** Whose SendGrid account a company's mails go by, as anybody of the company may see it. */
export type SendgridAccount = Readonly<{
  companyId: string;
  /** `own`: the key that it deposited; `installation`: ours, where the operator said so. */
  kind: 'own' | 'installation';
  /** The last characters of its own key. */
  hint: string | null;
  depositedAt: Date;
}>;

/** An account with its key, still encrypted; `openAccountKey` opens it. */
export type SealedAccount = SendgridAccount & Readonly<{ apiKey: Buffer | null }>;

const COLUMNS = `company_id AS "companyId", kind, hint, deposited_at AS "depositedAt"`;
const HINT = 4;

/**
 * Keeps whose account a company uses, in the place of what was kept before.
 * @param apiKey the company's own key; undefined: the installation's
 */
export async function keepSendgridAccount(
  { clock, keys, randomBytes }: Pick<Deps, 'clock' | 'keys' | 'randomBytes'>,
  db: Queryable,
  companyId: string,
  apiKey: string | undefined,
): Promise<SendgridAccount> {
  const sealed = apiKey && keys.encrypt('sendgrid-key', companyId, Buffer.from(apiKey), randomBytes(12));
  const [row] = await db.query<SendgridAccount>(
    `INSERT INTO sendgrid_accounts (company_id, kind, api_key, hint, deposited_at) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (company_id) DO UPDATE SET kind = excluded.kind, api_key = excluded.api_key, hint = excluded.hint,
       deposited_at = excluded.deposited_at
     RETURNING ${COLUMNS}`,
    [companyId, sealed ? 'own' : 'installation', sealed ?? null, apiKey?.slice(-HINT) ?? null, clock()],
  );
  return row!;
}

export async function findSendgridAccount(
  db: Queryable,
  companyId: string,
): Promise<SealedAccount | undefined> {
  const [row] = await db.query<SealedAccount>(
    `SELECT ${COLUMNS}, api_key AS "apiKey" FROM sendgrid_accounts WHERE company_id = $1`,
    [companyId],
  );
  return row;
}

/** Forgets whose account a company uses, its key with it. @returns false when there was none */
export async function removeSendgridAccount(db: Queryable, companyId: string): Promise<boolean> {
  const rows = await db.query('DELETE FROM sendgrid_accounts WHERE company_id = $1 RETURNING company_id', [
    companyId,
  ]);
  return rows.length > 0;
}

/**
 * The key in the clear. @returns undefined where the installation has none
 * @throws Error when SECRET_KEY is not the one that it was kept under, or the row is damaged
 */
export function openAccountKey(
  { keys, config }: Pick<Deps, 'keys' | 'config'>,
  { kind, companyId, apiKey }: SealedAccount,
): string | undefined {
  if (kind === 'installation' || !apiKey) return config.sendgrid.apiKey;
  return keys.decrypt('sendgrid-key', companyId, apiKey).toString();
}

/** Keeps whose account a company uses and writes that down; see `keepSendgridAccount`. */
export async function depositSendgridAccount(
  deps: Deps,
  tx: Tx,
  actor: AuditActor,
  { companyId, apiKey }: Readonly<{ companyId: string; apiKey: string | undefined }>,
): Promise<SendgridAccount> {
  const account = await keepSendgridAccount(deps, tx, companyId, apiKey);
  const done = { companyId, actor, action: 'sendgrid_account.kept' } as const;
  await recordAudit(deps, tx, { ...done, details: { kind: account.kind } });
  return account;
}

/** Forgets a company's account and writes that down. @returns false when there was none */
export function forgetSendgridAccount(deps: Deps, actor: AuditActor, companyId: string): Promise<boolean> {
  return deps.db.transaction(async (tx) => {
    if (!(await removeSendgridAccount(tx, companyId))) return false;
    await recordAudit(deps, tx, { companyId, actor, action: 'sendgrid_account.removed' });
    return true;
  });
}
