import { isIP } from 'node:net';

/** What a trusted peer says of its client: attribute → value as it was written, in xtext. */
export type Claims = ReadonlyMap<string, string>;

export type ClaimsParse =
  | Readonly<{ kind: 'claims'; claims: Claims }>
  | Readonly<{ kind: 'malformed'; what: string }>;

export const XCLIENT_ATTRIBUTES = ['NAME', 'ADDR', 'PORT', 'PROTO', 'HELO', 'LOGIN'] as const;
export const XFORWARD_ATTRIBUTES = ['NAME', 'ADDR', 'PORT', 'PROTO', 'HELO', 'IDENT', 'SOURCE'] as const;

/** Decoded; as long as a host name or an address may be (RFC 1035 §2.3.4, RFC 5321 §4.5.3.1.2). */
const LONGEST_VALUE = 255;
const XTEXT = /^(?:[!-*,-<>-~]|\+[0-9A-F]{2})+$/;
const UNAVAILABLE = /^\[(UNAVAILABLE|TEMPUNAVAIL)\]$/i;

/** RFC 3461 §4: `+XX` stands for a byte. */
export function decodeXtext(text: string): string {
  return text.replace(/\+([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/** The value of an attribute, decoded; undefined where the peer does not know it, or did not say. */
export function claimOf(claims: Claims, name: string): string | undefined {
  const value = decodeXtext(claims.get(name) ?? '[UNAVAILABLE]');
  return UNAVAILABLE.test(value) ? undefined : value;
}

/** `IPv6:2001:db8::1` and `192.0.2.1` → the address alone. */
export function claimedAddress(claims: Claims): string | undefined {
  return claimOf(claims, 'ADDR')?.replace(/^IPv6:/i, '');
}

function isSound(name: string, encoded: string): boolean {
  const value = decodeXtext(encoded);
  if (!XTEXT.test(encoded) || value.length > LONGEST_VALUE || /[\0-\x1f\x7f-\x9f]/.test(value)) return false;
  if (UNAVAILABLE.test(value)) return true;
  if (name === 'ADDR') return isIP(value.replace(/^IPv6:/i, '')) !== 0;
  if (name === 'PORT') return /^\d{1,5}$/.test(value) && Number(value) <= 65_535;
  if (name === 'SOURCE') return /^(LOCAL|REMOTE)$/i.test(value);
  return true;
}

/**
 * Reads `XCLIENT ADDR=192.0.2.1 NAME=…` or `XFORWARD …` (Postfix, XCLIENT_README and XFORWARD_README). One attribute
 * that is not in order makes the whole command malformed.
 * @param line the command, latin1, without CRLF
 */
export function parseClaims(line: string, attributes: readonly string[]): ClaimsParse {
  const claims = new Map<string, string>();
  const [, ...pairs] = line.trim().split(/ +/);
  if (pairs.length === 0) return { kind: 'malformed', what: 'an attribute is needed' };
  for (const pair of pairs) {
    const equals = pair.indexOf('=');
    const name = pair.slice(0, Math.max(equals, 0)).toUpperCase();
    const value = pair.slice(equals + 1);
    if (!attributes.includes(name)) return { kind: 'malformed', what: 'an attribute is unknown' };
    if (claims.has(name) || !isSound(name, value)) return { kind: 'malformed', what: `${name} is malformed` };
    claims.set(name, value);
  }
  return { kind: 'claims', claims };
}

/** Octets of a command line without CRLF (RFC 5321 §4.5.3.1.4). */
const LONGEST_LINE = 510;

/** XFORWARD commands that tell another server as much as it wants to know. */
export function forwardLines(claims: Claims, wanted: readonly string[]): string[] {
  const lines: string[] = [];
  for (const [name, value] of claims) {
    if (!wanted.includes(name)) continue;
    const pair = ` ${name}=${value}`;
    const last = lines.at(-1);
    if (last !== undefined && last.length + pair.length <= LONGEST_LINE)
      lines[lines.length - 1] = last + pair;
    else lines.push(`XFORWARD${pair}`);
  }
  return lines;
}
