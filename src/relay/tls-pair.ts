import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';

/** A certificate with its key, in a form that a TLS server takes. */
export type TlsPair = Readonly<{ cert: Buffer; key: Buffer; minVersion: 'TLSv1.2' }>;

/**
 * Reads a certificate and its key. Older versions than TLS 1.2 are not spoken (RFC 8996).
 * @param paths of PEM files
 * @returns the pair and when its certificate ends
 * @throws Error when a file cannot be read, is no PEM, or the key is another certificate's
 */
export function loadTlsPair(
  paths: Readonly<{ certPath: string; keyPath: string }>,
): Readonly<{ pair: TlsPair; until: Date }> {
  const pair = {
    cert: readFileSync(paths.certPath),
    key: readFileSync(paths.keyPath),
    minVersion: 'TLSv1.2',
  } as const;
  createSecureContext(pair);
  return { pair, until: new Date(new X509Certificate(pair.cert).validTo) };
}
