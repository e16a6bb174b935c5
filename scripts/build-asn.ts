/**
 * Makes the table of networks of the click path: `tsx scripts/build-asn.ts DIRECTORY OUTPUT`.
 * DIRECTORY holds the files of the npm package `@ip-location-db/asn` (`npm pack`, unpacked). The data is CC BY 4.0 by
 * RouteViews, the NRO and DB-IP (src/click/networks/README.md).
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type AsnRange, encodeAsnTable } from '../src/click/asn-table.js';

const UPPER = 64n;

function readRanges(path: string, shift: bigint): AsnRange[] {
  const ranges: { from: bigint; to: bigint; asn: number }[] = [];
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    const [from, to, asn] = line.split(',', 3);
    if (!from || !to || !asn) continue;
    const range = { from: BigInt(from) >> shift, to: BigInt(to) >> shift, asn: Number(asn) };
    const last = ranges.at(-1);
    // Networks smaller than the upper half of an IPv6 address share it; the first one has it.
    if (last && range.from <= last.to) range.from = last.to + 1n;
    if (range.from > range.to) continue;
    if (last && last.asn === range.asn && last.to + 1n === range.from) last.to = range.to;
    else ranges.push(range);
  }
  return ranges;
}

const [directory, output] = process.argv.slice(2);
if (!directory || !output) throw new Error('usage: build-asn.ts DIRECTORY OUTPUT');
const { name, version } = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as {
  name: string;
  version: string;
};
const ipv4 = readRanges(join(directory, 'asn-ipv4-num.csv'), 0n);
const ipv6 = readRanges(join(directory, 'asn-ipv6-num.csv'), UPPER);
const bytes = encodeAsnTable(`${name} ${version}`, ipv4, ipv6);
writeFileSync(output, bytes);
console.log(`${output}: ${ipv4.length} IPv4 and ${ipv6.length} IPv6 networks, ${bytes.length} bytes`);
