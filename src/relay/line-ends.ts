const CR = 0x0d;
const LF = 0x0a;

/**
 * Watches a stream of bytes for a CR or LF that is not part of CRLF. Servers disagree on what such a byte means, which
 * is how one message is made to look like two (SMTP smuggling, CVE-2023-51764; RFC 5321 §2.3.8 forbids both).
 */
export function createLineEndCheck() {
  let afterCr = false;
  let bare = false;
  let last = -1;

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
      last = chunk[chunk.length - 1]!;
    },
    /** Whether a bare CR or LF was seen so far; a CR at the very end counts once the stream has ended. */
    isBroken: (ended: boolean) => bare || (ended && afterCr),
    /** Whether the stream so far is empty or ends a line. */
    isAtLineStart: () => last === -1 || last === LF,
  };
}
