import type { Deps } from '../deps.js';
import type { FieldFault } from '../errors.js';
import { announce } from './announce.js';
import { type Report, report } from './report.js';
import { reportSchema, shown } from './report-schema.js';

/** What became of one of many reports. */
export type ItemResult = Readonly<
  | { result: 'created' | 'repeated'; registration: ReturnType<typeof shown> }
  | { result: 'faulty' | 'conflict'; externalId?: string; errors: readonly FieldFault[] }
>;

export type Checked = Readonly<{ report: Report } | { errors: readonly FieldFault[] }>;

/** Checks one report. Never throws. */
export function checkReport(input: unknown): Checked {
  const parsed = reportSchema.safeParse(input);
  if (parsed.success) return { report: parsed.data };
  return {
    errors: parsed.error.issues.map((issue) => ({ field: issue.path.join('.'), message: issue.message })),
  };
}

function externalIdOf(input: unknown): { externalId?: string } {
  const given = (input as { externalId?: unknown } | null)?.externalId;
  return typeof given === 'string' ? { externalId: given } : {};
}

async function takeOne(deps: Deps, checked: Report, actor: string): Promise<ItemResult> {
  const outcome = await deps.db.transaction((tx) => report(deps, tx, checked, actor));
  switch (outcome.kind) {
    case 'created':
    case 'repeated':
      await announce(deps, outcome.registration.id);
      return { result: outcome.kind, registration: shown(outcome.registration) };
    case 'conflict': {
      const { field, message } = outcome;
      return { result: 'conflict', externalId: checked.externalId, errors: [{ field, message }] };
    }
  }
}

/**
 * Takes many reports, each in a transaction of its own and in their order: a faulty one stops none of the others, and
 * locks of a thousand people are never held together. A repeat of the whole finds what was done.
 */
export async function takeReports(
  deps: Deps,
  inputs: readonly unknown[],
  actor: string,
): Promise<ItemResult[]> {
  const results: ItemResult[] = [];
  for (const input of inputs) {
    const checked = checkReport(input);
    if ('errors' in checked)
      results.push({ result: 'faulty', ...externalIdOf(input), errors: checked.errors });
    else results.push(await takeOne(deps, checked.report, actor));
  }
  return results;
}
