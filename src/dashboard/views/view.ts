import type { Format } from '../format.js';
import type { Words } from '../words.js';

/** What every part of a page is given beside its figures. */
export type View = Readonly<{ w: Words; format: Format; now: Date }>;
