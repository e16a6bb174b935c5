import { allCues, type ClassifiedView, type Placed } from './cues.js';

/** A sentence around a cue; `cue` is the end of what was found, to be marked. */
export type Sentence = Readonly<{ before: string; cue: string; after: string }>;

/** As much of a mail as a person needs to say what it is; never the whole. */
export type Excerpt = Readonly<{ subject: string; from: string; source: string; sentences: Sentence[] }>;

const LONGEST_LINE = 200;
/** Characters to either side of a cue at most. */
const AROUND = 80;
const SENTENCES = 3;
const ENDS = /[。.!?！？]/;

/** The subject, the sender, and the sentences in which something spoke for or against a rejection. Pure. */
export function excerptOf(
  view: ClassifiedView & Readonly<{ control: Readonly<{ source?: string | undefined }> }>,
): Excerpt {
  const sentences: Sentence[] = [];
  for (const placed of allCues(view).cues) {
    if (placed.read === '' || sentences.length >= SENTENCES) continue;
    const sentence = sentenceOf(placed);
    if (!sentences.some((known) => known.cue === sentence.cue)) sentences.push(sentence);
  }
  return {
    subject: view.subject.slice(0, LONGEST_LINE),
    from: view.from.slice(0, LONGEST_LINE),
    source: (view.control.source ?? '').slice(0, LONGEST_LINE),
    sentences,
  };
}

function sentenceOf({ read, from, end }: Placed): Sentence {
  const before = read.slice(Math.max(0, from - AROUND), from);
  const after = read.slice(end, end + AROUND);
  const start = Math.max(...[...before].map((char, at) => (ENDS.test(char) ? at + 1 : 0)), 0);
  const stop = after.search(ENDS);
  return {
    before: before.slice(start).trimStart(),
    cue: read.slice(from, end).slice(0, LONGEST_LINE),
    after: stop < 0 ? after : after.slice(0, stop + 1),
  };
}
