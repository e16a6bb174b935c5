import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  hkdfSync,
  timingSafeEqual,
} from 'node:crypto';

/** What a keyed hash is for; each purpose has its own key, so hashes of different purposes never match. */
export type KeyPurpose =
  | 'person'
  | 'verification'
  | 'my-data'
  | 'visitor'
  | 'fingerprint'
  | 'csrf'
  | 'mint'
  | 'sign-in';

/** What a kept secret is; it opens as that and as nothing else. */
export type SecretPurpose = 'dkim-key' | 'signing-secret' | 'sendgrid-key' | 'review' | 'totp';

/** Keys derived from SECRET_KEY (HKDF, RFC 5869), one per purpose. */
export type Keys = Readonly<{
  /** HMAC-SHA-256 of `parts`, each length-prefixed so that ('ab','c') and ('a','bc') differ. 32 bytes. */
  hash(purpose: KeyPurpose, ...parts: readonly (string | Buffer)[]): Buffer;
  /**
   * Encrypts a secret for the database: AES-256-GCM (NIST SP 800-38D), as nonce (12), tag (16), ciphertext.
   * @param owner id of the row that it stands in; moved to another row it does not open
   * @param nonce 12 random bytes, never used before
   */
  encrypt(purpose: SecretPurpose, owner: string, plain: Buffer, nonce: Buffer): Buffer;
  /** Opens what `encrypt` gave. @throws Error when purpose, owner, SECRET_KEY or a byte is another */
  decrypt(purpose: SecretPurpose, owner: string, sealed: Buffer): Buffer;
}>;

const CIPHER = 'aes-256-gcm';
const NONCE = 12;
const TAG = 16;

export function createKeys(secret: string): Keys {
  const derived = new Map<KeyPurpose | 'secrets', Buffer>();
  function keyFor(purpose: KeyPurpose | 'secrets'): Buffer {
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
    encrypt(purpose, owner, plain, nonce) {
      if (nonce.length !== NONCE) throw new RangeError('a nonce has 12 bytes');
      const cipher = createCipheriv(CIPHER, keyFor('secrets'), nonce, { authTagLength: TAG });
      cipher.setAAD(boundTo(purpose, owner));
      const text = Buffer.concat([cipher.update(plain), cipher.final()]);
      return Buffer.concat([nonce, cipher.getAuthTag(), text]);
    },
    decrypt(purpose, owner, sealed) {
      if (sealed.length < NONCE + TAG) throw new Error('the sealed secret is cut short');
      const nonce = sealed.subarray(0, NONCE);
      const decipher = createDecipheriv(CIPHER, keyFor('secrets'), nonce, { authTagLength: TAG });
      decipher.setAAD(boundTo(purpose, owner)).setAuthTag(sealed.subarray(NONCE, NONCE + TAG));
      return Buffer.concat([decipher.update(sealed.subarray(NONCE + TAG)), decipher.final()]);
    },
  };
}

function boundTo(purpose: SecretPurpose, owner: string): Buffer {
  return Buffer.from(`${purpose}\0${owner}`);
}

/** SHA-256, for secrets of our own making that carry enough entropy to need no salt. 32 bytes. */
export function digest(value: string | Buffer): Buffer {
  return createHash('sha256').update(value).digest();
}

/** Compares two byte strings in time that does not depend on where they differ. */
export function sameBytes(left: Buffer, right: Buffer): boolean {
  return left.length === right.length && timingSafeEqual(left, right);
}
