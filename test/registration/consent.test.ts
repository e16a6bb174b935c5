import { digest } from '../../src/keys.js';
import { CONSENT_VERSION, textVersion } from '../../src/registration/consent.js';
import { wordsOf } from '../../src/registration/words.js';

/** What a candidate agreed to is proved by its version: a changed word needs a new one, and its line here. */
const TEXTS: Readonly<Record<string, string>> = {
  '2026-11/ja': '08ce655163c37dcf',
  '2026-11/en': '920a1d319bb74850',
};

test.each(['ja', 'en'] as const)('the consent text of %s is the one of its version', (locale) => {
  const words = wordsOf(locale);
  const text = JSON.stringify([words.boxes('A'), words.stopAnyTime, words.purposeList('A')]);
  expect(digest(text).toString('hex').slice(0, 16)).toBe(TEXTS[textVersion(locale)]);
});

test('the version names the text and the language', () => {
  expect(textVersion('ja')).toBe(`${CONSENT_VERSION}/ja`);
});
