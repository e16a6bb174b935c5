import { createSocket, type Socket } from 'node:dgram';
import { Resolver } from 'node:dns/promises';
import type { AddressInfo } from 'node:net';
import { checkLinkHost } from '../../src/company/link-host.js';

type Record = { cname?: string; a?: string; fault?: 'servfail' | 'silence' };
const RECORDS: { [name: string]: Record } = {
  'relay.example': { a: '192.0.2.1' },
  'go.here.example': { cname: 'relay.example' },
  'apex.example': { a: '192.0.2.1' },
  'go.elsewhere.example': { cname: 'other.example' },
  'parked.example': { a: '198.51.100.7' },
  'ill.example': { fault: 'servfail' },
  'silent.example': { fault: 'silence' },
};
const TYPES = { cname: 5, a: 1 } as const;

function labels(name: string): Buffer {
  return Buffer.concat([
    ...name.split('.').map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)])),
    Buffer.from([0]),
  ]);
}

/** Answers a question (RFC 1035 §4) from the table; a name that is not in it does not exist. */
function answerTo(question: Buffer): Buffer | undefined {
  let [end, name] = [12, ''];
  for (; question[end] !== 0; end += question[end]! + 1)
    name += `${name && '.'}${question.toString('latin1', end + 1, end + 1 + question[end]!)}`;
  const type = question.readUInt16BE(end + 1);
  const record = RECORDS[name];
  if (record?.fault === 'silence') return undefined;
  const kind = (['cname', 'a'] as const).find((one) => TYPES[one] === type && record?.[one]);
  const code = record?.fault === 'servfail' ? 2 : record ? 0 : 3;
  const head = Buffer.from(question.subarray(0, 12));
  head.writeUInt16BE(0x8180 | code, 2);
  head.writeUInt16BE(kind ? 1 : 0, 6);
  head.fill(0, 8);
  if (!kind) return Buffer.concat([head, question.subarray(12, end + 5)]);
  const data = kind === 'a' ? Buffer.from(record!.a!.split('.').map(Number)) : labels(record!.cname!);
  const fixed = Buffer.from([0xc0, 12, 0, type, 0, 1, 0, 0, 0, 60, 0, data.length]);
  return Buffer.concat([head, question.subarray(12, end + 5), fixed, data]);
}

describe('where a link host leads', () => {
  let server: Socket;
  let resolver: Resolver;
  beforeAll(async () => {
    server = createSocket('udp4');
    server.on('message', (question, { port, address }) => {
      const answer = answerTo(question);
      if (answer) server.send(answer, port, address);
    });
    await new Promise<void>((resolve) => server.bind(0, '127.0.0.1', resolve));
    resolver = new Resolver({ timeout: 100, tries: 1 });
    resolver.setServers([`127.0.0.1:${(server.address() as AddressInfo).port}`]);
  });
  afterAll(() => void server.close());

  test.each([
    ['go.here.example', { kind: 'here' }],
    ['apex.example', { kind: 'here' }],
    ['go.elsewhere.example', { kind: 'elsewhere', to: ['other.example'] }],
    ['parked.example', { kind: 'elsewhere', to: ['198.51.100.7'] }],
    ['missing.example', { kind: 'missing' }],
    ['ill.example', { kind: 'unanswered' }],
    ['silent.example', { kind: 'unanswered' }],
  ])('%s: %j', async (host, state) => {
    expect(await checkLinkHost(host, 'relay.example', resolver)).toEqual(state);
  });
});
