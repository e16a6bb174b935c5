import { decodeText } from '../relay/charset.js';
import { scanMessage } from '../relay/mime.js';
import { decodeWords, headerField } from '../relay/mime-header.js';
import { allParts, type MimePart } from '../relay/mime-part.js';
import { decodeBody } from '../relay/transfer.js';

/** A mail as a person reads it. */
export type Letter = Readonly<{
  subject: string;
  text: string | undefined;
  html: string | undefined;
}>;

/** Between whom a mail went, and when it was written (ISO 8601). */
export type Envelope = Readonly<{ from: string; to: readonly string[]; at: string }>;

/** A mail in the outbox. The envelope is missing where the file beside it is. */
export type Written = Letter & Readonly<{ id: string; envelope: Envelope | undefined; source: Buffer }>;

function readPart(parts: readonly MimePart[], type: string, eol: string): string | undefined {
  const part = parts.find((one) => one.type === type && one.editable && one.raw !== undefined);
  if (!part?.raw) return undefined;
  const body = decodeBody(part.encoding, part.raw, eol);
  return body && decodeText(part.charset, body.bytes);
}

/** Reads a mail's subject and its first text and HTML parts, decoded; what cannot be decoded is left out. */
export function readLetter(message: Buffer): Letter {
  const { root, eol } = scanMessage(message);
  const parts = allParts(root);
  return {
    subject: decodeWords(headerField(root.fields, 'subject')?.value ?? ''),
    text: readPart(parts, 'text/plain', eol),
    html: readPart(parts, 'text/html', eol),
  };
}
