import { randomBytes, randomUUID } from 'node:crypto';
import type { Db } from '../src/db/db.js';
import type { Keys, SecretPurpose } from '../src/keys.js';

type Row = Readonly<{ purpose: SecretPurpose; owner: string; read: (db: Db) => Promise<Buffer> }>;

const reader = (sql: string, owner: string) => async (db: Db) =>
  (await db.query<{ sealed: Buffer }>(sql, [owner]))[0]!.sealed;

/** A company with one secret of each kind, encrypted under `keys`; each says what it is. */
export async function insertCompanySecret(db: Db, keys: Keys): Promise<readonly Row[]> {
  const member = randomUUID();
  const [company, dkim, signing, message] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()];
  const seal = (purpose: SecretPurpose, owner: string) =>
    keys.encrypt(purpose, owner, Buffer.from(`a ${purpose}`), randomBytes(12));
  const at = new Date();
  await db.query(
    `INSERT INTO companies (id, name, slug, locale, policy, created_at) VALUES ($1, 'Aoba', $2, 'ja', 'auto', $3)`,
    [company, `aoba-${company}`, at],
  );
  await db.query(
    `INSERT INTO dkim_keys (id, company_id, domain, selector, algorithm, public_key, private_key, created_at)
     VALUES ($1, $2, 'aoba.example', 's1', 'ed25519-sha256', '\\x00', $3, $4)`,
    [dkim, company, seal('dkim-key', dkim), at],
  );
  await db.query('INSERT INTO signing_secrets (id, sealed, created_at) VALUES ($1, $2, $3)', [
    signing,
    seal('signing-secret', signing),
    at,
  ]);
  await db.query(
    `INSERT INTO sendgrid_accounts (company_id, kind, api_key, hint, deposited_at) VALUES ($1, 'own', $2, 'abcd', $3)`,
    [company, seal('sendgrid-key', company), at],
  );
  await db.query('INSERT INTO reviews (message_id, company_id, at, excerpt) VALUES ($1, $2, $3, $4)', [
    message,
    company,
    at,
    seal('review', message),
  ]);
  await db.query(
    `INSERT INTO members (id, company_id, email, role, locale, created_at) VALUES ($1, $2, $3, 'admin', 'ja', $4)`,
    [member, company, `${member}@aoba.example`, at],
  );
  await db.query('INSERT INTO totp (member_id, sealed, created_at) VALUES ($1, $2, $3)', [
    member,
    seal('totp', member),
    at,
  ]);
  await db.query('INSERT INTO block_drafts (member_id, company_id, draft, at) VALUES ($1, $2, $3, $4)', [
    member,
    company,
    seal('block-draft', member),
    at,
  ]);
  return [
    {
      purpose: 'block-draft',
      owner: member,
      read: reader('SELECT draft AS sealed FROM block_drafts WHERE member_id = $1', member),
    },
    { purpose: 'totp', owner: member, read: reader('SELECT sealed FROM totp WHERE member_id = $1', member) },
    {
      purpose: 'dkim-key',
      owner: dkim,
      read: reader('SELECT private_key AS sealed FROM dkim_keys WHERE id = $1', dkim),
    },
    {
      purpose: 'signing-secret',
      owner: signing,
      read: reader('SELECT sealed FROM signing_secrets WHERE id = $1', signing),
    },
    {
      purpose: 'sendgrid-key',
      owner: company,
      read: reader('SELECT api_key AS sealed FROM sendgrid_accounts WHERE company_id = $1', company),
    },
    {
      purpose: 'review',
      owner: message,
      read: reader('SELECT excerpt AS sealed FROM reviews WHERE message_id = $1', message),
    },
  ];
}
