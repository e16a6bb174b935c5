import { insertCredential } from '../../src/company/credentials.js';
import { parseProxyHeader } from '../../src/relay/proxy-protocol.js';
import { startTestApp, type TestApp } from '../harness/app.js';
import { type EdgeWishes, sendMail, TestEdge } from './edge.js';
import { type RawClient, ScriptedUpstream } from './peers.js';

const LISTED = 'relay-listed';
const NETWORK = { SMTP_NETWORKS: `192.0.2.0/24=${LISTED},2001:db8::/32=${LISTED}` };
const TRUSTED = { ...NETWORK, TRUSTED_SMTP_PEERS: '127.0.0.1' };

function v2(command: number, family: number, body: Buffer): Buffer {
  const head = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');
  return Buffer.concat([
    head,
    Buffer.from([0x20 | command, family, body.length >> 8, body.length & 255]),
    body,
  ]);
}
const ports = Buffer.from([0x30, 0x39, 0, 25]);
const v2ipv4 = v2(1, 0x11, Buffer.concat([Buffer.from([192, 0, 2, 7, 198, 51, 100, 1]), ports]));
const ipv6 = Buffer.from('20010db8000000000000000000000007', 'hex');
const v2ipv6 = v2(1, 0x21, Buffer.concat([ipv6, ipv6, ports, Buffer.from([3, 0, 1, 0])]));

describe('PROXY header', () => {
  test.each<[string, Buffer, object]>([
    [
      'v1, IPv4',
      Buffer.from('PROXY TCP4 192.0.2.7 198.51.100.1 12345 25\r\n'),
      { client: { address: '192.0.2.7', port: 12345 } },
    ],
    [
      'v1, IPv6',
      Buffer.from('PROXY TCP6 2001:db8::7 ::1 1 25\r\n'),
      { client: { address: '2001:db8::7', port: 1 } },
    ],
    ['v1, UNKNOWN', Buffer.from('PROXY UNKNOWN\r\n'), { client: undefined }],
    ['v2, IPv4', v2ipv4, { client: { address: '192.0.2.7', port: 12345 } }],
    ['v2, IPv6 with an extension', v2ipv6, { client: { address: '2001:db8:0:0:0:0:0:7', port: 12345 } }],
    ['v2, LOCAL', v2(0, 0, Buffer.alloc(0)), { client: undefined }],
  ])('%s: read whole, and never before its end', (_name, header, expected) => {
    expect(parseProxyHeader(Buffer.concat([header, Buffer.from('EHLO')]))).toEqual({
      kind: 'header',
      length: header.length,
      ...expected,
    });
    for (let length = 0; length < header.length; length += 1) {
      expect(parseProxyHeader(header.subarray(0, length))).toEqual({ kind: 'incomplete' });
    }
  });
  test.each<[string, Buffer]>([
    ['something else', Buffer.from('EHLO client.example\r\n')],
    ['a name instead of an address', Buffer.from('PROXY TCP4 client.example 198.51.100.1 1 25\r\n')],
    ['the other family', Buffer.from('PROXY TCP4 2001:db8::7 ::1 1 25\r\n')],
    ['a port past 65535', Buffer.from('PROXY TCP4 192.0.2.7 198.51.100.1 70000 25\r\n')],
    ['a line without end', Buffer.from(`PROXY TCP4 ${'1'.repeat(120)}`)],
    ['v2 with a body too short', v2(1, 0x11, Buffer.alloc(4))],
    ['v2 with a body too long', v2(1, 0x11, Buffer.alloc(5_000))],
    ['v2 of a command unknown', v2(2, 0x11, Buffer.alloc(12))],
  ])('malformed: %s', (_name, header) => {
    expect(parseProxyHeader(header)).toEqual({ kind: 'malformed' });
  });
});

