import { createHash, createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';

/** What a keyed hash is for; each purpose has its own key, so hashes of different purposes never match. */
export type KeyPurpose = 'person' | 'verification' | 'visitor' | 'fingerprint' | 'csrf' | 'mint' | 'sign-in';

/** Keys derived from SECRET_KEY (HKDF, RFC 5869), one per purpose. */
export type Keys = Readonly<{
  /** HMAC-SHA-256 of `parts`, each length-prefixed so that ('ab','c') and ('a','bc') differ. 32 bytes. */
  hash(purpose: KeyPurpose, ...parts: readonly (string | Buffer)[]): Buffer;
}>;

export function createKeys(secret: string): Keys {
  const derived = new Map<KeyPurpose, Buffer>();
  function keyFor(purpose: KeyPurpose): Buffer {
    let key = derived.get(purpose);
    if (!key) {
      key = Buffer.from(hkdfSync('sha256', secret, 'career-relay', purpose, 32));
      derived.set(purpose, key);
    }
    return key;
  }
  return {
    hash(purpose, ...parts) {
      const hmac = createHmac('sha256', keyFor(purpose));
      for (const part of parts) {
        const bytes = typeof part === 'string' ? Buffer.from(part) : part;
        const length = Buffer.alloc(4);
        length.writeUInt32BE(bytes.length);
        hmac.update(length).update(bytes);
      }
      return hmac.digest();
    },
  };
}

/** SHA-256, for secrets of our own making that carry enough entropy to need no salt. 32 bytes. */
export function digest(value: string | Buffer): Buffer {
  return createHash('sha256').update(value).digest();
}

/** Compares two byte strings in time that does not depend on where they differ. */
export function sameBytes(left: Buffer, right: Buffer): boolean {
  return left.length === right.length && timingSafeEqual(left, right);
}
