/**
 * What rejections say, and what only sounds like one. Collected from published templates and real notices.
 * Japanese patterns meet text without any white space (a phrase may be broken over lines); English ones meet text whose
 * white space is folded to one blank. Both meet NFKC-normalised text, so half-width kana and full-width Latin are one.
 * Raise RULES_VERSION with every change: each message is stored with the version that judged it.
 */
export const RULES_VERSION = 3;

/** Every match of `pattern` holds one of `holds`, in lower case: text without them need not be searched. */
export type Phrase = Readonly<{ name: string; pattern: RegExp; holds: readonly string[] }>;

export function phrases(list: Readonly<Record<string, readonly [RegExp, ...string[]]>>): readonly Phrase[] {
  return Object.entries(list).map(([name, [pattern, ...holds]]) => ({ name, pattern, holds }));
}
