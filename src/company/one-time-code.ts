import { createHmac } from 'node:crypto';
import { sameBytes } from '../keys.js';

/** Milliseconds for which one code is shown (RFC 6238 §5.2). */
export const STEP = 30_000;
/** Digits of a code; authenticator apps know no other number everywhere. */
const DIGITS = 6;
/** Steps that a code may be late or early: clocks differ, people type (RFC 6238 §5.2 recommends one). */
const DRIFT = 1;

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** Base32 without padding (RFC 4648 §6), as authenticator apps take secrets. */
export function base32(bytes: Buffer): string {
  let text = '';
  let held = 0;
  let bits = 0;
  for (const byte of bytes) {
    held = (held << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += BASE32[(held >>> bits) & 31];
    }
    held &= (1 << bits) - 1;
  }
  return bits > 0 ? text + BASE32[(held << (5 - bits)) & 31] : text;
}

/** The time step that a moment lies in: whole half minutes since 1970. */
export function stepOf(now: Date): number {
  return Math.floor(now.getTime() / STEP);
}

/** The code of a step: HOTP (RFC 4226 §5.3) over the step's number, HMAC-SHA-1. */
export function codeAt(secret: Buffer, step: number, digits = DIGITS): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const hash = createHmac('sha1', secret).update(counter).digest();
  const offset = hash[hash.length - 1]! & 15;
  const number = hash.readUInt32BE(offset) & 0x7fff_ffff;
  return String(number % 10 ** digits).padStart(digits, '0');
}

/**
 * The step that a code belongs to, among those that are near now.
 * @param after steps up to this one are spent: a code that was seen is worth nothing a second time
 * @returns undefined for a wrong code and for a spent one
 */
export function matchingStep(
  secret: Buffer,
  code: string,
  now: Date,
  after: number | null,
): number | undefined {
  const given = Buffer.from(code);
  const middle = stepOf(now);
  let found: number | undefined;
  // Every step is compared, so that the time taken does not say which one it was.
  for (let step = middle - DRIFT; step <= middle + DRIFT; step += 1) {
    if (sameBytes(Buffer.from(codeAt(secret, step)), given) && step > (after ?? -1)) found = step;
  }
  return found;
}

/** What an authenticator app reads from the QR code (Key Uri Format of Google Authenticator). */
export function otpauthUrl(secret: Buffer, account: string): string {
  const issuer = 'Career Relay';
  const label = `${encodeURIComponent(issuer)}:${encodeURIComponent(account)}`;
  const query = new URLSearchParams({ secret: base32(secret), issuer, period: '30', digits: String(DIGITS) });
  // Apps show a plus as it is: blanks are told as %20.
  return `otpauth://totp/${label}?${query.toString().replaceAll('+', '%20')}`;
}
