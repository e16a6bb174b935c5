import { isPrintable } from '../link/label.js';

/** What a company wrote behind its static link, to tell its own templates apart. */
export type StaticLabels = Readonly<{ job?: string; stage?: string }>;

/** Characters of a label at most; what is longer was not written by a company. */
const LONGEST = 100;
/** Stands for a job that is left out before a stage: `/c/aoba/-/書類選考`. */
const NONE = '-';

/** A label as it was meant; undefined for one that is none. It never decides where the link leads. */
function decoded(segment: string | undefined): string | undefined {
  if (!segment || segment === NONE) return undefined;
  try {
    const label = decodeURIComponent(segment).normalize('NFC').trim();
    return label !== '' && label.length <= LONGEST && isPrintable(label) ? label : undefined;
  } catch {
    return undefined;
  }
}

/** Reads what stands behind `/c/{slug}/`. @returns undefined where there is no label */
export function readStaticLabels([job, stage]: readonly string[]): StaticLabels | undefined {
  if (job === undefined) return undefined;
  const labels = { job: decoded(job), stage: decoded(stage) };
  return labels.job === undefined && labels.stage === undefined ? undefined : labels;
}

/** The static link with labels behind it. @param staticUrl without a trailing slash */
export function labelledUrl(staticUrl: string, { job, stage }: StaticLabels): string {
  const segments = stage ? [job || NONE, stage] : job ? [job] : [];
  return [staticUrl, ...segments.map(encoded)].join('/');
}

/** A URL ends where a sentence goes on: what could be its punctuation is escaped too. */
function encoded(label: string): string {
  const hex = (char: string) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`;
  return label === NONE ? NONE : encodeURIComponent(label).replace(/[.!'()*]/g, hex);
}
