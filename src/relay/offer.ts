import { nameOf } from './envelope-command.js';
import type { Extensions } from './smtp-extensions.js';

/** Octets that an insertion may add to a message, at most; SIZE is offered less by so much. */
export const GROWTH = 64 * 1024;
/** The largest message taken, in octets, growth included. */
export const LARGEST_MESSAGE = 35 * 1024 * 1024;

/** The most octets that a client may send: ours and upstream's limit, less what an insertion adds. */
export function sizeLimit(upstream: Extensions): number {
  return Math.min(LARGEST_MESSAGE, upstream.size || LARGEST_MESSAGE) - GROWTH;
}

/**
 * What is offered to clients: the intersection of what this hook passes on and what upstream takes.
 * No CHUNKING and no BINARYMIME: the hook reads lines.
 */
export function offeredKeywords(upstream: Extensions): string[] {
  return [
    'PIPELINING',
    `SIZE ${sizeLimit(upstream)}`,
    ...(upstream.eightBitMime ? ['8BITMIME'] : []),
    ...(upstream.smtpUtf8 ? ['SMTPUTF8'] : []),
    ...(upstream.dsn ? ['DSN'] : []),
    ...(upstream.enhancedCodes ? ['ENHANCEDSTATUSCODES'] : []),
  ];
}

export type ParameterCheck =
  | Readonly<{ kind: 'pass'; parameters: readonly string[] }>
  | Readonly<{ kind: 'too-large' }>
  | Readonly<{ kind: 'foreign'; name: string }>
  | Readonly<{ kind: 'malformed'; name: string }>;

function isOffered(name: string, verb: 'MAIL' | 'RCPT', upstream: Extensions): boolean {
  switch (name) {
    case 'SIZE':
    case 'AUTH':
      return verb === 'MAIL';
    case 'BODY':
      return verb === 'MAIL' && upstream.eightBitMime;
    case 'SMTPUTF8':
      return verb === 'MAIL' && upstream.smtpUtf8;
    case 'RET':
    case 'ENVID':
      return verb === 'MAIL' && upstream.dsn;
    case 'NOTIFY':
    case 'ORCPT':
      return verb === 'RCPT' && upstream.dsn;
    default:
      return false;
  }
}

/**
 * Which parameters travel. All do as they were written, but two: SIZE is raised by our growth, and dropped where
 * upstream has none (RFC 1870); AUTH= says who vouched for the message to us, and ends here (RFC 4954 §5).
 */
export function checkParameters(
  verb: 'MAIL' | 'RCPT',
  given: readonly string[],
  upstream: Extensions,
): ParameterCheck {
  const parameters: string[] = [];
  for (const parameter of given) {
    const name = nameOf(parameter);
    if (!isOffered(name, verb, upstream)) return { kind: 'foreign', name };
    if (name === 'AUTH') continue;
    if (name !== 'SIZE') {
      parameters.push(parameter);
      continue;
    }
    const value = parameter.slice('SIZE='.length);
    if (!/^\d{1,15}$/.test(value)) return { kind: 'malformed', name };
    if (Number(value) > sizeLimit(upstream)) return { kind: 'too-large' };
    if (upstream.size !== undefined) parameters.push(`SIZE=${Number(value) + GROWTH}`);
  }
  return { kind: 'pass', parameters };
}
