import type { Reply } from './smtp-reply.js';

/** What a server offers after EHLO, as far as it matters to a relay. */
export type Extensions = Readonly<{
  eightBitMime: boolean;
  smtpUtf8: boolean;
  dsn: boolean;
  enhancedCodes: boolean;
  startTls: boolean;
  auth: readonly string[];
  /** SIZE (RFC 1870): the most octets it takes, 0 for no fixed limit; undefined when it is not offered. */
  size: number | undefined;
  /** Attributes of XFORWARD that it takes from us; none when it does not trust us with it. */
  xforward: readonly string[];
}>;

/** Reads the answer to EHLO (RFC 5321 §4.1.1.1); its first line is a greeting. */
export function parseExtensions(answer: Reply): Extensions {
  const offered = new Map<string, string[]>();
  for (const line of answer.lines.slice(1)) {
    // `AUTH=PLAIN` is how servers older than RFC 4954 write it.
    const [keyword = '', ...parameters] = line
      .trim()
      .replace(/^AUTH=/i, 'AUTH ')
      .toUpperCase()
      .split(/\s+/);
    offered.set(keyword, [...(offered.get(keyword) ?? []), ...parameters]);
  }
  const size = offered.get('SIZE');
  return {
    eightBitMime: offered.has('8BITMIME'),
    smtpUtf8: offered.has('SMTPUTF8'),
    dsn: offered.has('DSN'),
    enhancedCodes: offered.has('ENHANCEDSTATUSCODES'),
    startTls: offered.has('STARTTLS'),
    auth: offered.get('AUTH') ?? [],
    xforward: offered.get('XFORWARD') ?? [],
    size: size && (/^\d{1,15}$/.test(size[0] ?? '') ? Number(size[0]) : 0),
  };
}

/** What is offered while nobody knows what upstream takes: nothing that it might not take. */
export const NO_EXTENSIONS: Extensions = {
  eightBitMime: false,
  smtpUtf8: false,
  dsn: false,
  enhancedCodes: true,
  startTls: false,
  auth: [],
  size: 0,
  xforward: [],
};
