import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib';

/** One network: addresses `from` to `to`, both included. IPv4 as 32 bits; IPv6 as its upper 64 bits. */
export type AsnRange = Readonly<{ from: bigint; to: bigint; asn: number }>;

/** Sorted, disjoint ranges in typed arrays. */
export type AsnColumns = Readonly<{ from: BigUint64Array; to: BigUint64Array; asn: Uint32Array }>;

export type AsnTable = Readonly<{
  /** Where and when the data was made, to be shown. */
  source: string;
  ipv4: Readonly<{ from: Uint32Array; to: Uint32Array; asn: Uint32Array }>;
  ipv6: AsnColumns;
}>;

const MAGIC = 'CRASN1';

class Writer {
  private bytes = Buffer.alloc(1 << 16);
  private at = 0;

  /** LEB128: seven bits a byte, the lowest first. */
  number(value: bigint): void {
    if (this.at + 10 > this.bytes.length)
      this.bytes = Buffer.concat([this.bytes, Buffer.alloc(this.bytes.length)]);
    let rest = value;
    while (rest > 127n) {
      this.bytes[this.at++] = Number(rest & 127n) | 128;
      rest >>= 7n;
    }
    this.bytes[this.at++] = Number(rest);
  }
  text(value: string): void {
    const bytes = Buffer.from(value);
    this.number(BigInt(bytes.length));
    for (const byte of bytes) this.number(BigInt(byte));
  }
  done(): Buffer {
    return this.bytes.subarray(0, this.at);
  }
}

class Reader {
  private at = 0;
  constructor(private readonly bytes: Buffer) {}

  number(): number {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = this.bytes[this.at++];
      if (byte === undefined) throw new Error('the table of networks ends too early');
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  }
  /** For what does not fit into 53 bits. */
  big(): bigint {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = this.bytes[this.at++];
      if (byte === undefined) throw new Error('the table of networks ends too early');
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return value;
    }
  }
  text(): string {
    const length = this.number();
    return Buffer.from(Array.from({ length }, () => this.number())).toString();
  }
}

function writeRanges(out: Writer, ranges: readonly AsnRange[]): void {
  out.number(BigInt(ranges.length));
  let last = -1n;
  for (const { from } of ranges) {
    out.number(from - last - 1n);
    last = from;
  }
  for (const { from, to } of ranges) out.number(to - from);
  for (const { asn } of ranges) out.number(BigInt(asn));
}

/**
 * Writes a table as one small file: columns of differences, compressed (Brotli).
 * @param ipv4 sorted and disjoint, as `ipv6`
 */
export function encodeAsnTable(source: string, ipv4: readonly AsnRange[], ipv6: readonly AsnRange[]): Buffer {
  const out = new Writer();
  out.text(MAGIC);
  out.text(source);
  writeRanges(out, ipv4);
  writeRanges(out, ipv6);
  return brotliCompressSync(out.done(), {
    params: { [constants.BROTLI_PARAM_QUALITY]: 9, [constants.BROTLI_PARAM_LGWIN]: 24 },
  });
}

function readIpv4(input: Reader): AsnTable['ipv4'] {
  const count = input.number();
  const [from, to, asn] = [new Uint32Array(count), new Uint32Array(count), new Uint32Array(count)];
  let last = -1;
  for (let at = 0; at < count; at += 1) {
    last += input.number() + 1;
    from[at] = last;
  }
  for (let at = 0; at < count; at += 1) to[at] = from[at]! + input.number();
  for (let at = 0; at < count; at += 1) asn[at] = input.number();
  return { from, to, asn };
}

function readIpv6(input: Reader): AsnColumns {
  const count = input.number();
  const [from, to, asn] = [new BigUint64Array(count), new BigUint64Array(count), new Uint32Array(count)];
  let last = -1n;
  for (let at = 0; at < count; at += 1) {
    last += input.big() + 1n;
    from[at] = last;
  }
  for (let at = 0; at < count; at += 1) to[at] = from[at]! + input.big();
  for (let at = 0; at < count; at += 1) asn[at] = input.number();
  return { from, to, asn };
}

/** @throws Error when the bytes are no such table */
export function decodeAsnTable(bytes: Buffer): AsnTable {
  const input = new Reader(brotliDecompressSync(bytes));
  if (input.text() !== MAGIC) throw new Error('not a table of networks');
  return { source: input.text(), ipv4: readIpv4(input), ipv6: readIpv6(input) };
}
