/** A buffer that grows by doubling up to a limit; what goes beyond is counted out. */
export type GrowingBytes = {
  add(piece: Buffer): void;
  bytes(): Buffer;
  byteAt(index: number): number | undefined;
  /** The bytes as Latin-1. */
  text(): string;
  length(): number;
  overflowed(): boolean;
  clear(): void;
};

/**
 * Collects bytes, copying them, so that a small kept range never holds a large chunk in memory.
 * @param limit bytes kept at most; the rest of an addition is dropped
 */
export function createBytes(limit: number): GrowingBytes {
  let store = Buffer.alloc(0);
  let used = 0;
  let over = false;
  return {
    add(piece) {
      const take = Math.min(piece.length, limit - used);
      if (take < piece.length) over = true;
      if (take <= 0) return;
      if (used + take > store.length) {
        const grown = Buffer.allocUnsafe(Math.min(limit, Math.max(64, store.length * 2, used + take)));
        store.copy(grown, 0, 0, used);
        store = grown;
      }
      piece.copy(store, used, 0, take);
      used += take;
    },
    bytes: () => store.subarray(0, used),
    byteAt: (index) => (index < used ? store[index] : undefined),
    text: () => store.toString('latin1', 0, used),
    length: () => used,
    overflowed: () => over,
    clear() {
      used = 0;
      over = false;
      store = store.length > 4_096 ? Buffer.alloc(0) : store;
    },
  };
}
