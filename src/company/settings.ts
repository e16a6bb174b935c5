import type { Deps } from '../deps.js';
import { AppError } from '../errors.js';
import { type AuditActor, recordAudit } from './audit.js';
import { type Company, type CompanyChanges, findCompany, updateCompany } from './store.js';

/** A setting as the audit log keeps it: texts and lists, null where it was taken away. */
type Setting = string | readonly string[] | null;

function sameSetting(one: Setting, other: Setting): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** SQLSTATE 23505 (PostgreSQL, Appendix A). Of what a company changes only its link host is unique. */
const UNIQUE_VIOLATION = '23505';

async function uniquely<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if ((error as { code?: unknown }).code !== UNIQUE_VIOLATION) throw error;
    const message = 'another company has this link host';
    throw new AppError('conflict', message, [{ field: 'linkHost', message }]);
  }
}

/**
 * Changes what is given and writes down what became another, with its value before.
 * @returns the company as it is now
 * @throws AppError `not_found`; `conflict` when the link host is another company's
 */
export async function changeCompany(
  deps: Deps,
  actor: AuditActor,
  id: string,
  changes: CompanyChanges,
): Promise<Company> {
  const changed = await uniquely(() =>
    deps.db.transaction(async (tx) => {
      const before = await findCompany(tx, id);
      const after = before && (await updateCompany(tx, id, changes));
      if (!before || !after) throw new AppError('not_found', `no company ${id}`);
      const names = (Object.keys(changes) as (keyof CompanyChanges)[]).filter(
        (name) => !sameSetting(before[name], after[name]),
      );
      if (names.length === 0) return after;
      const details = Object.fromEntries(
        names.flatMap((name) => [
          [name, after[name]],
          [`${name}Before`, before[name]],
        ]),
      );
      await recordAudit(deps, tx, { companyId: id, actor, action: 'company.changed', details });
      return after;
    }),
  );
  deps.linkCache?.keepCompany(changed);
  return changed;
}
