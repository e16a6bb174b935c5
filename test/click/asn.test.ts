import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { lookUpIn, openAsnLookup } from '../../src/click/asn-lookup.js';
import { decodeAsnTable, encodeAsnTable } from '../../src/click/asn-table.js';
import { upperOfIpv6 } from '../../src/network.js';

const table = decodeAsnTable(
  encodeAsnTable(
    'test',
    [
      { from: 0n, to: 255n, asn: 1 },
      { from: 0xcb007100n, to: 0xcb0071ffn, asn: 400_000 }, // 203.0.113.0/24
      { from: 0xffffff00n, to: 0xffffffffn, asn: 3 },
    ],
    [{ from: 0x20010db800000000n, to: 0x20010db80000ffffn, asn: 64_500 }],
  ),
);
const lookUp = lookUpIn(table);

describe('networks', () => {
  test.each([
    ['0.0.0.0', 1],
    ['0.0.1.0', null],
    ['203.0.112.255', null],
    ['203.0.113.0', 400_000],
    ['203.0.113.255', 400_000],
    ['203.0.114.0', null],
    ['255.255.255.255', 3],
    ['::ffff:203.0.113.7', 400_000],
    ['2001:db8::1', 64_500],
    ['2001:db8:0:ffff:1:2:3:4', 64_500],
    ['2001:db8:1::', null],
    ['fe80::1%eth0', null],
    ['', null],
    ['nonsense', null],
  ])('%s belongs to %s', (address, asn) => {
    expect(lookUp(address)).toBe(asn);
  });

  test('the upper half of an IPv6 address, however it is written', () => {
    const group = fc.integer({ min: 0, max: 0xffff });
    fc.assert(
      fc.property(fc.tuple(group, group, group, group, group, group, group, group), (groups) => {
        const written = groups.map((one) => one.toString(16)).join(':');
        const short = written.replace(/(^|:)0(:0)+(:|$)/, '::');
        const upper = groups.slice(0, 4).reduce((value, one) => (value << 16n) | BigInt(one), 0n);
        expect([upperOfIpv6(written), upperOfIpv6(short)]).toEqual([upper, upper]);
      }),
    );
  });

  test('what is written is read again', () => {
    const ranges = fc
      .uniqueArray(fc.bigInt({ min: 0n, max: 2n ** 32n - 1n }), { minLength: 2, maxLength: 60 })
      .map((ends) => [...ends].sort((left, right) => (left < right ? -1 : 1)))
      .map((ends) =>
        Array.from({ length: ends.length >> 1 }, (_, at) => ({
          from: ends[2 * at]!,
          to: ends[2 * at + 1]!,
          asn: at * 7_919,
        })),
      );
    fc.assert(
      fc.property(ranges, (given) => {
        const { ipv4, ipv6 } = decodeAsnTable(encodeAsnTable('s', given, given));
        expect([...ipv4.from].map(BigInt)).toEqual(given.map((range) => range.from));
        expect([...ipv6.to]).toEqual(given.map((range) => range.to));
        expect([...ipv4.asn]).toEqual(given.map((range) => range.asn));
      }),
    );
  });

  test('the table that comes with the program knows well-known addresses', () => {
    const path = new URL('../../src/click/networks/networks.bin', import.meta.url);
    const known = lookUpIn(decodeAsnTable(readFileSync(path)));
    expect(known('8.8.8.8')).toBe(15_169);
    expect(known('2001:4860:4860::8888')).toBe(15_169);
    expect(known('192.168.1.1')).toBeNull();
  });

  test('a file is read later; one that is no table is told of, and nothing is known', () => {
    const directory = mkdtempSync(join(tmpdir(), 'career-relay-asn-'));
    const path = join(directory, 'table.bin');
    writeFileSync(path, 'no table');
    let read = () => {};
    const failures: unknown[] = [];
    const { asnOf: later } = openAsnLookup(
      path,
      (_, run) => {
        read = run;
        return () => {};
      },
      (error) => void failures.push(error),
    );
    expect(later('8.8.8.8')).toBeNull();
    read();
    expect(failures).toHaveLength(1);
    expect(later('8.8.8.8')).toBeNull();
    expect(() =>
      openAsnLookup(
        join(directory, 'nothing'),
        () => () => {},
        () => {},
      ),
    ).toThrow(/ENOENT/);
    rmSync(directory, { recursive: true });
  });
});
