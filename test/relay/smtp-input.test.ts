import fc from 'fast-check';
import { createSmtpInput } from '../../src/relay/smtp-input.js';

/** What RFC 5321 §4.5.2 says, over the whole at once. */
function reference(bytes: string): { content: string; rest: string } | undefined {
  const end = bytes.startsWith('.\r\n') ? 0 : bytes.indexOf('\r\n.\r\n') + 2;
  if (end === 1) return undefined;
  return { content: bytes.slice(0, end).replace(/(^|\r\n)\./g, '$1'), rest: bytes.slice(end + 3) };
}

function fed(bytes: string, cuts: readonly number[]) {
  const input = createSmtpInput(100);
  let content = '';
  let at = 0;
  for (const cut of [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b)) {
    input.push(Buffer.from(bytes.slice(at, cut), 'latin1'));
    at = cut;
    const taken = input.takeContent();
    content += Buffer.concat(taken.pieces).toString('latin1');
    if (taken.ended) return { content, waiting: input.waiting(), unfed: bytes.length - at };
  }
  return { content, waiting: undefined, unfed: 0 };
}

describe('what a client sends', () => {
  test('content is the same however it is cut', () => {
    const bytes = fc.string({
      unit: fc.constantFrom('\r', '\n', '.', '\r\n', '\r\n.', 'x', '\0'),
      maxLength: 40,
    });
    const pieces = fc.array(fc.nat(200), { maxLength: 60 });
    fc.assert(
      fc.property(bytes, pieces, (text, cuts) => {
        const wanted = reference(text);
        const got = fed(text, cuts);
        if (!wanted) {
          expect(got.waiting).toBeUndefined();
          return;
        }
        expect(got.content).toBe(wanted.content);
        expect(got.waiting! + got.unfed).toBe(wanted.rest.length);
      }),
      { numRuns: 5_000 },
    );
  });

  test.each([
    ['NOOP\r\nQUIT\r\n', ['NOOP', 'QUIT']],
    ['NOOP\nQUIT\r\n', ['bare-lf', 'QUIT']],
    ['\r\n', ['']],
    [`${'x'.repeat(98)}\r\nQUIT\r\n`, ['x'.repeat(98), 'QUIT']],
    [`${'x'.repeat(99)}\r\nQUIT\r\n`, ['too-long', 'QUIT']],
    [`${'x'.repeat(5_000)}\r\nQUIT\r\n`, ['too-long', 'QUIT']],
    ['NOO\rP\r\n', ['NOO\rP']],
  ])('lines of %j', (text, wanted) => {
    for (const size of [1, 7, text.length]) {
      const input = createSmtpInput(100);
      const lines: string[] = [];
      for (let at = 0; at < text.length; at += size) {
        input.push(Buffer.from(text.slice(at, at + size)));
        for (let line = input.takeLine(); line; line = input.takeLine()) {
          lines.push(line.kind === 'line' ? line.text : line.kind);
        }
      }
      expect(lines).toEqual(wanted);
    }
  });
});
