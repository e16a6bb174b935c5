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

/**
 * Hashes that stand in the database for good, or that a repeat is known by. Under another key they could not be made
 * again, so their key stays what it is when SECRET_KEY is exchanged.
 */
export const LASTING = ['person', 'mint', 'fingerprint'] as const satisfies readonly KeyPurpose[];
export type LastingPurpose = (typeof LASTING)[number];

/** What a kept secret is; it opens as that and as nothing else. */
export type SecretPurpose =
  | 'dkim-key'
  | 'signing-secret'
  | 'sendgrid-key'
  | 'review'
  | 'totp'
  | 'block-draft'
  | 'kept-key';

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
  /**
   * Opens what `encrypt` gave, under SECRET_KEY or one of those before it.
   * @throws Error when purpose, owner, every key or a byte is another
   */
  decrypt(purpose: SecretPurpose, owner: string, sealed: Buffer): Buffer;
  /** Whether `sealed` opens under SECRET_KEY itself, and needs none of those before it. */
  isCurrent(purpose: SecretPurpose, owner: string, sealed: Buffer): boolean;
  /** The key of a lasting hash as it is now. 32 bytes. */
  lastingKey(purpose: LastingPurpose): Buffer;
  /** From now on a lasting hash goes by this key. */
  keepKey(purpose: LastingPurpose, key: Buffer): void;
}>;

const CIPHER = 'aes-256-gcm';
const NONCE = 12;
const TAG = 16;

function derive(secret: string, purpose: KeyPurpose | 'secrets'): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, 'career-relay', purpose, 32));
}

/** @throws Error when it does not open */
function open(key: Buffer, bound: Buffer, sealed: Buffer): Buffer {
  const decipher = createDecipheriv(CIPHER, key, sealed.subarray(0, NONCE), { authTagLength: TAG });
  decipher.setAAD(bound).setAuthTag(sealed.subarray(NONCE, NONCE + TAG));
  return Buffer.concat([decipher.update(sealed.subarray(NONCE + TAG)), decipher.final()]);
}

/**
 * @param secret SECRET_KEY
 * @param previous those before it, newest first: what was encrypted under them still opens, and lasting hashes go by the
 *   oldest until `keepKey` says otherwise
 */
export function createKeys(secret: string, previous: readonly string[] = []): Keys {
  const derived = new Map<KeyPurpose, Buffer>();
  const sealing = [secret, ...previous].map((one) => derive(one, 'secrets'));
  for (const purpose of LASTING) derived.set(purpose, derive(previous.at(-1) ?? secret, purpose));

  function keyFor(purpose: KeyPurpose): Buffer {
    let key = derived.get(purpose);
    if (!key) {
      key = derive(secret, purpose);
      derived.set(purpose, key);
    }
    return key;
  }
  function openUnder(keys: readonly Buffer[], purpose: SecretPurpose, owner: string, sealed: Buffer): Buffer {
    if (sealed.length < NONCE + TAG) throw new Error('the sealed secret is cut short');
    const bound = boundTo(purpose, owner);
    let fault: unknown;
    for (const key of keys) {
      try {
        return open(key, bound, sealed);
      } catch (error) {
        fault = error;
      }
    }
    throw fault;
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
      const cipher = createCipheriv(CIPHER, sealing[0]!, nonce, { authTagLength: TAG });
      cipher.setAAD(boundTo(purpose, owner));
      const text = Buffer.concat([cipher.update(plain), cipher.final()]);
      return Buffer.concat([nonce, cipher.getAuthTag(), text]);
    },
    decrypt: (purpose, owner, sealed) => openUnder(sealing, purpose, owner, sealed),
    isCurrent(purpose, owner, sealed) {
      try {
        openUnder(sealing.slice(0, 1), purpose, owner, sealed);
        return true;
      } catch {
        return false;
      }
    },
    lastingKey: keyFor,
    keepKey: (purpose, key) => void derived.set(purpose, key),
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
