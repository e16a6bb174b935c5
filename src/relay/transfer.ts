import { readBase64, spliceBase64 } from './base64.js';
import { encodeQuotedPrintable, fitIntoLine, readQuotedPrintable } from './quoted-printable.js';
import type { Edit, Splice } from './splice.js';

/** A part's body without its transfer encoding, with the way back to the bytes that carry it. */
export type DecodedBody = Readonly<{
  bytes: Buffer;
  /** Whether bytes above 127 may stand in it after our edits. */
  eightBit: boolean;
  /** The edits as splices, offsets relative to the raw body's first byte. */
  toSplices(edits: readonly Edit[]): Splice[];
}>;

/**
 * Undoes a transfer encoding (RFC 2045 §6).
 * @param eol the line end to use in what is inserted
 * @returns undefined where the encoding is unknown or its body not what it says
 */
export function decodeBody(encoding: string, raw: Buffer, eol: string): DecodedBody | undefined {
  switch (encoding) {
    case '7bit':
    case '8bit':
    case 'binary':
      return { bytes: raw, eightBit: encoding !== '7bit', toSplices: (edits) => edits.map(plainSplice) };
    case 'quoted-printable': {
      const read = readQuotedPrintable(raw);
      const toSplice = (edit: Edit): Splice => {
        const at = read.starts[edit.from]!;
        const end = edit.to > edit.from ? read.endOf(edit.to - 1) : at;
        const insert = fitIntoLine(raw, at, end, encodeQuotedPrintable(edit.insert, eol), eol);
        return { at, remove: end - at, insert };
      };
      return { bytes: read.bytes, eightBit: true, toSplices: (edits) => edits.map(toSplice) };
    }
    case 'base64': {
      const read = readBase64(raw);
      if (!read) return undefined;
      return { bytes: read.bytes, eightBit: true, toSplices: (edits) => spliceBase64(raw, read, edits, eol) };
    }
    default:
      return undefined;
  }
}

function plainSplice(edit: Edit): Splice {
  return { at: edit.from, remove: edit.to - edit.from, insert: edit.insert };
}
