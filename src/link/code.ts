import { customRandom } from 'nanoid';

/** Digits and letters without look-alikes (0 o, 1 i l) and without vowels, so that no code spells a word. */
export const CODE_ALPHABET = '23456789bcdfghjkmnpqrstvwxyz';
/** 28^10 ≈ 3·10^14 codes: with 10^8 links in use, one guess in three million finds one. */
export const CODE_LENGTH = 10;

const CODE = new RegExp(`^[${CODE_ALPHABET}]{${CODE_LENGTH}}$`);

/**
 * A fresh link code.
 * @param random at least 32 random bytes; nanoid rejects those that would favour some letters
 */
export function newCode(random: Buffer): string {
  let at = 0;
  return customRandom(CODE_ALPHABET, CODE_LENGTH, (size) => {
    const bytes = Buffer.alloc(size);
    for (let index = 0; index < size; index += 1) bytes[index] = random[at++ % random.length]!;
    return bytes;
  })();
}

/** Whether a text can be a code at all; says nothing of whether the link exists. */
export function isCode(text: string): boolean {
  return CODE.test(text);
}
