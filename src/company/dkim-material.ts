import { createPrivateKey, createPublicKey, generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { AppError } from '../errors.js';

export type DkimAlgorithm = 'rsa-sha256' | 'ed25519-sha256';

/** A key that signs, and what the DNS says of it. */
export type KeyMaterial = Readonly<{
  algorithm: DkimAlgorithm;
  /** PKCS #8, DER. */
  privateKey: Buffer;
  /** The p= tag: base64 of SubjectPublicKeyInfo for RSA (RFC 6376 §3.6.1), of the bare 32 bytes for Ed25519 (RFC 8463 §4.2). */
  publicKey: string;
}>;

/** Verifiers must take 1,024 to 4,096 bits (RFC 8301 §3.2). */
const RSA_BITS = { least: 1_024, most: 4_096, ours: 2_048 };

const generate = promisify(generateKeyPair);

/** Makes a key: RSA of 2,048 bits, which every verifier takes, or Ed25519. */
export async function generateMaterial(algorithm: DkimAlgorithm): Promise<KeyMaterial> {
  switch (algorithm) {
    case 'rsa-sha256':
      return materialOf(algorithm, (await generate('rsa', { modulusLength: RSA_BITS.ours })).privateKey);
    case 'ed25519-sha256':
      return materialOf(algorithm, (await generate('ed25519', {})).privateKey);
  }
}

/**
 * Reads a deposited private key.
 * @param pem PKCS #8 or PKCS #1, without a passphrase
 * @param wanted what it is said to be, when something is said
 * @throws AppError `invalid_input` naming `privateKey`, or `algorithm` when the key is of the other kind
 */
export function readMaterial(pem: string, wanted?: DkimAlgorithm): KeyMaterial {
  const key = readPrivateKey(pem);
  const algorithm = key && algorithmOf(key);
  if (!key || !algorithm) {
    throw faulty('privateKey', 'must be a private key in PEM, RSA of 1,024 to 4,096 bits or Ed25519');
  }
  if (wanted && wanted !== algorithm) throw faulty('algorithm', `the private key is for ${algorithm}`);
  return materialOf(algorithm, key);
}

function readPrivateKey(pem: string): KeyObject | undefined {
  try {
    return createPrivateKey({ key: pem, format: 'pem' });
  } catch {
    return undefined;
  }
}

function algorithmOf(key: KeyObject): DkimAlgorithm | undefined {
  if (key.asymmetricKeyType === 'ed25519') return 'ed25519-sha256';
  if (key.asymmetricKeyType !== 'rsa') return undefined;
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
  return bits >= RSA_BITS.least && bits <= RSA_BITS.most ? 'rsa-sha256' : undefined;
}

function materialOf(algorithm: DkimAlgorithm, key: KeyObject): KeyMaterial {
  const spki = createPublicKey(key).export({ type: 'spki', format: 'der' });
  const publicKey = algorithm === 'rsa-sha256' ? spki : spki.subarray(-32);
  return {
    algorithm,
    privateKey: key.export({ type: 'pkcs8', format: 'der' }),
    publicKey: publicKey.toString('base64'),
  };
}

function faulty(field: string, message: string): AppError {
  return new AppError('invalid_input', `${field}: ${message}`, [{ field, message }]);
}

/** The TXT record to publish. `strings` is `value` in the pieces of ≤ 255 octets that a zone file needs (RFC 1035 §3.3). */
export type DnsRecord = Readonly<{ type: 'TXT'; name: string; value: string; strings: readonly string[] }>;

export function dnsRecord(
  key: Readonly<{ domain: string; selector: string; algorithm: DkimAlgorithm; publicKey: string }>,
): DnsRecord {
  const kind = key.algorithm === 'rsa-sha256' ? 'rsa' : 'ed25519';
  const value = `v=DKIM1; k=${kind}; p=${key.publicKey}`;
  return { type: 'TXT', name: recordName(key), value, strings: value.match(/.{1,255}/g) ?? [] };
}

/** Where a key is published (RFC 6376 §3.6.2.1). */
export function recordName({ domain, selector }: Readonly<{ domain: string; selector: string }>): string {
  return `${selector}._domainkey.${domain}`;
}
