import type { Keys } from '../keys.js';
import { Lru } from './lru.js';

const DAY = 86_400_000;
/** Visitors whose hash of the day is remembered: one who comes back does so at once, or on another day. */
const RECENT = 1_000;

/**
 * Keyed hash of a network address and the day (UTC), hex: tells visits of one day apart or together, and no two days
 * together. The address itself is never stored.
 * @returns the function of an address and Unix milliseconds; 32 hex digits, `''` for no address
 */
export function createVisitorHash(keys: Keys): (address: string, now: number) => string {
  let recent = new Lru<string, string>(RECENT);
  let day = 0;
  return (address, now) => {
    if (address === '') return '';
    const today = Math.floor(now / DAY);
    if (today !== day) {
      recent = new Lru(RECENT);
      day = today;
    }
    let hash = recent.get(address);
    if (hash === undefined) {
      hash = keys.hash('visitor', String(day), address).toString('hex', 0, 16);
      recent.set(address, hash);
    }
    return hash;
  };
}
