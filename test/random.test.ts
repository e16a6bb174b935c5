import { createRandomBytes } from '../src/random.js';

describe('random bytes from a pool', () => {
  test('each byte is given out once, in the order of the source', () => {
    let last = 0;
    const bytes = createRandomBytes((buffer) => {
      for (let at = 0; at < buffer.length; at += 4) {
        last += 1;
        buffer.writeUInt32BE(last, at);
      }
      return buffer;
    });
    const seen = new Set<number>();
    for (let draw = 0; draw < 5_000; draw += 1) {
      const drawn = bytes(4);
      expect(drawn).toHaveLength(4);
      seen.add(drawn.readUInt32BE());
    }
    expect(seen.size).toBe(5_000);
  });
  test('what was given out is the caller’s own', () => {
    const bytes = createRandomBytes();
    const first = bytes(16);
    const copy = Buffer.from(first);
    for (let draw = 0; draw < 1_000; draw += 1) bytes(16);
    expect(first.equals(copy)).toBe(true);
    expect(bytes(10_000)).toHaveLength(10_000);
  });
});
