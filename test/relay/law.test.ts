import fc from 'fast-check';
import { testWith } from '../harness/programs.js';
import { BLOCK, holdLaw, secondOpinions, seenByPostalMime } from './law.js';
import { brokenMail, soundMail } from './law-mails.js';

/** `CR_LAW_RUNS` makes a longer run; the default stays within a minute of one core. */
const RUNS = Number(process.env.CR_LAW_RUNS ?? 10_000);
/** The same messages in every run, so that a red test is the change's; `CR_LAW_SEED` goes looking elsewhere. */
const SEED = Number(process.env.CR_LAW_SEED ?? 20_261_122);

/** The second opinion is asked where Python is installed; elsewhere its tests show as skipped. */
const withPython = testWith('python3');

describe('the insertion law', () => {
  test('sound messages: all is inserted, all is undone, nothing twice; another parser sees the same', async () => {
    await fc.assert(
      fc.asyncProperty(soundMail, async ({ message, chunk, text, html }) => {
        const { plan, output } = holdLaw(message, chunk);
        expect(plan.kind).toBe('inserted');
        const before = await seenByPostalMime(message);
        const after = await seenByPostalMime(output);
        expect(after.headers).toEqual(before.headers);
        expect(after.attachments).toEqual(before.attachments);
        if (text) expect(after.text).toContain(BLOCK.url);
        if (html) expect(after.html).toContain(BLOCK.url);
      }),
      { numRuns: Math.ceil(RUNS * 0.6), seed: SEED },
    );
  }, 600_000);

  withPython(
    'Python sees the same parts, headers, attachments and attached messages',
    () => {
      const mails = fc.sample(soundMail, { numRuns: Math.ceil(RUNS / 10), seed: SEED });
      const pairs = mails.map(({ message, chunk }) => ({
        before: message,
        after: holdLaw(message, chunk).output,
      }));
      secondOpinions(pairs).forEach((findings, at) => {
        if (findings.length > 0)
          throw new Error(
            `${findings.join('; ')} in ${JSON.stringify(pairs[at]!.before.toString('latin1'))}`,
          );
      });
    },
    600_000,
  );

  withPython('control: Python does see a changed attachment, a lost part and a missing link', () => {
    const before = Buffer.from(
      'Content-Type: multipart/mixed; boundary=b\n\n--b\n\nx\n--b\nContent-Type: a/b\n\ny\n--b--\n',
    );
    const changed = Buffer.from(before.toString().replace('\ny\n', '\nz\n'));
    const lost = Buffer.from(before.toString().replace('--b\nContent-Type: a/b', ''));
    const unlinked = Buffer.from(before.toString().replace('\nx\n', '\nz\n'));
    for (const found of secondOpinions([changed, lost, unlinked].map((after) => ({ before, after })))) {
      expect(found).not.toEqual([]);
    }
  });

  test('broken messages: never a crash, never a byte lost, never a second block', () => {
    fc.assert(
      fc.property(brokenMail, ({ message, chunk }) => void holdLaw(message, chunk)),
      { numRuns: Math.ceil(RUNS * 0.4), seed: SEED },
    );
  }, 600_000);
});
