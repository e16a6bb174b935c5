import { createHash, type KeyObject, sign } from 'node:crypto';
import { promisify } from 'node:util';
import type { DkimAlgorithm } from '../company/dkim-material.js';
import { createRelaxedBodyHash, relaxedField } from './dkim-canon.js';
import { chooseFields, coveredNames } from './dkim-fields.js';
import { createBytes } from './mime-bytes.js';
import { type HeaderField, parseHeaderSection } from './mime-header.js';
import type { Content } from './splice.js';

/** Whom a signature is by: `domain` and `selector` are the d= and s= tags, lower case, as in the DNS. */
export type Signer = Readonly<{
  domain: string;
  selector: string;
  algorithm: DkimAlgorithm;
  privateKey: KeyObject;
}>;

const LONGEST_HEADER = 256 * 1024;
const HEADER_END = Buffer.from('\r\n\r\n');
const signAsync = promisify<string | null, Buffer, KeyObject, Buffer>(sign);

/**
 * Makes the DKIM signature of a message (RFC 6376, RFC 8463; relaxed/relaxed, no l=), which goes in front of its
 * first byte. The message passes through once and is never held: memory is its header section and one chunk.
 * @param content the message as it will leave: CRLF line ends, not dot-stuffed
 * @param at the t= tag
 * @returns one header field with its line end, lines ≤ 78 octets where the domain allows
 * @throws Error when there is no header section with an end, a From field and less than 256 KiB
 */
export async function signMessage(content: Content, signer: Signer, at: Date): Promise<Buffer> {
  const { header, bodyHash } = await readOnce(content);
  const { fields } = parseHeaderSection(header, 0);
  if (!fields.some(({ key }) => key === 'from')) throw new Error('a message without From cannot be signed');
  const names = coveredNames(fields);
  const unsigned = signatureField(signer, at, names, bodyHash);
  const raw = (field: HeaderField) => header.toString('latin1', field.start, field.end);
  const input = signingInput(chooseFields(fields, names).map(raw), unsigned);
  const signature = await makeSignature(signer, input);
  return Buffer.from(`${unsigned}${folded(signature.toString('base64'))}\r\n`, 'latin1');
}

async function readOnce(content: Content): Promise<{ header: Buffer; bodyHash: Buffer }> {
  const head = createBytes(LONGEST_HEADER);
  const body = createRelaxedBodyHash();
  let header: Buffer | undefined;
  for await (const chunk of content) {
    if (header) {
      body.push(chunk);
      continue;
    }
    const before = head.length();
    head.add(chunk);
    const end = head.bytes().indexOf(HEADER_END, Math.max(0, before - HEADER_END.length + 1));
    if (end < 0 && head.overflowed()) throw new Error('the header section is too long to be signed');
    if (end < 0) continue;
    header = head.bytes().subarray(0, end + 2);
    body.push(chunk.subarray(end + HEADER_END.length - before));
  }
  if (!header) throw new Error('the header section has no end');
  return { header, bodyHash: body.end() };
}

/** The field up to its empty b= tag, which comes last. */
function signatureField(signer: Signer, at: Date, names: readonly string[], bodyHash: Buffer): string {
  const seconds = Math.floor(at.getTime() / 1_000);
  return [
    `DKIM-Signature: v=1; a=${signer.algorithm}; c=relaxed/relaxed;`,
    ` d=${signer.domain};`,
    ` s=${signer.selector}; t=${seconds};`,
    ...nameLines(names),
    ` bh=${bodyHash.toString('base64')};`,
    ' b=',
  ].join('\r\n');
}

const LONGEST_LINE = 76;

/** The h= tag; a line may end behind a colon (RFC 6376 §3.5). */
function nameLines(names: readonly string[]): string[] {
  const lines: string[] = [];
  let line = ' h=';
  names.forEach((name, index) => {
    const item = `${name}${index === names.length - 1 ? ';' : ':'}`;
    if (line.length + item.length > LONGEST_LINE) {
      lines.push(line);
      line = '  ';
    }
    line += item;
  });
  return [...lines, line];
}

function folded(base64: string): string {
  return base64.match(/.{1,72}/g)!.join('\r\n  ');
}

/**
 * The bytes that a signature is made over: the chosen fields, then the signature's own with an empty b= tag, in
 * relaxed form, the last without its line end (RFC 6376 §3.7).
 */
export function signingInput(chosen: readonly string[], unsigned: string): Buffer {
  const lines = [...chosen, unsigned].map(relaxedField);
  return Buffer.from(lines.join('\r\n'), 'latin1');
}

/** Signs in a thread of the pool. Ed25519 signs the SHA-256 of the input, not the input (RFC 8463 §3). */
export function makeSignature(
  { algorithm, privateKey }: Pick<Signer, 'algorithm' | 'privateKey'>,
  input: Buffer,
): Promise<Buffer> {
  switch (algorithm) {
    case 'rsa-sha256':
      return signAsync('sha256', input, privateKey);
    case 'ed25519-sha256':
      return signAsync(null, createHash('sha256').update(input).digest(), privateKey);
  }
}
