import { SmtpFault } from './smtp-fault.js';

/**
 * One SMTP reply (RFC 5321 §4.2): its code and the text of each line without the code, enhanced status code included.
 * Text is kept as latin1, one character a byte, so that it can be passed on exactly as it came.
 */
export type Reply = Readonly<{ code: number; lines: readonly string[] }>;

/** RFC 5321 §4.5.3.1.5 says 512 octets; servers in the field write longer lines. */
const LONGEST_LINE = 4_096;
const MOST_LINES = 128;
const LINE = /^([2-5][0-9][0-9])(?:([ -])([^\0]*))?$/;

/** A reply of one line of our own making. */
export function reply(code: number, text: string): Reply {
  return { code, lines: [text] };
}

export function isPositive(answer: Reply): boolean {
  return answer.code >= 200 && answer.code < 300;
}

const BREAKS = /[\r\n\0]/g;

/** The reply as it goes on the wire, in latin1: each line ended by CRLF. */
export function replyLines({ code, lines }: Reply): string {
  if (lines.length === 1) return `${code} ${lines[0]!.replace(BREAKS, ' ')}\r\n`;
  const last = lines.length - 1;
  return lines
    .map((text, index) => `${code}${index < last ? '-' : ' '}${text.replace(BREAKS, ' ')}\r\n`)
    .join('');
}

/** The reply as people read it: one line, UTF-8, without control characters. */
export function replyText(answer: Reply): string {
  const text = Buffer.from(`${answer.code} ${answer.lines.join(' ')}`, 'latin1').toString('utf8');
  return text.replace(/[\0-\x1f\x7f]/g, ' ').slice(0, 2_000);
}

function tooLong(): SmtpFault {
  return new SmtpFault('protocol', 'a reply line from upstream is too long');
}

/**
 * Reads replies from a stream of bytes. Only CRLF ends a line: a bare CR or LF inside a reply could make two readers
 * see different replies, so it is a fault and the connection is given up.
 */
export function createReplyReader() {
  let rest: Buffer = Buffer.alloc(0);
  let code: number | undefined;
  let lines: string[] = [];

  function readLine(line: string): Reply | undefined {
    const match = LINE.exec(line);
    if (!match) throw new SmtpFault('protocol', 'a line from upstream is no SMTP reply');
    const value = Number(match[1]);
    if (code !== undefined && code !== value) {
      throw new SmtpFault('protocol', 'a reply from upstream changes its code between lines');
    }
    code = value;
    lines.push(match[3] ?? '');
    if (lines.length > MOST_LINES)
      throw new SmtpFault('protocol', 'a reply from upstream has too many lines');
    if (match[2] === '-') return undefined;
    const complete = { code, lines };
    code = undefined;
    lines = [];
    return complete;
  }

  return {
    /** @returns the replies that are complete now. @throws SmtpFault `protocol` */
    push(chunk: Buffer): Reply[] {
      rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      const complete: Reply[] = [];
      for (let end = rest.indexOf(0x0a); end >= 0; end = rest.indexOf(0x0a)) {
        if (end > LONGEST_LINE) throw tooLong();
        const line = rest.toString('latin1', 0, end);
        rest = rest.subarray(end + 1);
        if (line.indexOf('\r') !== line.length - 1 || line.length === 0) {
          throw new SmtpFault('protocol', 'a reply from upstream has a bare CR or LF');
        }
        const answer = readLine(line.slice(0, -1));
        if (answer) complete.push(answer);
      }
      if (rest.length > LONGEST_LINE) throw tooLong();
      return complete;
    },
    /** Whether part of a reply is waiting for the rest. */
    isInside: () => rest.length > 0 || lines.length > 0,
  };
}
