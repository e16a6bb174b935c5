import type { Locale } from '../company/store.js';
import { en } from './words-en.js';
import { ja, type Words } from './words-ja.js';

export type { Words } from './words-ja.js';

const words: Readonly<Record<Locale, Words>> = { ja, en };

export function wordsOf(locale: Locale): Words {
  return words[locale];
}
