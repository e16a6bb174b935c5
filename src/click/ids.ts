import { uuid7 } from '../id.js';

/** Ids whose random bytes are drawn at once; a draw costs as much for one as for many. */
const POOL = 512;
const BYTES = 10;

/** UUIDs, version 7, for a moment in Unix milliseconds. */
export function createIdSource(randomBytes: (count: number) => Buffer): (now: number) => string {
  let pool: Buffer = Buffer.alloc(0);
  let at = 0;
  return (now) => {
    if (at >= pool.length) {
      pool = randomBytes(POOL * BYTES);
      at = 0;
    }
    const id = uuid7(new Date(now), pool.subarray(at, at + BYTES));
    at += BYTES;
    return id;
  };
}
