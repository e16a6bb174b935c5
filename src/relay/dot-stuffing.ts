import { createLineEndCheck } from './line-ends.js';
import { SmtpFault } from './smtp-fault.js';

const DOT = 0x2e;
const ONE_DOT = Buffer.from('.');
const CRLF = Buffer.from('\r\n');
const FINAL_DOT = Buffer.from('.\r\n');

/** The pieces of `chunk` with one more dot before each line that starts with one (RFC 5321 §4.5.2). */
function* stuffed(chunk: Buffer, atLineStart: boolean): Generator<Buffer> {
  let from = 0;
  if (atLineStart && chunk[0] === DOT) yield ONE_DOT;
  for (let at = chunk.indexOf('\n.'); at >= 0; at = chunk.indexOf('\n.', at + 1)) {
    yield chunk.subarray(from, at + 1);
    yield ONE_DOT;
    from = at + 1;
  }
  if (from < chunk.length) yield chunk.subarray(from);
}

/**
 * Content on its way after DATA: dots stuffed.
 * @throws SmtpFault `protocol` on a bare CR or LF, before the byte after it has left
 */
function createDotStuffer() {
  const lineEnds = createLineEndCheck();
  return {
    /** Adds the piece, with its dots, to `out`. */
    push(chunk: Buffer, out: Buffer[]): void {
      if (chunk.length === 0) return;
      const atLineStart = lineEnds.isAtLineStart();
      lineEnds.push(chunk);
      if (lineEnds.isBroken(false)) throw new SmtpFault('protocol', 'a bare CR or LF on the way out');
      out.push(...stuffed(chunk, atLineStart));
    },
    /** Ends the last line. */
    end(out: Buffer[]): void {
      if (lineEnds.isBroken(true)) throw new SmtpFault('protocol', 'a bare CR on the way out');
      if (!lineEnds.isAtLineStart()) out.push(CRLF);
    },
  };
}

/** Content as it travels after DATA: dots stuffed, ended by CRLF, without the final dot. @throws SmtpFault as above */
export async function* stuffDots(content: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const stuffer = createDotStuffer();
  for await (const chunk of content) {
    const out: Buffer[] = [];
    stuffer.push(chunk, out);
    if (out.length > 0) yield out.length === 1 ? out[0]! : Buffer.concat(out);
  }
  const rest: Buffer[] = [];
  stuffer.end(rest);
  yield* rest;
}

/** Content that is in memory as it travels after DATA, final dot included. @throws SmtpFault as above */
export function stuffWhole(content: readonly Buffer[]): Buffer {
  const stuffer = createDotStuffer();
  const out: Buffer[] = [];
  for (const chunk of content) stuffer.push(chunk, out);
  stuffer.end(out);
  out.push(FINAL_DOT);
  return Buffer.concat(out);
}
