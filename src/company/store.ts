import type { Queryable, Tx } from '../db/db.js';
import { AppError } from '../errors.js';

export type Locale = 'ja' | 'en';
export type Policy = 'explicit' | 'auto' | 'all' | 'shadow';
/** What happens to a mail that comes with a DKIM signature: left alone, or signed anew by the company's own key. */
export type SignedPolicy = 'pass' | 'resign';

/** What a company is told by mail. Each kind can be switched off. */
export const NOTICE_KINDS = ['nearly_there', 'credit_earned', 'credit_expiring', 'monthly_summary'] as const;
export type NoticeKind = (typeof NOTICE_KINDS)[number];

/** The employer that sends the rejection; the tenant. */
export type Company = Readonly<{
  id: string;
  slug: string;
  name: string;
  locale: Locale;
  policy: Policy;
  signedPolicy: SignedPolicy;
  timeZone: string;
  linkHost: string | null;
  destinationUrl: string | null;
  noticesOff: readonly NoticeKind[];
  createdAt: Date;
}>;

const COLUMNS = `id, slug, name, locale, policy, signed_policy AS "signedPolicy", time_zone AS "timeZone",
  link_host AS "linkHost", destination_url AS "destinationUrl", notices_off AS "noticesOff", created_at AS "createdAt"`;

/** @throws AppError `conflict` when the slug or the link host is taken */
export async function insertCompany(tx: Tx, company: Omit<Company, 'noticesOff'>): Promise<void> {
  const rows = await tx.query(
    `INSERT INTO companies (id, slug, name, locale, policy, time_zone, link_host, destination_url, created_at,
       signed_policy)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING RETURNING id`,
    [
      company.id,
      company.slug,
      company.name,
      company.locale,
      company.policy,
      company.timeZone,
      company.linkHost,
      company.destinationUrl,
      company.createdAt,
      company.signedPolicy,
    ],
  );
  if (rows.length === 0) throw new AppError('conflict', 'another company has this slug or link host');
}

export async function findCompany(db: Queryable, id: string): Promise<Company | undefined> {
  const [row] = await db.query<Company>(`SELECT ${COLUMNS} FROM companies WHERE id = $1`, [id]);
  return row;
}

/** The companies with these ids, by id. */
export async function findCompanies(db: Queryable, ids: readonly string[]): Promise<Map<string, Company>> {
  const rows = await db.query<Company>(`SELECT ${COLUMNS} FROM companies WHERE id = ANY($1::uuid[])`, [ids], {
    name: 'companies-by-id',
  });
  return new Map(rows.map((row) => [row.id, row]));
}

export async function findCompanyBySlug(db: Queryable, slug: string): Promise<Company | undefined> {
  const [row] = await db.query<Company>(`SELECT ${COLUMNS} FROM companies WHERE slug = $1`, [slug]);
  return row;
}

/** All companies by name. */
export async function listCompanies(db: Queryable): Promise<Company[]> {
  return db.query<Company>(`SELECT ${COLUMNS} FROM companies ORDER BY name, id`);
}

/** What a company may change of itself. */
export type CompanyChanges = Partial<
  Pick<
    Company,
    'name' | 'locale' | 'policy' | 'signedPolicy' | 'timeZone' | 'linkHost' | 'destinationUrl' | 'noticesOff'
  >
>;

/** Changes only what is given. */
export async function updateCompany(
  db: Queryable,
  id: string,
  changes: CompanyChanges,
): Promise<Company | undefined> {
  const [row] = await db.query<Company>(
    `UPDATE companies SET
       name = coalesce($2, name), locale = coalesce($3, locale), policy = coalesce($4, policy),
       time_zone = coalesce($5, time_zone),
       link_host = CASE WHEN $6 THEN $7 ELSE link_host END,
       destination_url = CASE WHEN $8 THEN $9 ELSE destination_url END,
       signed_policy = coalesce($10, signed_policy), notices_off = coalesce($11, notices_off)
     WHERE id = $1 RETURNING ${COLUMNS}`,
    [
      id,
      changes.name ?? null,
      changes.locale ?? null,
      changes.policy ?? null,
      changes.timeZone ?? null,
      changes.linkHost !== undefined,
      changes.linkHost ?? null,
      changes.destinationUrl !== undefined,
      changes.destinationUrl ?? null,
      changes.signedPolicy ?? null,
      changes.noticesOff ?? null,
    ],
  );
  return row;
}
