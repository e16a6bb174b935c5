import { type Figures, figuresOf, judge } from './judged.js';
import { readLabelled } from './labelled.js';

const labelled = readLabelled();
const judged = labelled.map(judge);
const tuned = figuresOf(judged.filter(({ heldOut }) => !heldOut));
const apart = figuresOf(judged.filter(({ heldOut }) => heldOut));
const all = figuresOf(judged);

test('the set is large, mostly hard, in both languages, and names each message once', () => {
  expect(all.messages).toBeGreaterThanOrEqual(300);
  expect(all.hard / all.messages).toBeGreaterThanOrEqual(0.5);
  expect(new Set(labelled.map(({ name }) => name)).size).toBe(labelled.length);
  for (const lang of ['ja', 'en'] as const)
    expect(labelled.filter((one) => one.lang === lang).length).toBeGreaterThan(100);
});

test('every message has a label that there is', () => {
  for (const { name, label, hardness, lang } of labelled) {
    expect([name, ['rejection', 'other', 'unsure'].includes(label)]).toEqual([name, true]);
    expect([name, ['plain', 'hard'].includes(hardness)]).toEqual([name, true]);
    expect([name, ['ja', 'en'].includes(lang)]).toEqual([name, true]);
  }
});

test('no link would be put where it does not belong', () => {
  const wrong = judged.filter(
    ({ label, verdict, heldOut }) => !heldOut && verdict === 'rejection' && label !== 'rejection',
  );
  expect(wrong.map(({ name, cues }) => ({ name, cues }))).toEqual([]);
  expect(all.precision).toBeGreaterThanOrEqual(0.995);
});

test('95 in 100 rejections are found, and the rest is mostly asked about', () => {
  expect(tuned.recall).toBeGreaterThanOrEqual(0.95);
  expect(all.recall).toBeGreaterThanOrEqual(0.95);
  expect(all.overlooked / rejections(all)).toBeLessThan(0.02);
});

/** Names are not looked at: who tunes by them has none left to measure with. */
test('the part kept apart is large enough to say something, and is not judged worse than when it was written', () => {
  expect(apart.messages).toBeGreaterThanOrEqual(60);
  expect(apart.precision).toBeGreaterThanOrEqual(28 / 29);
  expect(apart.recall).toBeGreaterThanOrEqual(28 / 32);
});

test('the figures count what they say', () => {
  const row = { rejection: 0, other: 0, unsure: 0 };
  const [one] = judged.filter(({ label }) => label === 'other');
  const figures = figuresOf([{ ...one!, verdict: 'rejection' }]);
  expect(figures.table).toEqual({ rejection: row, other: { ...row, rejection: 1 }, unsure: row });
  expect(figures).toMatchObject({ precision: 0, recall: 1, overlooked: 0 });
});

function rejections({ table }: Figures): number {
  const { rejection, other, unsure } = table.rejection;
  return rejection + other + unsure;
}
