import { hostname } from 'node:os';
import type { Config } from '../config.js';
import { connectSmtp, isLoopback, RFC_TIMEOUTS } from '../relay/smtp-client.js';
import { SmtpFault } from '../relay/smtp-fault.js';
import { type Finding, fail, ok, reasonOf, warn } from './finding.js';

/** Milliseconds; nobody who waits for a command line wants the RFC's minutes. */
const QUICK = { ...RFC_TIMEOUTS, connect: 5_000, greeting: 10_000, command: 10_000 };

function todoFor(error: unknown): string {
  switch (error instanceof SmtpFault ? error.kind : undefined) {
    case 'tls':
      return 'check the certificate’s name and issuer; a private CA is trusted by NODE_EXTRA_CA_CERTS=/path/ca.pem';
    case 'refused':
      return 'read what it said: user and password of UPSTREAM_URL, and whether it lets this machine in';
    default:
      return 'does UPSTREAM_URL name it, and does a firewall let this machine out to that port?';
  }
}

/** Connects to the next mail server, greets, encrypts and signs in as for a mail, and leaves without sending one. */
export async function checkUpstream({ upstream }: Config): Promise<Finding> {
  if (upstream.kind === 'outbox') return ok('upstream', 'none: mails become files in DATA_DIR/outbox');
  const place = `${upstream.host}:${upstream.port}`;
  try {
    const startTls = !isLoopback(upstream.host);
    const client = await connectSmtp(upstream, { name: hostname(), timeouts: QUICK, startTls });
    const encrypted = client.wire.isEncrypted();
    client.wire.quit();
    const signedIn = upstream.auth ? ', signed in' : '';
    const said = `${place} takes mail ${encrypted ? 'over TLS' : 'in the clear'}${signedIn}`;
    if (encrypted || isLoopback(upstream.host)) return ok('upstream', said);
    return warn('upstream', said, 'let it offer STARTTLS, or use smtps://: mails cross the network readable');
  } catch (error) {
    return fail('upstream', `${place}: ${reasonOf(error)}`, todoFor(error));
  }
}
