import { type Cue, classifyMessage, type Verdict } from '../../src/relay/classify.js';
import { scanMessage } from '../../src/relay/mime.js';
import { readView } from '../../src/relay/view.js';
import type { Label, Labelled } from './labelled.js';

const OURS = { linkBaseUrls: ['https://go.relay.example/r'], staticUrl: 'https://relay.example/c/aoba' };

export type Judged = Labelled & Readonly<{ verdict: Verdict['verdict']; cues: readonly Cue[] }>;

/** What the rules make of a message as the hook would get it. */
export function judge(one: Labelled): Judged {
  const { verdict, cues } = classifyMessage(readView(scanMessage(one.message), OURS), 'auto');
  return { ...one, verdict, cues };
}

export type Figures = Readonly<{
  messages: number;
  hard: number;
  /** Counts by label, then by verdict. */
  table: Readonly<Record<Label, Readonly<Record<Verdict['verdict'], number>>>>;
  /** Of the messages judged `rejection`, the share that are; 1 where there are none. */
  precision: number;
  /** Of the rejections, the share that is judged so. */
  recall: number;
  /** Rejections judged `other`: nobody is asked about them. */
  overlooked: number;
}>;

const LABELS = ['rejection', 'other', 'unsure'] as const;

export function figuresOf(judged: readonly Judged[]): Figures {
  const count = (label: Label, verdict: Label) =>
    judged.filter((one) => one.label === label && one.verdict === verdict).length;
  const row = (label: Label) => ({
    rejection: count(label, 'rejection'),
    other: count(label, 'other'),
    unsure: count(label, 'unsure'),
  });
  const table = { rejection: row('rejection'), other: row('other'), unsure: row('unsure') };
  const right = table.rejection.rejection;
  const said = LABELS.reduce((sum, label) => sum + table[label].rejection, 0);
  const rejections = LABELS.reduce((sum, verdict) => sum + table.rejection[verdict], 0);
  return {
    messages: judged.length,
    hard: judged.filter(({ hardness }) => hardness === 'hard').length,
    table,
    precision: said === 0 ? 1 : right / said,
    recall: rejections === 0 ? 1 : right / rejections,
    overlooked: table.rejection.other,
  };
}
