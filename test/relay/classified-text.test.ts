import fc from 'fast-check';
import { normaliseText } from '../../src/relay/classified-text.js';
import type { Phrase } from '../../src/relay/phrases.js';
import * as english from '../../src/relay/phrases-en.js';
import * as japanese from '../../src/relay/phrases-ja.js';

const JAPANESE: readonly Phrase[] = Object.values(japanese).flat();
const ENGLISH: readonly Phrase[] = Object.values(english).flat();

describe('what a phrase must hold', () => {
  test.each([...JAPANESE, ...ENGLISH].map((phrase) => [phrase.name, phrase] as const))(
    '%s',
    (_name, { pattern, holds }) => {
      // Borders and what must not stand before add nothing to a match.
      const core = new RegExp(
        pattern.source
          .replaceAll('\\b', '')
          .replace(/\(\?<?!(?:[^()]|\([^()]*(?:\([^()]*\)[^()]*)*\))*\)/g, ''),
      );
      fc.assert(
        fc.property(fc.stringMatching(core), (text) => {
          const match = core.exec(text)![0].toLowerCase();
          return holds.some((part) => match.includes(part));
        }),
        { numRuns: 300, seed: 1 },
      );
    },
  );

  test('a phrase of another script is none in text that is kept out', () => {
    for (const { holds } of JAPANESE) for (const part of holds) expect(part).toMatch(/^[^\x00-\x7f]+$/);
    for (const { holds } of ENGLISH) for (const part of holds) expect(part).toMatch(/^[ a-z,'’]+$/);
  });
});

describe('the text that phrases meet', () => {
  const plainly = (content: string) => {
    const normal = content.normalize('NFKC');
    return { dense: normal.replace(/[\s\u200b\ufeff]+/g, ''), spaced: normal.replace(/\s+/g, ' ') };
  };
  const hold = (content: string) => {
    const { dense, spaced, lower } = normaliseText(content);
    const plain = plainly(content);
    expect(spaced).toBe(plain.spaced);
    if (dense !== '' || /[^\x00-\x7f]/.test(plain.dense)) expect(dense).toBe(plain.dense);
    expect(lower).toBe(/[A-Za-z]/.test(spaced) ? spaced.toLowerCase() : '');
  };

  test('is NFKC with blanks out, whatever the characters', () => {
    const common = fc.constantFrom(
      ...'残念ながら、ＡＢ（株）１…―—　 \t\r\nあァー・「」■①ｶﾞﾊﾟが\u3099\u0301e\u00a0\u200b\ufeff〜～ﬁ㈱',
    );
    const unit = fc.oneof(
      { weight: 5, arbitrary: common },
      fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
    );
    fc.assert(
      fc.property(fc.array(unit, { maxLength: 12 }), (units) => hold(units.join(''))),
      {
        numRuns: 20_000,
        seed: 1,
      },
    );
  });

  test('is that for each code unit, alone and before a mark that joins', () => {
    for (let unit = 0; unit < 0x10000; unit += 1) {
      const char = String.fromCharCode(unit);
      const { dense, spaced } = plainly(`あ${char}`);
      const read = normaliseText(`あ${char}`);
      if (read.dense !== dense || read.spaced !== spaced) throw new Error(`U+${unit.toString(16)}`);
    }
    for (const mark of ['\u3099', '\u309a', '\u0301']) {
      for (const char of 'かハｶABＡ一') hold(`${char}${mark}`);
    }
  });
});
