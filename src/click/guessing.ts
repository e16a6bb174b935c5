import { isIPv4 } from 'node:net';
import { upperOfIpv6 } from './asn-lookup.js';
import { Lru } from './lru.js';

/** Unknown codes that one network may ask for within WINDOW before it is no longer looked up; typing errors are few. */
const GUESSES = 30;
/** Milliseconds. */
const WINDOW = 600_000;
/** Networks watched at once. */
const NETWORKS = 10_000;

/**
 * The network of an address, as one who guesses owns it: a single address of IPv4, the /64 of IPv6. No wider: whoever
 * shares it with somebody who guesses is kept from his own link meanwhile.
 * @param address valid, or `''`
 */
export function networkOf(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
  if (isIPv4(plain)) return plain;
  return plain.includes(':') ? upperOfIpv6(plain).toString(16) : plain;
}

/**
 * Counts the unknown codes that each network asks for. Kept in this process alone: with n processes a network has n
 * times as many guesses, which changes nothing of its chances (docs/privacy.md), and costs the hot path nothing.
 */
export function createGuessWatch(alarm: () => void) {
  const networks = new Lru<string, { since: number; misses: number }>(NETWORKS);
  return {
    /** @param now Unix milliseconds */
    isBlocked(network: string, now: number): boolean {
      const seen = networks.get(network);
      return seen !== undefined && seen.misses >= GUESSES && now - seen.since < WINDOW;
    },
    missed(network: string, now: number): void {
      const seen = networks.get(network);
      if (!seen || now - seen.since >= WINDOW) {
        networks.set(network, { since: now, misses: 1 });
        return;
      }
      seen.misses += 1;
      if (seen.misses === GUESSES) alarm();
    },
    /** Whether anybody was watched at all; while not, nobody need be looked up. */
    get idle(): boolean {
      return networks.size === 0;
    },
  };
}
