import type { BlockLanguage, BlockWording, BlockWords } from './block.js';
import { type Charset, encodeText } from './charset.js';
import { ruleValue } from './rule-value.js';

export type { BlockWording } from './block.js';

/** Jobs and stages, as `X-Career-Relay-Job` and `-Stage` label them, whose mails get no link. */
export type LabelExclusions = Readonly<{ jobs: readonly string[]; stages: readonly string[] }>;

/** Whether a mail with these labels is left out; labels are compared as rules are. */
export function isExcluded(
  labels: Readonly<{ job?: string | undefined; stage?: string | undefined }>,
  { jobs, stages }: LabelExclusions,
): boolean {
  const stands = (label: string | undefined, among: readonly string[]) =>
    label !== undefined && among.some((one) => ruleValue(one) === ruleValue(label));
  return stands(labels.job, jobs) || stands(labels.stage, stages);
}

/** What is wrong with a company's words. */
export type WordingFault =
  | 'empty'
  | 'too-many-lines'
  | 'line-too-long'
  /** Control characters, or halves of characters. */
  | 'unprintable'
  /** Addresses, tags or placeholders: the link is the only thing that leads anywhere. */
  | 'holds-link'
  /** The reader must learn that he need not. */
  | 'not-optional'
  | 'not-free'
  | 'promises';

export type WordingProblem = Readonly<{
  field: `wording.${BlockLanguage}.${keyof BlockWords}`;
  fault: WordingFault;
}>;

const MOST_LINES = 3;
/** In references of ASCII 100 Japanese characters are 800 octets, below the 998 of a line (RFC 5322 §2.1.1). */
export const LONGEST_WORDING_LINE = 100;

/** Told about the mail's own language, in either of the two texts. */
const OPTIONAL: Readonly<Record<BlockLanguage, RegExp>> = {
  ja: /任意|ご?希望(?:の方|される|に応じ|でしたら|があれば)|必要(?:があれば|な方|でしたら|に応じ)|よろしければ|自由/,
  en: /\b(?:optional|voluntary|if you (?:wish|like|want|would like)|should you wish|up to you|no obligation)\b/i,
};
const FREE: Readonly<Record<BlockLanguage, RegExp>> = {
  ja: /無料|費用はかか|料金はかか|費用は?一切/,
  en: /\b(?:free|no (?:charge|cost|fee)s?|without (?:charge|cost|fee)s?)\b/i,
};
/** Nobody can promise a job (the tone that candidates are owed, and 職業安定法 §5の4: no misleading offers). */
const PROMISES: Readonly<Record<BlockLanguage, RegExp>> = {
  ja: /必ず|確実に|保証|確約|約束|絶対|内定が|採用され(?:ます|る)|就職でき|今すぐ|限定/,
  en: /\b(?:guarante\w*|promis\w*|certain(?:ly)?|assured?|definitely|will (?:be hired|find|get|land) |act now|hurry)\b/i,
};
const LINKISH = /https?:|www\.|\{\{|\}\}|<[a-z/!]|@[\w-]+\.\w|\b[\w-]+\.(?:com|jp|net|org|io|co)\b/i;

/**
 * What keeps a company's words from being kept: each field with its fault; empty where there is none. Link, agency and licence
 * number are not among them: those are always there.
 */
export function wordingProblems(wording: BlockWording): WordingProblem[] {
  return (['ja', 'en'] as const).flatMap((language) => {
    const words = wording[language];
    return words ? problemsOf(words, language) : [];
  });
}

function problemsOf(words: BlockWords, language: BlockLanguage): WordingProblem[] {
  const problems: WordingProblem[] = [];
  for (const name of ['offer', 'note'] as const) {
    const fault = faultOf(words[name], language);
    if (fault) problems.push({ field: `wording.${language}.${name}`, fault });
  }
  if (problems.length > 0) return problems;
  const both = `${words.offer}\n${words.note}`.normalize('NFKC');
  if (!OPTIONAL[language].test(both)) {
    problems.push({ field: `wording.${language}.note`, fault: 'not-optional' });
  }
  if (!FREE[language].test(both)) problems.push({ field: `wording.${language}.offer`, fault: 'not-free' });
  return problems;
}

function faultOf(text: string, language: BlockLanguage): WordingFault | undefined {
  const lines = text.split('\n');
  if (lines.some((line) => line.trim() === '')) return 'empty';
  if (lines.length > MOST_LINES) return 'too-many-lines';
  if (lines.some((line) => line.length > LONGEST_WORDING_LINE)) return 'line-too-long';
  if (/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/u.test(text.replaceAll('\n', ''))) {
    return 'unprintable';
  }
  const plain = text.normalize('NFKC');
  if (LINKISH.test(plain)) return 'holds-link';
  return PROMISES[language].test(plain) ? 'promises' : undefined;
}

/** A company's text as it is kept: line ends and the space around lines tidied. */
export function tidyWords(text: string): string {
  return text
    .split(/\r\n?|\n/)
    .map((line) => line.trim())
    .join('\n')
    .trim();
}

/** In which charsets mails of a language come besides UTF-8. */
const TARGETS: Readonly<Record<BlockLanguage, readonly Charset[]>> = {
  ja: [
    { name: 'iso-2022-jp', kind: 'iso-2022-jp', truthful: true },
    { name: 'cp932', kind: 'shift_jis', truthful: true },
    { name: 'euc-jp', kind: 'euc-jp', truthful: true },
  ],
  en: [{ name: 'us-ascii', kind: 'ascii-superset', truthful: true }],
};

/** A charset in which some of the words cannot be written, and those characters: its plain texts get the ASCII block. */
export type Unwritable = Readonly<{ language: BlockLanguage; charset: string; characters: string }>;

export function unwritableIn(wording: BlockWording): Unwritable[] {
  return (['ja', 'en'] as const).flatMap((language) => {
    const words = wording[language];
    if (!words) return [];
    const characters = [...new Set(`${words.offer}${words.note}`)].filter((one) => one !== '\n');
    return TARGETS[language].flatMap((charset) => {
      const missing = characters.filter((one) => encodeText(charset, one) === undefined);
      return missing.length > 0 ? [{ language, charset: charset.name, characters: missing.join('') }] : [];
    });
  });
}
