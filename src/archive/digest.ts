import { createHash } from 'node:crypto';

const MODULUS = 1n << 256n;

/**
 * Counts rows and sums up their SHA-256. The sum does not depend on the order, so that two databases need not sort alike:
 * equal rows give equal sums, and no row can change, go or come twice without changing it.
 */
export function createDigest() {
  let sum = 0n;
  let count = 0;
  return {
    add(row: string): void {
      sum = (sum + BigInt(`0x${createHash('sha256').update(row).digest('hex')}`)) % MODULUS;
      count += 1;
    },
    result: () => ({ count, digest: sum.toString(16).padStart(64, '0') }),
  };
}
