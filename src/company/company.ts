import type { Tx } from '../db/db.js';
import type { Deps } from '../deps.js';
import { AppError } from '../errors.js';
import { newCode } from '../link/code.js';
import { insertStaticLink } from '../link/store.js';
import { type Company, insertCompany, type Locale, type Policy } from './store.js';

export type NewCompany = Readonly<{
  name: string;
  slug?: string;
  locale?: Locale;
  policy?: Policy;
  timeZone?: string;
  linkHost?: string;
  destinationUrl?: string;
}>;

/** A slug from a Latin name; a random one for names that leave too little (株式会社…). */
function slugOf(name: string, random: Buffer): string {
  const latin = name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 40);
  return latin.length >= 3 ? latin : `c-${newCode(random).slice(0, 6)}`;
}

/**
 * Creates a company with its static link.
 * @throws AppError `conflict` when the slug or the link host is taken
 */
export async function createCompany(deps: Deps, tx: Tx, wanted: NewCompany): Promise<Company> {
  const company: Company = {
    id: deps.newId(),
    slug: wanted.slug ?? slugOf(wanted.name, deps.randomBytes(32)),
    name: wanted.name,
    locale: wanted.locale ?? 'ja',
    policy: wanted.policy ?? 'auto',
    signedPolicy: 'pass',
    timeZone: wanted.timeZone ?? 'Asia/Tokyo',
    linkHost: wanted.linkHost ?? null,
    destinationUrl: wanted.destinationUrl ?? null,
    noticesOff: [],
    createdAt: deps.clock(),
  };
  if (company.name.trim() === '')
    throw new AppError('invalid_input', 'a company needs a name', [
      { field: 'name', message: 'must not be empty' },
    ]);
  await insertCompany(tx, company);
  const code = newCode(deps.randomBytes(32));
  await insertStaticLink(tx, { code, companyId: company.id, createdAt: company.createdAt });
  deps.linkCache?.keepCompany(company);
  deps.linkCache?.keepStatic(company.id, company.slug, code);
  return company;
}

/** The company's permanent URL, for templates of systems whose mail does not pass the hook. */
export function staticUrlOf(config: Deps['config'], company: Pick<Company, 'slug'>): string {
  return `${config.baseUrl}/c/${company.slug}`;
}
