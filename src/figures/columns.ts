/** What can be counted row by row: a sum over days is the figure of their range. */
export const COUNTS = [
  'relayed',
  'rejections',
  'inserted',
  'unsure',
  'notices',
  'minted',
  'human',
  'suspected',
  'scanner',
  'bot',
  'prefetch',
  'received',
  'pending',
  'counted',
  'reversed',
] as const;
export type Count = (typeof COUNTS)[number];

/**
 * What distinct candidates follow from (`src/db/migrations/0053-figures.sql`). With `newcomers` of a range, plus those
 * `awaited` at its beginning, less those who passed it over, each candidate of the range is counted once.
 */
export const CANDIDATE_COUNTS = ['candidates', 'newcomers', 'awaited'] as const;

export const ALL_COUNTS = [...COUNTS, ...CANDIDATE_COUNTS] as const;

/** What a link, a mail or a registration is labelled with. */
export const LABELS = ['job', 'stage', 'source', 'language', 'mailDomain'] as const;
export type Label = (typeof LABELS)[number];

/** What figures are broken down by, beside `all`. Of devices only clicks are known. */
export const DIMENSIONS = [...LABELS, 'device'] as const;
export type Dimension = (typeof DIMENSIONS)[number];

/** The key of what has no label: a character that no label has. */
export const NO_LABEL = '\u0001';

/** A list of columns, each with its expression; 0 where none is given. */
export function countsSql<Name extends string>(
  names: readonly Name[],
  given: Partial<Record<Name, string>>,
): string {
  return names.map((name) => `${given[name] ?? '0::bigint'} AS ${name}`).join(', ');
}

/** The same expression for each column; `?` stands for its name. */
export function eachSql(names: readonly string[], expression: string): string {
  return names.map((name) => expression.replaceAll('?', name)).join(', ');
}
