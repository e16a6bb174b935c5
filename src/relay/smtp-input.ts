const CR = 0x0d;
const LF = 0x0a;
const DOT = 0x2e;
const NOTHING: Buffer = Buffer.alloc(0);
const LONE_CR = Buffer.from('\r');

/** A command line, or what is wrong with it; undefined: more bytes are needed. */
export type InputLine =
  | Readonly<{ kind: 'line'; text: string }>
  | Readonly<{ kind: 'too-long' }>
  /** It ends in LF alone. */
  | Readonly<{ kind: 'bare-lf' }>;

/** Content with its dots unstuffed, as far as it has come. */
export type InputContent = Readonly<{ pieces: readonly Buffer[]; ended: boolean }>;

const TOO_LONG: InputLine = { kind: 'too-long' };
const BARE_LF: InputLine = { kind: 'bare-lf' };

/** Where the content stands: at the start of a line, within one, or after bytes that mean something there. */
type Place = 'line-start' | 'text' | 'cr' | 'dot' | 'dot-cr';

/**
 * Cuts what a client sends into command lines and, after DATA, content (RFC 5321 §2.3.8, §4.1.1.4, §4.5.2). Only CRLF
 * ends a line, and only `CRLF . CRLF` the content: bare CRs and LFs in it are passed on for the caller to refuse.
 * @param longestLine octets of a command line with its CRLF
 */
export function createSmtpInput(longestLine: number) {
  let rest = NOTHING;
  /** The rest of a line that is too long is thrown away. */
  let skipping = false;
  let place: Place = 'line-start';

  function takeLine(): InputLine | undefined {
    const end = rest.indexOf(LF);
    if (end < 0) {
      if (rest.length < longestLine) return undefined;
      rest = NOTHING;
      const first = !skipping;
      skipping = true;
      return first ? TOO_LONG : undefined;
    }
    const line = rest.subarray(0, end);
    rest = rest.subarray(end + 1);
    if (skipping) {
      skipping = false;
      return takeLine();
    }
    if (line.length + 1 > longestLine) return TOO_LONG;
    if (line.length === 0 || line[line.length - 1] !== CR) return BARE_LF;
    return { kind: 'line', text: line.toString('latin1', 0, line.length - 1) };
  }

  /** Where content stands that ends so, within a line or behind its end. */
  function placeAtEnd(bytes: Buffer, from: number): Place {
    const last = bytes.length - 1;
    if (bytes[last] === CR) return 'cr';
    return bytes[last] === LF && last > from && bytes[last - 1] === CR ? 'line-start' : 'text';
  }

  function takeContent(): InputContent {
    const bytes = rest;
    const pieces: Buffer[] = [];
    rest = NOTHING;
    /** From where on bytes are content that is not in `pieces` yet. */
    let from = 0;
    const keep = (until: number) => {
      if (until > from) pieces.push(bytes.subarray(from, until));
    };
    for (let at = 0; at < bytes.length; ) {
      const byte = bytes[at];
      switch (place) {
        case 'line-start':
          if (byte !== DOT) {
            place = 'text';
            break;
          }
          keep(at);
          at += 1;
          from = at;
          place = 'dot';
          break;
        case 'dot':
          if (byte !== CR) {
            place = 'text';
            break;
          }
          at += 1;
          from = at;
          place = 'dot-cr';
          break;
        case 'dot-cr':
          if (byte === LF) {
            rest = bytes.subarray(at + 1);
            place = 'line-start';
            return { pieces, ended: true };
          }
          pieces.push(LONE_CR);
          place = 'cr';
          break;
        case 'cr':
          place = byte === LF ? 'line-start' : byte === CR ? 'cr' : 'text';
          if (place !== 'text') at += 1;
          break;
        case 'text': {
          const start = bytes.indexOf('\r\n.', at, 'latin1');
          place = start < 0 ? placeAtEnd(bytes, at) : 'line-start';
          at = start < 0 ? bytes.length : start + 2;
          break;
        }
      }
    }
    keep(bytes.length);
    return { pieces, ended: false };
  }

  return {
    push(chunk: Buffer): void {
      rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    },
    takeLine,
    takeContent,
    /** Octets that nobody has taken yet. */
    waiting: () => rest.length,
    /** Forgets them: what came in the clear is not believed behind a TLS handshake. */
    clear(): void {
      rest = NOTHING;
      skipping = false;
    },
  };
}
