/**
 * The sequences that make careless servers see two messages where one was sent (CVE-2023-51764 and its kin), and how many
 * messages the servers that were careless would see in a stream of bytes.
 */

const SECOND =
  'MAIL FROM:<evil@example.jp>\r\nRCPT TO:<victim@example.com>\r\nDATA\r\nSubject: smuggled\r\n\r\nx';

export type SmugglingRow = Readonly<{
  name: string;
  /** A CR or LF that is not part of CRLF, or a dot behind NULs alone: refused. Everything else is text. */
  kind: 'refused' | 'text';
  /** The message between its header section and the final dot, in the segments that matter. */
  segments(id: string): readonly string[];
}>;

function between(name: string, sequence: string, kind: SmugglingRow['kind']): SmugglingRow {
  return {
    name,
    kind,
    segments: (id) => [`Subject: first\r\nMessage-ID: <${id}@example.jp>\r\n\r\nfirst${sequence}${SECOND}`],
  };
}

export const SMUGGLING_ROWS: readonly SmugglingRow[] = [
  between('LF.LF', '\n.\n', 'refused'),
  between('LF.CRLF', '\n.\r\n', 'refused'),
  between('CRLF.LF', '\r\n.\n', 'refused'),
  between('CR.CR', '\r.\r', 'refused'),
  between('CR.CRLF', '\r.\r\n', 'refused'),
  between('CRLF.CR', '\r\n.\r', 'refused'),
  between('LF.CR', '\n.\r', 'refused'),
  between('CR.LF', '\r.\n', 'refused'),
  between('CRLF NUL.CRLF', '\r\n\0.\r\n', 'refused'),
  between('CRLF.NUL CRLF', '\r\n.\0\r\n', 'text'),
  between('CRLF.SP CRLF', '\r\n. \r\n', 'text'),
  between('CRLF.CRCRLF', '\r\n.\r\r\n', 'refused'),
  between('LFLF.CRLFCRLF', '\n\n.\r\n\r\n', 'refused'),
  between('CRLF..CRLF', '\r\n..\r\n', 'text'),
  { name: '.. as first line', kind: 'text', segments: () => ['..', `\r\n${SECOND}`] },
];

/** How servers have been known to find the end of the content; each reads the same bytes. */
export const READINGS = {
  'CRLF only': (bytes: string) => count(bytes, /\r\n\.\r\n/),
  'any line end': (bytes: string) => count(bytes, /[\r\n]\.(\r\n|[\r\n])/),
  'white space trimmed': (bytes: string) => count(bytes, /[\r\n]\.[ \t]*(\r\n|[\r\n])/),
  'NUL dropped': (bytes: string) => count(bytes.replaceAll('\0', ''), /[\r\n]\.[ \t]*(\r\n|[\r\n])/),
} as const;

export type Reading = keyof typeof READINGS;
/** Messages that a server with this reading has taken, and senders that it has heard of. */
export type Seen = Readonly<{ messages: number; senders: readonly string[] }>;

/** Plays a server that ends the content at `end`, on what a client sent it. */
function count(bytes: string, end: RegExp): Seen {
  const senders: string[] = [];
  let messages = 0;
  let rest = bytes;
  for (;;) {
    const line = /^([^\r\n]*)(\r\n|[\r\n])/.exec(rest);
    if (!line) return { messages, senders };
    rest = rest.slice(line[0].length);
    const sender = /^MAIL FROM:(\S*)/i.exec(line[1]!)?.[1];
    if (sender) senders.push(sender);
    if (!/^DATA\s*$/i.test(line[1]!)) continue;
    // The line end of DATA stands before the content's first line.
    const content = `\r\n${rest}`;
    const found = end.exec(content);
    if (!found) return { messages, senders };
    messages += 1;
    rest = content.slice(found.index + found[0].length);
  }
}
