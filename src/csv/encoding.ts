import iconv from 'iconv-lite';

export type TableEncoding = 'utf-8' | 'shift_jis';

/** What a file is, as far as its bytes tell. `utf-16` and `workbook` are no CSV that we read. */
export type FileKind = TableEncoding | 'utf-16' | 'workbook';

/** What Windows and Excel mean by Shift_JIS. */
const SHIFT_JIS = 'cp932';
const BOM = '\uFEFF';

/**
 * Tells a file's encoding as it passes by: UTF-8 where all bytes are that, else what Excel writes in Japan.
 * A text in Shift_JIS with Japanese in it is never by chance valid UTF-8 to its end.
 */
export function createEncodingProbe() {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let kind: FileKind | undefined;
  let head = Buffer.alloc(0);
  function headOf(chunk: Buffer): void {
    if (head.length >= 4) return;
    head = Buffer.concat([head, chunk.subarray(0, 4)]);
    if (head.length < 4) return;
    if (head[0] === 0x50 && head[1] === 0x4b && head[2] === 3 && head[3] === 4) kind = 'workbook';
    if ((head[0] === 0xff && head[1] === 0xfe) || (head[0] === 0xfe && head[1] === 0xff)) kind = 'utf-16';
  }
  function probe(chunk: Buffer | undefined): void {
    if (kind !== undefined) return;
    try {
      decoder.decode(chunk, { stream: chunk !== undefined });
    } catch {
      kind = 'shift_jis';
    }
  }
  return {
    push(chunk: Buffer): void {
      headOf(chunk);
      probe(chunk);
    },
    /** @param isWhole false for the beginning of a file, which may end within a character */
    result(isWhole: boolean): FileKind {
      if (isWhole) probe(undefined);
      return kind ?? 'utf-8';
    },
  };
}

/** Decodes a file as it comes; a byte order mark is no text. Bytes that are none become U+FFFD. */
export async function* decodeTable(
  chunks: Iterable<Buffer> | AsyncIterable<Buffer>,
  encoding: TableEncoding,
): AsyncGenerator<string> {
  if (encoding === 'utf-8') {
    const decoder = new TextDecoder('utf-8');
    for await (const chunk of chunks) yield decoder.decode(chunk, { stream: true });
    yield decoder.decode();
    return;
  }
  const decoder = iconv.getDecoder(SHIFT_JIS);
  for await (const chunk of chunks) yield decoder.write(chunk);
  yield decoder.end() ?? '';
}

/** Bytes as Excel in Japan reads them: UTF-8 by its byte order mark at the beginning, else Shift_JIS. */
export function encodeTable(text: string, encoding: TableEncoding, isFirst: boolean): Buffer {
  if (encoding === 'shift_jis') return iconv.encode(text, SHIFT_JIS);
  return Buffer.from(isFirst ? BOM + text : text);
}
