import { createHash } from 'node:crypto';

const CR = 13;
const LF = 10;
const SPACE = 32;
const TAB = 9;

/**
 * One header field in relaxed form, without its line end (RFC 6376 §3.4.2).
 * @param field as it stands in the message, folded or not, bytes as Latin-1
 */
export function relaxedField(field: string): string {
  const colon = field.indexOf(':');
  const name = field.slice(0, colon).toLowerCase();
  const value = field.slice(colon + 1).replace(/\r\n/g, '');
  return `${trimBlanks(name)}:${trimBlanks(value.replace(/[ \t]+/g, ' '))}`;
}

/** Without blanks at both ends; no other white space counts (RFC 6376 §2.8). */
function trimBlanks(text: string): string {
  let from = 0;
  let to = text.length;
  while (from < to && isBlank(text.charCodeAt(from))) from += 1;
  while (to > from && isBlank(text.charCodeAt(to - 1))) to -= 1;
  return text.slice(from, to);
}

function isBlank(byte: number): boolean {
  return byte === SPACE || byte === TAB;
}

/** Line ends written at once when empty lines turn out to be followed by text. */
const LINE_ENDS = Buffer.from('\r\n'.repeat(1_024));

/**
 * SHA-256 of a body in relaxed form (RFC 6376 §3.4.4), taken while the body passes in chunks of any size: blanks
 * become one space, those at line ends and empty lines at the end are ignored, a last line is ended. Memory is that
 * of one chunk, however long a run of blanks or empty lines is. A lone CR or LF is text like any other.
 */
export function createRelaxedBodyHash() {
  const hash = createHash('sha256');
  let out = Buffer.alloc(0);
  let used = 0;
  let lineEnds = 0;
  let blank = false;
  let afterCr = false;
  let saysSomething = false;

  function flush(): void {
    hash.update(out.subarray(0, used));
    used = 0;
  }
  function writeLineEnds(): void {
    flush();
    for (; lineEnds > 0; lineEnds -= Math.min(lineEnds, 1_024)) {
      hash.update(LINE_ENDS.subarray(0, 2 * Math.min(lineEnds, 1_024)));
    }
  }
  function openText(): void {
    if (lineEnds > 0) writeLineEnds();
    if (blank) out[used++] = SPACE;
    blank = false;
    saysSomething = true;
  }
  function write(byte: number): void {
    openText();
    out[used++] = byte;
  }
  function take(byte: number): void {
    if (afterCr) {
      afterCr = false;
      if (byte === LF) {
        lineEnds += 1;
        blank = false;
        return;
      }
      write(CR);
    }
    if (byte === CR) afterCr = true;
    else if (isBlank(byte)) blank = true;
    else write(byte);
  }
  /** The text from `from` up to a blank or control; copied byte by byte, since words are short. @returns its end */
  function takeText(chunk: Buffer, from: number): number {
    if (chunk[from]! <= SPACE) return from;
    if (afterCr) write(CR);
    afterCr = false;
    openText();
    const into = out;
    let to = used;
    let at = from;
    for (let byte = chunk[at]!; byte > SPACE; byte = chunk[at]!) {
      into[to++] = byte;
      at += 1;
    }
    used = to;
    return at;
  }

  return {
    push(chunk: Buffer): void {
      // A byte writes itself and at most what the byte before it left open: a space and a CR.
      if (out.length < chunk.length + 2) out = Buffer.allocUnsafe(chunk.length + 2);
      for (let at = 0; at < chunk.length; ) {
        at = takeText(chunk, at);
        if (at < chunk.length) take(chunk[at++]!);
      }
      flush();
    },
    /** @returns 32 bytes */
    end(): Buffer {
      if (out.length < 4) out = Buffer.allocUnsafe(4);
      if (afterCr) write(CR);
      if (saysSomething) {
        lineEnds = 1;
        writeLineEnds();
      }
      flush();
      return hash.digest();
    },
  };
}
