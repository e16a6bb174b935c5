import { BlockList, isIP, isIPv4 } from 'node:net';

/** A range of addresses: those that share the first `prefix` bits of `address`. */
export type Network = Readonly<{ family: 'ipv4' | 'ipv6'; address: string; prefix: number }>;

export type NetworkParse =
  | Readonly<{ kind: 'network'; network: Network }>
  | Readonly<{ kind: 'fault'; fault: string }>;

/** The widest networks that belong to one owner: 10.0.0.0/8 (RFC 1918) and fc00::/7 (RFC 4193). */
const WIDEST = { ipv4: 8, ipv6: 7 } as const;
const BITS = { ipv4: 32, ipv6: 128 } as const;
const CIDR = /^([0-9a-f.:]+)(?:\/(\d{1,3}))?$/i;

function fault(text: string, why: string): NetworkParse {
  return { kind: 'fault', fault: `${JSON.stringify(text)} ${why}` };
}

/**
 * Reads `192.0.2.0/24`, `2001:db8::/32`, or an address alone. A network so wide that strangers live in it is a fault:
 * who is listed is trusted.
 */
export function parseNetwork(text: string): NetworkParse {
  const [, address = '', bits] = CIDR.exec(text) ?? [];
  const version = isIP(address);
  if (version === 0) return fault(text, 'is not a network such as 192.0.2.0/24 or 2001:db8::/32');
  const family = version === 4 ? 'ipv4' : 'ipv6';
  const prefix = bits === undefined ? BITS[family] : Number(bits);
  if (prefix > BITS[family]) return fault(text, `has more than ${BITS[family]} bits`);
  if (prefix < WIDEST[family]) return fault(text, `is wider than /${WIDEST[family]}: strangers live there`);
  const network: Network = { family, address, prefix };
  if (family === 'ipv6' && isInNetwork('::ffff:0:0', { ...network, prefix: Math.min(prefix, 96) })) {
    return fault(text, 'holds IPv4 addresses: write them as IPv4');
  }
  return { kind: 'network', network };
}

/** @param address of a peer as a socket tells it; an IPv4 address mapped into IPv6 is the IPv4 address */
export function isInNetwork(address: string, { family, address: start, prefix }: Network): boolean {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '');
  if (isIP(plain) === 0) return false;
  const list = new BlockList();
  list.addSubnet(start, prefix, family);
  return list.check(plain, isIPv4(plain) ? 'ipv4' : 'ipv6');
}

/** `192.0.2.1/24` → the same network whichever of its addresses names it. */
export function isSameNetwork(one: Network, other: Network): boolean {
  return one.family === other.family && one.prefix === other.prefix && isInNetwork(one.address, other);
}

/** The upper 64 bits. @param address valid, without a zone */
export function upperOfIpv6(address: string): bigint {
  const [left = '', right] = address.split('::');
  const groupsOf = (text: string) => (text === '' ? [] : text.split(':'));
  const before = groupsOf(left);
  const after = right === undefined ? [] : groupsOf(right);
  // An embedded IPv4 address stands for two groups, both of them in the lower half.
  const written = before.length + after.length + (address.includes('.') ? 1 : 0);
  const zeros = right === undefined ? 0 : 8 - written;
  const groups = [...before, ...Array<string>(zeros).fill('0'), ...after];
  let value = 0n;
  for (const group of groups.slice(0, 4)) value = (value << 16n) | BigInt(Number.parseInt(group, 16));
  return value;
}

/**
 * The network of an address, as one who asks too often owns it: a single address of IPv4, the /64 of IPv6. No wider:
 * whoever shares it with somebody like that is kept out with him.
 * @param address valid, or `''`
 */
export function networkOf(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/s, '');
  if (isIPv4(plain)) return plain;
  return plain.includes(':') ? upperOfIpv6(plain).toString(16) : plain;
}
