/**
 * What the classifier makes of the labelled messages in test/verdicts: `npm run verdicts -- [--json] [--held-out]`.
 * Prints the confusion table of the part that the rules were tuned on and of the part that was kept apart, then each
 * message of the first that is judged otherwise than labelled, with its cues. Names of the part kept apart are shown only
 * with `--held-out`: who tunes by them has none left to measure with.
 */
import { parseArgs } from 'node:util';
import { type Figures, figuresOf, type Judged, judge } from '../test/verdicts/judged.js';
import { readLabelled } from '../test/verdicts/labelled.js';

const { values: options } = parseArgs({
  options: { json: { type: 'boolean', default: false }, 'held-out': { type: 'boolean', default: false } },
});

const judged = readLabelled().map(judge);
const parts = {
  tuned: judged.filter(({ heldOut }) => !heldOut),
  heldOut: judged.filter(({ heldOut }) => heldOut),
  all: judged,
};
const wrong = (options['held-out'] ? parts.all : parts.tuned).filter(
  ({ label, verdict }) => label !== verdict,
);

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

function tableOf(name: string, figures: Figures): string {
  const rows = Object.entries(figures.table).map(
    ([label, { rejection, unsure, other }]) =>
      `  ${label.padEnd(12)}${[rejection, unsure, other].map((count) => String(count).padStart(11)).join('')}`,
  );
  const { messages, hard, precision, recall, overlooked } = figures;
  return [
    `${name}: ${messages} messages, ${hard} of them hard`,
    '  labelled      rejection     unsure      other   (judged)',
    ...rows,
    `  precision ${percent(precision)}, recall ${percent(recall)}, rejections judged other: ${overlooked}`,
  ].join('\n');
}

function wrongOf({ name, label, verdict, cues }: Judged): string {
  const shown = cues.map(({ phrase, where, weight }) => `${phrase} (${where} ${weight})`).join(', ');
  return `${name}: ${label}, judged ${verdict}: ${shown || 'no cue'}`;
}

if (options.json) {
  const figures = Object.fromEntries(Object.entries(parts).map(([name, part]) => [name, figuresOf(part)]));
  const listed = wrong.map(({ name, label, verdict, cues }) => ({ name, label, verdict, cues }));
  process.stdout.write(`${JSON.stringify({ ...figures, wrong: listed }, null, 2)}\n`);
} else {
  const tables = Object.entries(parts).map(([name, part]) => tableOf(name, figuresOf(part)));
  process.stdout.write(`${[...tables, ...wrong.map(wrongOf)].join('\n')}\n`);
}
