import { createLineEndCheck } from './line-ends.js';
import { SmtpFault } from './smtp-fault.js';

const DOT = 0x2e;
const ONE_DOT = Buffer.from('.');
const CRLF = Buffer.from('\r\n');

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
 * Content as it travels after DATA: dots stuffed, ended by CRLF, without the final dot.
 * @throws SmtpFault `protocol` on a bare CR or LF, before the byte after it has left
 */
export async function* stuffDots(content: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const lineEnds = createLineEndCheck();
  for await (const chunk of content) {
    if (chunk.length === 0) continue;
    const atLineStart = lineEnds.isAtLineStart();
    lineEnds.push(chunk);
    if (lineEnds.isBroken(false)) throw new SmtpFault('protocol', 'a bare CR or LF on the way out');
    const pieces = [...stuffed(chunk, atLineStart)];
    yield pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
  }
  if (lineEnds.isBroken(true)) throw new SmtpFault('protocol', 'a bare CR on the way out');
  if (!lineEnds.isAtLineStart()) yield CRLF;
}
