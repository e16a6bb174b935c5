import { createHash } from 'node:crypto';
import { createContentHash } from '../../src/relay/content-hash.js';

function hashOf(message: string, chunk = message.length): string {
  const hash = createContentHash();
  const bytes = Buffer.from(message, 'latin1');
  for (let at = 0; at < bytes.length; at += chunk) hash.push(bytes.subarray(at, at + chunk));
  return hash.end().toString('hex');
}

const plain = (text: string) => createHash('sha256').update(text, 'latin1').digest('hex');
const BODY = '\r\n\r\nReceived: in the body\r\n\r\nx\xe9\r\n';

test('trace fields do not count, whatever the chunks', () => {
  const traced = `Received: a\r\n\tb\r\nFrom: x\r\nReturn-Path: <y>\r\nTo: z${BODY}`;
  for (const chunk of [1, 2, 3, 7, 1000])
    expect(hashOf(traced, chunk)).toBe(plain(`From: x\r\nTo: z${BODY}`));
  expect(hashOf('Received: a')).toBe(plain(''));
});

test('a header section beyond 256 KiB counts as it stands, whatever the chunks', () => {
  const long = `Received: a\r\n${'X: y\r\n'.repeat(50_000)}`;
  for (const chunk of [1, 65_536, 1_000_000]) expect(hashOf(long + BODY, chunk)).toBe(plain(long + BODY));
});
