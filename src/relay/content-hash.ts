import { createHash } from 'node:crypto';

/** A header section longer than this is hashed as it stands. */
const LONGEST_HEADER = 256 * 1024;

/** Header fields that the path writes anew at each attempt: a repeat of the same message differs in them. */
const TRACE = /^(received|return-path|x-originating-ip):/i;

function withoutTrace(header: string): string {
  const fields = header.split(/\r\n(?![ \t])/);
  return fields.filter((field) => !TRACE.test(field)).join('\r\n');
}

/** SHA-256 of a message without its trace fields, taken while it arrives. 32 bytes. */
export function createContentHash() {
  const hash = createHash('sha256');
  let header: Buffer | undefined = Buffer.alloc(0);

  function flushHeader(): void {
    if (header) hash.update(withoutTrace(header.toString('latin1')), 'latin1');
    header = undefined;
  }
  return {
    push(chunk: Buffer): void {
      if (!header) {
        hash.update(chunk);
        return;
      }
      header = Buffer.concat([header, chunk]);
      const end = header.indexOf('\r\n\r\n');
      if (end < 0 && header.length < LONGEST_HEADER) return;
      const cut = end < 0 ? header.length : end;
      const rest = header.subarray(cut);
      header = header.subarray(0, cut);
      flushHeader();
      hash.update(rest);
    },
    end(): Buffer {
      flushHeader();
      return hash.digest();
    },
  };
}
