import { readFileSync } from 'node:fs';
import { isIPv4, isIPv6 } from 'node:net';
import { upperOfIpv6 } from '../network.js';
import { type AsnTable, decodeAsnTable } from './asn-table.js';
import type { Timer } from './batch.js';

/** The AS number of a network address; null where it is unknown. */
export type AsnLookup = (address: string) => number | null;

/** The place of the last element that is not greater, -1 when there is none. */
function lastNotAfter<Value extends number | bigint>(
  sorted: { readonly length: number; readonly [place: number]: Value },
  value: Value,
): number {
  let [low, high] = [0, sorted.length - 1];
  while (low <= high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! <= value) low = middle + 1;
    else high = middle - 1;
  }
  return high;
}

const [DOT, ZERO] = [46, 48];

/** Every click of an IPv4 visitor asks for it, so it makes nothing. @param address valid */
function numberOfIpv4(address: string): number {
  let [value, part] = [0, 0];
  for (let at = 0; at < address.length; at += 1) {
    const character = address.charCodeAt(at);
    if (character === DOT) {
      value = value * 256 + part;
      part = 0;
    } else part = part * 10 + character - ZERO;
  }
  return value * 256 + part;
}

/** Without the prefix of an IPv4 address on an IPv6 socket, and without a zone. */
function plainAddress(given: string): string {
  if (!given.includes(':')) return given;
  return given.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/s, '');
}

/** Looks up by binary search: about a microsecond. */
export function lookUpIn(table: AsnTable): AsnLookup {
  return (given) => {
    const address = plainAddress(given);
    if (isIPv4(address)) {
      const value = numberOfIpv4(address);
      const place = lastNotAfter(table.ipv4.from, value);
      return place >= 0 && table.ipv4.to[place]! >= value ? table.ipv4.asn[place]! : null;
    }
    if (!isIPv6(address)) return null;
    const value = upperOfIpv6(address);
    const place = lastNotAfter(table.ipv6.from, value);
    return place >= 0 && table.ipv6.to[place]! >= value ? table.ipv6.asn[place]! : null;
  };
}

/**
 * Reads a table from a file, at a moment when nobody waits: reading it takes some tenths of a second.
 * @returns the look-up, which knows nothing until then, and when that is; a table that cannot be read is `failed`
 * @throws Error, at once, when the file is not there
 */
export function openAsnLookup(
  path: string,
  timer: Timer,
  failed: (error: unknown) => void,
): { asnOf: AsnLookup; read: Promise<void> } {
  const bytes = readFileSync(path);
  let lookUp: AsnLookup = () => null;
  const read = new Promise<void>((resolve) => {
    timer(0, () => {
      try {
        lookUp = lookUpIn(decodeAsnTable(bytes));
      } catch (error) {
        failed(error);
      }
      resolve();
    });
  });
  return { asnOf: (address) => lookUp(address), read };
}
