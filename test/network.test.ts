import { isInNetwork, type Network, parseNetwork } from '../src/network.js';

function network(text: string): Network {
  const parsed = parseNetwork(text);
  if (parsed.kind === 'fault') throw new Error(parsed.fault);
  return parsed.network;
}

test.each([
  ['192.0.2.255', '192.0.2.0/24', true],
  ['192.0.3.0', '192.0.2.0/24', false],
  ['::ffff:192.0.2.1', '192.0.2.0/24', true],
  ['::ffff:c000:201', '192.0.2.0/24', true],
  ['192.0.2.1', '192.0.2.1', true],
  ['192.0.2.2', '192.0.2.1', false],
  ['10.200.0.1', '10.0.0.0/8', true],
  ['2001:db8::1', '2001:db8::/32', true],
  ['2001:DB8:0:0::1', '2001:db8::/32', true],
  ['2001:db9::1', '2001:db8::/32', false],
  ['fd12::1', 'fc00::/7', true],
  ['::1', '127.0.0.0/8', false],
  ['192.0.2.1', '2001:db8::/32', false],
  ['', '192.0.2.0/24', false],
  ['unknown', '192.0.2.0/24', false],
  ['192.0.2.1.example', '192.0.2.0/24', false],
])('%s in %s: %s', (address, cidr, inside) => {
  expect(isInNetwork(address, network(cidr))).toBe(inside);
});
