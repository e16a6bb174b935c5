import { randomBytes } from 'node:crypto';
import { createKeys } from '../src/keys.js';

describe('secrets at rest', () => {
  const keys = createKeys('secret-key-for-tests-0123456789abcdef');
  const plain = Buffer.from('a private key');
  const nonce = randomBytes(12);
  const sealed = keys.encrypt('dkim-key', 'row-1', plain, nonce);

  test('open as what they are', () => {
    expect(keys.decrypt('dkim-key', 'row-1', sealed)).toEqual(plain);
    expect(sealed.includes(plain)).toBe(false);
    expect(sealed).toHaveLength(12 + 16 + plain.length);
  });
  test('open in no other row and under no other secret key', () => {
    expect(() => keys.decrypt('dkim-key', 'row-2', sealed)).toThrow();
    const other = createKeys('another-key-for-tests-0123456789abcdef');
    expect(() => other.decrypt('dkim-key', 'row-1', sealed)).toThrow();
  });
  test('do not open when a byte is changed or missing', () => {
    for (let at = 0; at < sealed.length; at += 1) {
      const changed = Buffer.from(sealed);
      changed[at]! ^= 1;
      expect(() => keys.decrypt('dkim-key', 'row-1', changed)).toThrow();
    }
    expect(() => keys.decrypt('dkim-key', 'row-1', sealed.subarray(0, 20))).toThrow(/cut short/);
  });
  test('a nonce of another length is refused', () => {
    expect(() => keys.encrypt('dkim-key', 'row-1', plain, randomBytes(16))).toThrow(RangeError);
  });
});
