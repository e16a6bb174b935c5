const CR = 0x0d;
const LF = 0x0a;
const NUL = 0x00;
const DOT = 0x2e;

/**
 * Watches a stream of bytes for a CR or LF that is not part of CRLF, and for a line of NULs and then a dot. Servers
 * disagree on what such bytes mean, which is how one message is made to look like two (SMTP smuggling, CVE-2023-51764).
 * RFC 5321 §2.3.8 forbids the first; NUL has no place in mail at all (RFC 2045 §2.8), and to a server that drops it the
 * line is the final dot. Elsewhere a NUL harms nobody and passes.
 */
export function createLineEndCheck() {
  let afterCr = false;
  /** The line so far is NULs and nothing else. */
  let behindNuls = false;
  let bare = false;
  let last = -1;

  function isAtLineStart(): boolean {
    return last === -1 || last === LF;
  }
  function lookBehindNuls(chunk: Buffer): void {
    let startsLine = behindNuls || isAtLineStart();
    let at = behindNuls ? 0 : chunk.indexOf(NUL);
    behindNuls = false;
    for (; at >= 0; at = chunk.indexOf(NUL, at)) {
      if (at > 0) startsLine = chunk[at - 1] === LF;
      while (chunk[at] === NUL) at += 1;
      if (!startsLine) continue;
      if (chunk[at] === DOT) bare = true;
      if (at === chunk.length) behindNuls = true;
    }
  }

  function look(chunk: Buffer): void {
    let at = 0;
    if (afterCr && chunk[0] !== LF) bare = true;
    if (afterCr && chunk[0] === LF) at = 1;
    afterCr = false;
    for (let cr = chunk.indexOf(CR, at), lf = chunk.indexOf(LF, at); cr >= 0 || lf >= 0; ) {
      if (cr < 0 || (lf >= 0 && lf < cr)) {
        bare = true;
        return;
      }
      if (cr + 1 === chunk.length) {
        afterCr = true;
        return;
      }
      if (lf !== cr + 1) {
        bare = true;
        return;
      }
      cr = chunk.indexOf(CR, lf + 1);
      lf = chunk.indexOf(LF, lf + 1);
    }
  }

  return {
    push(chunk: Buffer): void {
      if (chunk.length === 0) return;
      if (!bare) look(chunk);
      if (!bare) lookBehindNuls(chunk);
      last = chunk[chunk.length - 1]!;
    },
    /** Whether such a byte was seen so far; a CR at the very end counts once the stream has ended. */
    isBroken: (ended: boolean) => bare || (ended && afterCr),
    /** Whether the stream so far is empty or ends a line. */
    isAtLineStart,
  };
}
