import fc from 'fast-check';
import { labelledUrl, readStaticLabels } from '../../src/click/static-labels.js';
import { urlNeedle } from '../../src/relay/needle.js';

const STATIC = 'https://relay.example/c/aoba';

describe('labels behind a static link', () => {
  test.each([
    [{}, ''],
    [{ job: 'sales' }, '/sales'],
    [{ job: 'R&D (Tokyo).' }, '/R%26D%20%28Tokyo%29%2E'],
    [{ stage: '書類' }, '/-/%E6%9B%B8%E9%A1%9E'],
    [{ job: 'a/b', stage: 'c' }, '/a%2Fb/c'],
  ])('%j is written as %s', (labels, path) => {
    expect(labelledUrl(STATIC, labels)).toBe(`${STATIC}${path}`);
  });

  test('whatever a company writes is read back, and replaced as a whole by the hook', () => {
    const label = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
      .map((text) => text.normalize('NFC').trim())
      .filter((text) => text.length > 0 && text.length <= 100 && !/[\0-\x1f\x7f\p{Surrogate}]/u.test(text))
      .filter((text) => !['-', '.', '..'].includes(text));
    fc.assert(
      fc.property(label, fc.option(label, { nil: undefined }), (job, stage) => {
        const url = labelledUrl(STATIC, { job, stage });
        expect(readStaticLabels(url.slice(STATIC.length + 1).split('/'))).toEqual({ job, stage });
        expect(`(${url}). 続き`.replace(urlNeedle(STATIC).pattern(), 'LINK')).toBe('(LINK). 続き');
      }),
    );
  });
});
