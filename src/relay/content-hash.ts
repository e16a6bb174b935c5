import { createHash } from 'node:crypto';
import { createBytes, type GrowingBytes } from './mime-bytes.js';

/** A header section longer than this is hashed as it stands. */
const LONGEST_HEADER = 256 * 1024;

/** Header fields that the path writes anew at each attempt: a repeat of the same message differs in them. */
const TRACE = /^(received|return-path|x-originating-ip):/i;

function withoutTrace(header: string): string {
  const fields = header.split(/\r\n(?![ \t])/);
  return fields.filter((field) => !TRACE.test(field)).join('\r\n');
}

const END = Buffer.from('\r\n\r\n');

/** SHA-256 of a message without its trace fields, taken while it arrives. 32 bytes. */
export function createContentHash() {
  const hash = createHash('sha256');
  let header: GrowingBytes | undefined = createBytes(Number.POSITIVE_INFINITY);

  /** @param length of the header section; 0 where it is too long to be one */
  function flushHeader(length: number): void {
    if (!header) return;
    const bytes = header.bytes();
    hash.update(withoutTrace(bytes.toString('latin1', 0, length)), 'latin1');
    hash.update(bytes.subarray(length));
    header = undefined;
  }
  return {
    push(chunk: Buffer): void {
      if (!header) {
        hash.update(chunk);
        return;
      }
      const seen = Math.max(0, header.length() - END.length + 1);
      header.add(chunk);
      const end = header.bytes().indexOf(END, seen);
      if (end >= 0 && end <= LONGEST_HEADER) flushHeader(end);
      else if (header.length() >= LONGEST_HEADER + END.length) flushHeader(0);
    },
    end(): Buffer {
      if (header) flushHeader(header.length());
      return hash.digest();
    },
  };
}
