import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { type Splice, spliced } from './splice.js';

const inflate = promisify(gunzip);
const deflate = promisify(gzip);

/** A body as it came, with the encoding that its header names. */
export type EncodedBody = Readonly<{ body: Buffer; encoding: string | undefined }>;

/**
 * The JSON in a body. @returns undefined where it cannot be unpacked, or to more than `limit` bytes
 */
export async function unpackBody(
  { body, encoding }: EncodedBody,
  limit: number,
): Promise<Buffer | undefined> {
  switch (encoding?.trim().toLowerCase()) {
    case undefined:
    case '':
    case 'identity':
      return body;
    case 'gzip':
      try {
        return await inflate(body, { maxOutputLength: limit });
      } catch {
        return undefined;
      }
    default:
      return undefined;
  }
}

/** The body with splices applied to its JSON, packed as it came; where there are none it is the very one that came. */
export async function repackBody(
  { body, encoding }: EncodedBody,
  json: Buffer,
  splices: readonly Splice[],
): Promise<Buffer> {
  if (splices.length === 0) return body;
  const changed = Buffer.concat(spliced([json], splices) as readonly Buffer[]);
  return json === body || encoding === undefined ? changed : deflate(changed);
}
