import { z } from 'zod';
import { type Company, findCompany } from '../company/store.js';
import type { Deps } from '../deps.js';
import { AppError } from '../errors.js';

const companyPath = z.object({ id: z.uuid() });

/** The company that a path names. @throws AppError `not_found` for an id that is none, or nobody's */
export async function knownCompany(deps: Pick<Deps, 'db'>, params: unknown): Promise<Company> {
  const path = companyPath.safeParse(params);
  const company = path.success && (await findCompany(deps.db, path.data.id));
  if (!company) throw new AppError('not_found', 'no such company');
  return company;
}
