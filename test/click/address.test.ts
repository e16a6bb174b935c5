import type { IncomingMessage } from 'node:http';
import { createAddressReader } from '../../src/click/address.js';

function from(peer: string, headers: Record<string, string>): IncomingMessage {
  return { socket: { remoteAddress: peer }, headers } as unknown as IncomingMessage;
}

const FORWARDED = {
  'x-forwarded-for': '198.51.100.1, 203.0.113.9',
  'x-forwarded-host': 'Go.Example:443',
  host: 'inner:80',
};

describe('address', () => {
  test('without TRUST_PROXY nobody is believed', () => {
    const reader = createAddressReader(undefined);
    expect(reader.address(from('127.0.0.1', FORWARDED))).toBe('127.0.0.1');
    expect(reader.host(from('127.0.0.1', FORWARDED))).toBe('inner');
  });

  test('a trusted proxy tells the last address before it', () => {
    const reader = createAddressReader('loopback');
    expect(reader.address(from('127.0.0.1', FORWARDED))).toBe('203.0.113.9');
    expect(reader.host(from('127.0.0.1', FORWARDED))).toBe('go.example');
  });

  test('a number is the count of trusted hops', () => {
    expect(createAddressReader('2').address(from('192.0.2.1', FORWARDED))).toBe('198.51.100.1');
  });

  test('who is not trusted is not believed', () => {
    const reader = createAddressReader('loopback');
    expect(reader.address(from('192.0.2.1', FORWARDED))).toBe('192.0.2.1');
    expect(reader.host(from('192.0.2.1', FORWARDED))).toBe('inner');
  });
});
