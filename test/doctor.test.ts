import { spawnSync } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { Resolver } from 'node:dns/promises';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FROM_SOURCE, freePort } from '../scripts/server-process.js';
import { type Config, parseConfig } from '../src/config.js';
import { checkDkim, checkDmarc, checkHost, checkSpf, type Names } from '../src/doctor/dns.js';
import { examine, type Finding, report } from '../src/doctor/doctor.js';
import { skewFinding } from '../src/doctor/machine.js';
import { openTestDatabase } from './harness/database.js';
import { ScriptedUpstream } from './relay/peers.js';

/** A server of names (RFC 1035) that knows TXT and A records; of `silent.example` it says nothing. */
async function nameServer(
  records: Readonly<Record<string, readonly string[]>>,
): Promise<{ names: Names; hasty: Names; socket: Socket }> {
  const socket = createSocket('udp4');
  socket.on('message', (question, from) => {
    const labels: string[] = [];
    let at = 12;
    for (let length = question[at]!; length > 0; length = question[at]!) {
      labels.push(question.toString('latin1', at + 1, at + 1 + length));
      at += length + 1;
    }
    const name = labels.join('.');
    if (name.endsWith('silent.example')) return;
    const type = question.readUInt16BE(at + 1);
    const data = (records[`${type === 16 ? 'TXT' : type === 1 ? 'A' : '-'} ${name}`] ?? []).map((text) =>
      type === 16
        ? Buffer.concat(
            (text.match(/.{1,255}/g) ?? ['']).map((part) => Buffer.from([part.length, ...Buffer.from(part)])),
          )
        : Buffer.from(text.split('.').map(Number)),
    );
    const head = Buffer.from(question.subarray(0, 12));
    const known = Object.keys(records).some((key) => key.endsWith(` ${name}`));
    head.writeUInt16BE(known ? 0x8180 : 0x8183, 2);
    head.writeUInt16BE(data.length, 6);
    head.writeUInt32BE(0, 8);
    const answers = data.map((bytes) => {
      const answer = Buffer.alloc(12);
      answer.writeUInt16BE(0xc00c, 0);
      answer.writeUInt16BE(type, 2);
      answer.writeUInt16BE(1, 4);
      answer.writeUInt32BE(60, 6);
      answer.writeUInt16BE(bytes.length, 10);
      return Buffer.concat([answer, bytes]);
    });
    socket.send(Buffer.concat([head, question.subarray(12, at + 5), ...answers]), from.port, from.address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const asking = (timeout: number) => {
    const resolver = new Resolver({ timeout, tries: 1 });
    resolver.setServers([`127.0.0.1:${socket.address().port}`]);
    return resolver;
  };
  // Patient, since this machine may be busy; and one who gives up soon.
  return { names: asking(30_000), hasty: asking(100), socket };
}

const brief = ({ check, status, found }: Finding) => `${status} ${check}: ${found}`;

describe('the doctor', () => {
  const directory = mkdtempSync(join(tmpdir(), 'career-relay-doctor-'));
  let names: Names;
  let hasty: Names;
  let socket: Socket;
  let upstream: ScriptedUpstream;
  beforeAll(async () => {
    ({ names, hasty, socket } = await nameServer({
      'TXT good.example.jp': ['v=spf1 include:_spf.example.jp -all', 'other'],
      'TXT _dmarc.good.example.jp': ['v=DMARC1; p=quarantine'],
      'TXT s1._domainkey.good.example.jp': [`v=DKIM1; k=rsa; p=${'A'.repeat(300)}`],
      'A relay.good.example.jp': ['192.0.2.7'],
      'TXT two.example.jp': ['v=spf1 -all', 'v=spf1 a -all'],
      'TXT open.example.jp': ['v=spf1 +all'],
    }));
    upstream = await ScriptedUpstream.start();
  });
  afterAll(async () => {
    socket.close();
    await upstream.close();
    rmSync(directory, { recursive: true, force: true });
  });

  async function config(env: Readonly<Record<string, string>> = {}): Promise<Config> {
    const ports = { PORT: String(await freePort()), SMTP_PORT: String(await freePort()) };
    return parseConfig({ DATA_DIR: join(directory, 'data'), ...ports, ...env });
  }
  const of = (findings: readonly Finding[], check: string) => findings.filter((one) => one.check === check);

  test.each([
    ['good.example.jp', 'ok'],
    ['none.example.jp', 'warn'],
    ['two.example.jp', 'fail'],
    ['open.example.jp', 'warn'],
  ])('SPF of %s: %s', async (domain, status) => {
    expect(await checkSpf(names, domain)).toMatchObject({ check: 'SPF', status });
  });
  test('a server of names that says nothing is not waited for', async () => {
    const finding = await checkSpf(hasty, 'silent.example');
    expect(brief(finding)).toMatch(/^warn SPF: no answer about silent\.example/);
  });
  test.each([
    ['good.example.jp', 'ok'],
    ['none.example.jp', 'warn'],
  ])('DMARC of %s: %s', async (domain, status) => {
    expect(await checkDmarc(names, domain)).toMatchObject({ check: 'DMARC', status });
  });
  test.each([
    ['s1', 'A'.repeat(300), 'ok', 'is published'],
    ['s1', 'B', 'fail', 'holds another key'],
    ['s2', 'A', 'fail', 'is not published'],
  ])('DKIM key %s %#: %s', async (selector, publicKey, status, said) => {
    const finding = await checkDkim(names, { domain: 'good.example.jp', selector, publicKey });
    expect(finding).toMatchObject({ status, found: expect.stringContaining(said) });
  });
  test.each([
    ['relay.good.example.jp', 'ok'],
    ['gone.good.example.jp', 'fail'],
    ['localhost', 'warn'],
  ])('link host %s: %s', async (host, status) => {
    expect(await checkHost(names, 'link host', host)).toMatchObject({ status });
  });

  test('clocks that differ', () => {
    expect(skewFinding('the database', 61_000, 1_000, 1_000)).toMatchObject({
      status: 'fail',
      found: 'the database is 60 s ahead of this machine',
    });
    expect(skewFinding('the database', 500, 1_000, 1_000).status).toBe('ok');
  });

  test('a fresh installation: nothing fails but what is not there', async () => {
    const env = {
      UPSTREAM_URL: upstream.url,
      MAIL_FROM: 'no-reply@good.example.jp',
      BASE_URL: 'https://relay.good.example.jp',
    };
    const findings = await examine(await config(env), names);
    expect(findings.filter(({ status }) => status === 'fail')).toEqual([]);
    for (const check of ['configuration', 'database', 'upstream', 'disk', 'link host', 'SPF', 'DMARC']) {
      expect(of(findings, check)[0]).toMatchObject({ status: 'ok' });
    }
    // No mail was begun, and the connection was left in order.
    expect(upstream.commands.filter((command) => /^(MAIL|DATA)/.test(command))).toEqual([]);
  });

  test('what is wrong is named, with what to do', async () => {
    const taken = createServer((peer) => peer.end('busy')).listen(0);
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    upstream.script = (command) =>
      command === 'AUTH PLAIN' || command.startsWith('AUTH') ? '535 5.7.8 no' : undefined;
    upstream.offers = ['AUTH PLAIN'];
    const gone = await freePort();
    const findings = await examine(
      await config({
        PORT: String(port),
        DATABASE_URL: `postgres://postgres@127.0.0.1:${gone}/x`,
        REDIS_URL: `redis://127.0.0.1:${gone}`,
        UPSTREAM_URL: upstream.url.replace('smtp://', 'smtp://user:secret-password@'),
      }),
      names,
    );
    taken.close();
    const failing = findings.filter(({ status }) => status === 'fail');
    expect(failing.map(({ check }) => check).sort()).toEqual(
      ['Redis', 'database', `port ${port}`, 'upstream'].sort(),
    );
    for (const { todo } of findings.filter(({ status }) => status !== 'ok')) expect(todo).toBeTruthy();
    expect(report(findings)).toContain('→ end that program');
    expect(failing.map(brief).join('\n')).not.toContain('secret-password');
  });

  if (process.env.TEST_DATABASE_URL) {
    test('PostgreSQL is asked for its version, schema and clock', async () => {
      const { db, url } = await openTestDatabase('postgres');
      const findings = await examine(
        await config({ DATABASE_URL: url!, WEB_CONCURRENCY: '99', SECRET_KEY: 'x'.repeat(32) }),
        names,
      );
      await db.close();
      expect(of(findings, 'database')[0]).toMatchObject({ found: expect.stringContaining('PostgreSQL') });
      expect(of(findings, 'database').map(brief)).toContainEqual(
        expect.stringMatching(/^warn .*1000 of its \d+ conn/),
      );
      expect(of(findings, 'schema').map(brief)).toEqual(['ok schema: up to date']);
      expect(of(findings, 'clock').map(brief)).toContainEqual(
        expect.stringMatching(/^ok clock: the database is/),
      );
    });
  }

  test('the command: a line each, as JSON, and exit code 1 where something fails', () => {
    const run = (env: Record<string, string>) =>
      spawnSync(process.execPath, [...FROM_SOURCE, 'doctor', '--json'], {
        env: { PATH: process.env.PATH, DATA_DIR: join(directory, 'data'), ...env },
        encoding: 'utf8',
      });
    const wrong = run({ PORT: 'x', SECRET_KEY: 'short' });
    expect(wrong.status).toBe(1);
    expect((JSON.parse(wrong.stdout) as Finding[]).map(brief)).toEqual([
      'fail configuration: PORT: must be a port number',
      'fail configuration: SECRET_KEY: must have at least 32 characters',
    ]);
  });
});
