import fc from 'fast-check';
import { BLOCK, holdLaw, seenByPostalMime } from './law.js';
import { brokenMail, soundMail } from './law-mails.js';

/** `CR_LAW_RUNS` makes a longer run; the default stays within a minute of one core. */
const RUNS = Number(process.env.CR_LAW_RUNS ?? 10_000);

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
      { numRuns: Math.ceil(RUNS * 0.6) },
    );
  }, 600_000);

  test('broken messages: never a crash, never a byte lost, never a second block', () => {
    fc.assert(
      fc.property(brokenMail, ({ message, chunk }) => void holdLaw(message, chunk)),
      { numRuns: Math.ceil(RUNS * 0.4) },
    );
  }, 600_000);
});