describe('trusted peers', () => {
  let upstream: ScriptedUpstream;
  let app: TestApp;
  let edge: TestEdge;
  beforeAll(async () => {
    upstream = await ScriptedUpstream.start();
    upstream.offers = ['8BITMIME', 'XFORWARD NAME ADDR PROTO HELO SOURCE PORT'];
    app = await startTestApp('pglite', { env: { UPSTREAM_URL: upstream.url } });
    const { id: companyId } = await app.company({ name: 'Example', policy: 'explicit' });
    const wanted = { companyId, kind: 'smtp', scopes: [] } as const;
    await insertCredential(app.db, app.deps.newId(), wanted, LISTED, 'no password', app.clock.now());
  });
  afterAll(async () => {
    await app.close();
    await upstream.close();
  });
  afterEach(() => edge.close());
  const start = async (wishes: EdgeWishes) => {
    edge = await TestEdge.start(app, upstream, wishes);
  };
  const MAIL = 'MAIL FROM:<a@example.jp>';
  const answerTo = async (client: RawClient, line: string) => (await client.command(line))[0]?.slice(0, 9);

  test.each<[string, string | Buffer, string]>([
    ['v1 from a listed network', 'PROXY TCP4 192.0.2.7 198.51.100.1 12345 25\r\n', '250 2.1.0'],
    ['v2 from a listed network', v2ipv4, '250 2.1.0'],
    ['v2, IPv6', v2ipv6, '250 2.1.0'],
    ['from elsewhere', 'PROXY TCP4 203.0.113.7 198.51.100.1 12345 25\r\n', '530 5.7.0'],
    ['a proxy that speaks for itself', 'PROXY UNKNOWN\r\n', '530 5.7.0'],
    ['v2 LOCAL', v2(0, 0, Buffer.alloc(0)), '530 5.7.0'],
  ])('PROXY: %s', async (_name, header, answer) => {
    const env = {
      ...TRUSTED,
      SMTP_PROXY_PROTOCOL: 'true',
      SMTP_NETWORKS: `${NETWORK.SMTP_NETWORKS},127.0.0.1=${LISTED}`,
    };
    await start({ env });
    const client = await edge.greeted(header);
    expect(await answerTo(client, MAIL)).toBe(answer);
    client.close();
  });
  test('PROXY: a trusted peer without a header is hung up on', async () => {
    await start({ env: { ...TRUSTED, SMTP_PROXY_PROTOCOL: 'true' } });
    const client = await edge.connect();
    client.send('EHLO client.example\r\n');
    expect((await client.reply())[0]).toMatch(/^554 5\.7\.1/);
    expect(await client.line()).toBeUndefined();
  });
  test('PROXY: a header that does not come ends the connection', async () => {
    await start({
      env: { ...TRUSTED, SMTP_PROXY_PROTOCOL: 'true' },
      options: { limits: { proxyHeader: 20 } },
    });
    const client = await edge.connect();
    expect((await client.reply())[0]).toMatch(/^554 5\.7\.1/);
  });
  test('PROXY: a stranger is hung up on, header or not', async () => {
    const env = { ...NETWORK, TRUSTED_SMTP_PEERS: '198.51.100.1', SMTP_PROXY_PROTOCOL: 'true' };
    await start({ env });
    const client = await edge.connect();
    client.send('PROXY TCP4 192.0.2.7 198.51.100.1 12345 25\r\nEHLO a.example\r\n');
    expect((await client.reply())[0]).toMatch(/^554 5\.7\.1/);
    expect(await client.line()).toBeUndefined();
  });
  test('PROXY: where it is not asked for nobody is believed, not even a trusted peer', async () => {
    await start({ env: TRUSTED });
    const client = await edge.connect();
    await client.reply();
    expect(await answerTo(client, 'PROXY TCP4 192.0.2.7 198.51.100.1 12345 25')).toBe('500 5.5.2');
    await client.command('EHLO client.example');
    expect(await answerTo(client, MAIL)).toBe('530 5.7.0');
    client.close();
  });

  test('XCLIENT and XFORWARD are neither offered to strangers nor heard from them', async () => {
    await start({ env: NETWORK });
    const client = await edge.connect();
    await client.reply();
    expect((await client.command('EHLO client.example')).join()).not.toMatch(/XCLIENT|XFORWARD/);
    expect(await answerTo(client, 'XCLIENT ADDR=192.0.2.7')).toBe('500 5.5.2');
    expect(await answerTo(client, `XCLIENT LOGIN=${LISTED}`)).toBe('500 5.5.2');
    expect(await answerTo(client, 'XFORWARD ADDR=192.0.2.7')).toBe('500 5.5.2');
    expect(await answerTo(client, MAIL)).toBe('530 5.7.0');
    client.close();
  });
  test('XCLIENT ADDR: the client stands where it is said to stand', async () => {
    await start({ env: TRUSTED });
    const client = await edge.greeted();
    expect((await client.command('XCLIENT ADDR=192.0.2.7 NAME=[UNAVAILABLE]'))[0]).toMatch(/^220 /);
    // The session is new: EHLO comes first.
    expect(await answerTo(client, MAIL)).toBe('503 5.5.1');
    await client.command('EHLO client.example');
    expect(await answerTo(client, MAIL)).toBe('250 2.1.0');
    await client.command('RSET');
    await client.command('XCLIENT ADDR=IPv6:2001:db8::9');
    await client.command('EHLO client.example');
    expect(await answerTo(client, MAIL)).toBe('250 2.1.0');
    expect(await answerTo(client, 'XCLIENT ADDR=203.0.113.1')).toBe('503 5.5.1');
    await client.command('RSET');
    await client.command('XCLIENT ADDR=203.0.113.1');
    await client.command('EHLO client.example');
    expect(await answerTo(client, MAIL)).toBe('530 5.7.0');
    client.close();
  });
  test('XCLIENT ADDR=[UNAVAILABLE] stands in no network, not even in that of the peer', async () => {
    await start({ env: { ...TRUSTED, SMTP_NETWORKS: `127.0.0.1=${LISTED}` } });
    const client = await edge.greeted();
    await client.command('XCLIENT ADDR=[UNAVAILABLE]');
    await client.command('EHLO client.example');
    expect(await answerTo(client, MAIL)).toBe('530 5.7.0');
    client.close();
  });
  test('XCLIENT LOGIN signs in as a credential in force, and as nobody else', async () => {
    await start({ env: TRUSTED });
    const client = await edge.greeted();
    expect(await answerTo(client, 'XCLIENT LOGIN=relay-nobody ADDR=192.0.2.7')).toBe('535 5.7.8');
    expect(await answerTo(client, MAIL)).toBe('530 5.7.0');
    expect((await client.command(`XCLIENT LOGIN=${LISTED.replace('-', '+2D')}`))[0]).toMatch(/^220 /);
    await client.command('EHLO client.example');
    expect(await answerTo(client, MAIL)).toBe('250 2.1.0');
    await client.command('RSET');
    await client.command('XCLIENT LOGIN=[UNAVAILABLE]');
    await client.command('EHLO client.example');
    expect(await answerTo(client, MAIL)).toBe('530 5.7.0');
    client.close();
  });
  test.each([
    '',
    'ADDR',
    'ADDR=',
    'ADDR=nonsense',
    'ADDR=192.0.2.7 ADDR=192.0.2.8',
    'FOO=1',
    'NAME=a+0D+0Ab',
    'NAME=a+2',
    `NAME=${'a'.repeat(256)}`,
    'PORT=70000',
  ])('XCLIENT %s is malformed, and changes nothing', async (attributes) => {
    await start({ env: TRUSTED });
    const client = await edge.greeted();
    expect(await answerTo(client, `XCLIENT ${attributes}`)).toBe('501 5.5.4');
    expect(await answerTo(client, MAIL)).toBe('530 5.7.0');
    client.close();
  });
  test('XFORWARD goes on to upstream, as far as it asks, and counts for nothing here', async () => {
    await start({ env: { ...TRUSTED, SMTP_NETWORKS: `127.0.0.1=${LISTED}` } });
    const client = await edge.greeted();
    expect(await answerTo(client, 'XFORWARD NAME=mx+2Eexample ADDR=203.0.113.1 IDENT=4711')).toBe(
      '250 2.0.0',
    );
    expect(await answerTo(client, 'XFORWARD HELO=[UNAVAILABLE] SOURCE=REMOTE')).toBe('250 2.0.0');
    upstream.commands.length = 0;
    expect((await sendMail(client)).at(-1)).toBe('250 2.0.0');
    expect((await sendMail(client, 'y')).at(-1)).toBe('250 2.0.0');
    expect(upstream.commands.filter((line) => /^(XFORWARD|MAIL)/.test(line))).toEqual([
      'XFORWARD NAME=mx+2Eexample ADDR=203.0.113.1 HELO=[UNAVAILABLE] SOURCE=REMOTE',
      MAIL,
      MAIL,
    ]);
    client.close();
  });
});
