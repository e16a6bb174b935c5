import { randomFillSync } from 'node:crypto';

/** Octets drawn from the system at once: a question to it costs more than what it answers. */
const POOL = 4_096;

/**
 * Random bytes for codes and ids, from a pool that the system's generator fills. Each byte is given out once, and erased
 * where it lay.
 */
export function createRandomBytes(
  fill: (bytes: Buffer) => Buffer = randomFillSync,
): (count: number) => Buffer {
  const pool = Buffer.alloc(POOL);
  let next = POOL;
  return (count) => {
    if (count > POOL) return fill(Buffer.alloc(count));
    if (next + count > POOL) {
      fill(pool);
      next = 0;
    }
    const drawn = Buffer.from(pool.subarray(next, next + count));
    pool.fill(0, next, next + count);
    next += count;
    return drawn;
  };
}
