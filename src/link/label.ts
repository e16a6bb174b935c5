/** Characters of a label at most. */
export const LONGEST_LABEL = 200;
/** Characters of an address at most: 64 before the sign, 255 behind it (RFC 5321 §4.5.3.1). */
export const LONGEST_ADDRESS = 320;

/**
 * Whether a text can be a mail address. No more is asked than one sign with something on both sides: addresses that
 * mobile carriers gave out (`..taro.@docomo.ne.jp`) break the grammar and work.
 */
export function isAddress(text: string): boolean {
  return /^[^\s@\0]+@[^\s@\0]+$/.test(text);
}

/** No control characters and no half of a character: PostgreSQL stores no NUL, and no screen or table shows the others. */
export function isPrintable(text: string): boolean {
  return !/[\u0000-\u001f\u007f\p{Surrogate}]/u.test(text);
}
