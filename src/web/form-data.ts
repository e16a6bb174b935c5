import type { IncomingMessage } from 'node:http';
import { AppError } from '../errors.js';

/** Bytes that the fields in front of a file may have together. */
const FIELD_LIMIT = 64 * 1024;

/** A form with one file: its fields, and the file's bytes as they come. `file` is undefined where none was sent. */
export type FormWithFile = Readonly<{
  fields: Readonly<Record<string, string>>;
  file: AsyncIterable<Buffer> | undefined;
}>;

function malformed(why: string): AppError {
  return new AppError('invalid_input', `the form is malformed: ${why}`);
}

function boundaryOf(contentType: string | undefined): string {
  const found = /^multipart\/form-data\s*;(?:.*;)?\s*boundary=(?:"([^"]{1,70})"|([^\s;]{1,70}))/i.exec(
    contentType ?? '',
  );
  const boundary = found?.[1] ?? found?.[2];
  if (!boundary) throw new AppError('invalid_input', 'send the form as multipart/form-data');
  return boundary;
}

/** Bytes of a request, looked at up to a delimiter. */
class Incoming {
  private held: Buffer = Buffer.from('\r\n');
  private readonly source: AsyncIterator<Buffer>;

  constructor(request: IncomingMessage) {
    this.source = request.iterator({ destroyOnReturn: false });
  }

  private async more(): Promise<void> {
    const { done, value } = await this.source.next();
    if (done) throw malformed('it ends too early');
    this.held = this.held.length === 0 ? value : Buffer.concat([this.held, value]);
  }

  /** What stands before the delimiter, which is taken too. */
  async upTo(delimiter: Buffer, limit: number): Promise<Buffer> {
    for (;;) {
      const at = this.held.indexOf(delimiter);
      if (at > limit || (at === -1 && this.held.length > limit + delimiter.length)) {
        throw new AppError('too_large', 'the form is too large');
      }
      if (at !== -1) {
        const before = this.held.subarray(0, at);
        this.held = this.held.subarray(at + delimiter.length);
        return before;
      }
      await this.more();
    }
  }

  async take(count: number): Promise<Buffer> {
    while (this.held.length < count) await this.more();
    const taken = this.held.subarray(0, count);
    this.held = this.held.subarray(count);
    return taken;
  }

  /** The same as `upTo`, of any length, as it comes. */
  async *streamUpTo(delimiter: Buffer): AsyncGenerator<Buffer> {
    for (;;) {
      const at = this.held.indexOf(delimiter);
      if (at !== -1) {
        yield this.held.subarray(0, at);
        this.held = this.held.subarray(at + delimiter.length);
        return;
      }
      const sure = this.held.length - delimiter.length + 1;
      if (sure > 0) {
        yield this.held.subarray(0, sure);
        this.held = this.held.subarray(sure);
      }
      await this.more();
    }
  }
}

/**
 * Reads a `multipart/form-data` body (RFC 7578) up to its first file, which is left to be read as it comes. Fields must
 * stand before the file.
 * @throws AppError `invalid_input` for what is no such form, `too_large` for fields of more than 64 KiB
 */
export async function readForm(request: IncomingMessage): Promise<FormWithFile> {
  const delimiter = Buffer.from(`\r\n--${boundaryOf(request.headers['content-type'])}`);
  const incoming = new Incoming(request);
  const fields: Record<string, string> = {};
  let left = FIELD_LIMIT;
  await incoming.upTo(delimiter, left);
  for (;;) {
    const next = (await incoming.take(2)).toString('latin1');
    if (next === '--') return { fields, file: undefined };
    if (next !== '\r\n') throw malformed('a boundary is not followed by a line end');
    const header = (await incoming.upTo(Buffer.from('\r\n\r\n'), 4_096)).toString('utf8');
    const name = /\bname="([^"]*)"/i.exec(header)?.[1];
    if (name === undefined) throw malformed('a part has no name');
    const filename = /\bfilename="([^"]*)"/i.exec(header)?.[1];
    if (filename) return { fields, file: incoming.streamUpTo(delimiter) };
    const value = await incoming.upTo(delimiter, left);
    left -= value.length;
    // A file field that was left empty comes with an empty name.
    if (filename === undefined) fields[name] = value.toString('utf8');
  }
}
