import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathOf } from '../harness/programs.js';

export type Certificate = Readonly<{
  /** PEM; the certificate is its own authority. */
  certPath: string;
  keyPath: string;
  remove(): void;
}>;

/** A certificate for `localhost` that nobody vouches for but itself. */
export function makeCertificate(): Certificate {
  const folder = mkdtempSync(join(tmpdir(), 'career-relay-tls-'));
  const [keyPath, certPath] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  const key = ['-newkey', 'rsa:2048', '-nodes', '-keyout', keyPath];
  execFileSync(pathOf('openssl'), ['req', '-x509', ...key, '-out', certPath, '-days', '2', ...subject], {
    stdio: 'ignore',
  });
  return { certPath, keyPath, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
