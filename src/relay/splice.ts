/**
 * One change to a message: at offset `at` of the ORIGINAL bytes, `remove` bytes give way to `insert`.
 * A list of splices is sorted by `at` and does not overlap.
 */
export type Splice = Readonly<{ at: number; remove: number; insert: Buffer }>;

/** A change to decoded bytes: `from` up to `to` give way to `insert`. A list is sorted and does not overlap. */
export type Edit = Readonly<{ from: number; to: number; insert: Buffer }>;

/** Where a splice stands in the OUTPUT: `length` inserted bytes at `at`, in the place of `removed` original ones. */
export type InsertedRange = Readonly<{ at: number; length: number; removed: number }>;

/**
 * Applies splices to a message that comes in pieces. Unchanged bytes are passed on as views of them.
 * @throws RangeError when splices overlap, are unsorted, or (from `end`) reach past the end of the message
 */
function createSplicer(splices: readonly Splice[]) {
  assertOrder(splices);
  let next = 0;
  let offset = 0;
  let skip = 0;
  return {
    /** Adds what the piece has become to `out`. */
    push(chunk: Buffer, out: Buffer[]): void {
      let from = 0;
      while (from < chunk.length) {
        if (skip > 0) {
          const step = Math.min(skip, chunk.length - from);
          skip -= step;
          from += step;
          continue;
        }
        const splice = splices[next];
        const until = splice ? Math.min(chunk.length, splice.at - offset) : chunk.length;
        if (until > from) {
          out.push(chunk.subarray(from, until));
          from = until;
          continue;
        }
        if (!splice) continue;
        if (splice.insert.length > 0) out.push(splice.insert);
        skip = splice.remove;
        next += 1;
      }
      offset += chunk.length;
    },
    end(out: Buffer[]): void {
      for (; next < splices.length && splices[next]!.at === offset && skip === 0; next += 1) {
        if (splices[next]!.insert.length > 0) out.push(splices[next]!.insert);
        skip = splices[next]!.remove;
      }
      if (next < splices.length || skip > 0)
        throw new RangeError('a splice reaches past the end of the message');
    },
  };
}

/** A message's bytes: all of them in memory, or one piece after the other. */
export type Content = readonly Buffer[] | AsyncIterable<Buffer>;

/** The content with the splices applied; in memory where it is in memory. @throws RangeError as `createSplicer` */
export function spliced(content: Content, splices: readonly Splice[]): Content {
  if (!isInMemory(content)) return applySplices(content, splices);
  const splicer = createSplicer(splices);
  const out: Buffer[] = [];
  for (const chunk of content) splicer.push(chunk, out);
  splicer.end(out);
  return out;
}

export function isInMemory(content: Content): content is readonly Buffer[] {
  return Array.isArray(content);
}

/** Streams the source with the splices applied. @throws RangeError as `createSplicer` */
export async function* applySplices(
  source: AsyncIterable<Buffer> | Iterable<Buffer>,
  splices: readonly Splice[],
): AsyncGenerator<Buffer> {
  const splicer = createSplicer(splices);
  for await (const chunk of source) {
    const out: Buffer[] = [];
    splicer.push(chunk, out);
    yield* out;
  }
  const rest: Buffer[] = [];
  splicer.end(rest);
  yield* rest;
}

/** The splices as ranges of the output bytes, in order; for the journal and for undoing. */
export function insertedRanges(splices: readonly Splice[]): InsertedRange[] {
  let shift = 0;
  return splices.map((splice) => {
    const range = { at: splice.at + shift, length: splice.insert.length, removed: splice.remove };
    shift += splice.insert.length - splice.remove;
    return range;
  });
}

/** Several lists of splices as one sorted list. */
export function mergeSplices(...lists: readonly (readonly Splice[])[]): Splice[] {
  return lists.flat().sort((one, other) => one.at - other.at);
}

function assertOrder(splices: readonly Splice[]): void {
  let free = 0;
  for (const splice of splices) {
    if (splice.at < free || splice.remove < 0) throw new RangeError('splices overlap or are not sorted');
    free = splice.at + splice.remove;
  }
}
