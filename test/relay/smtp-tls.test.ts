import { once } from 'node:events';
import { copyFileSync, writeFileSync } from 'node:fs';
import { connect as connectTcp } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { startTestApp, type TestApp } from '../harness/app.js';
import { describeWith } from '../harness/programs.js';
import { sendMail, TestAuthority, TestEdge } from './edge.js';
import { RawClient, ScriptedUpstream } from './peers.js';

describeWith('openssl', 'TLS at the SMTP edge', () => {
  const authority = new TestAuthority();
  let upstream: ScriptedUpstream;
  let app: TestApp;
  let edge: TestEdge;
  let credential: { username: string; password: string };
  const heard: string[] = [];
  beforeAll(async () => {
    upstream = await ScriptedUpstream.start();
    app = await startTestApp('pglite', {
      env: { UPSTREAM_URL: upstream.url },
      logTo: { write: (line) => heard.push(line) },
    });
    const company = await app.company({ name: 'Example', policy: 'explicit' });
    credential = await app.smtpCredential(company.id);
  });
  afterAll(async () => {
    await app.close();
    await upstream.close();
    authority.remove();
  });
  beforeEach(() => authority.issue('edge', 'relay.example'));
  afterEach(() => edge.close());
  const env = () => ({ SMTP_TLS_CERT: authority.certPath('edge'), SMTP_TLS_KEY: authority.keyPath('edge') });
  const trust = (options: object = {}) => ({ ca: authority.ca(), servername: 'relay.example', ...options });

  async function overTls(options: object = {}): Promise<TLSSocket> {
    const socket = connectTls({ port: edge.port, host: '127.0.0.1', ...trust(options) });
    await once(socket, 'secureConnect');
    return socket;
  }

  test('from the first byte: AUTH and a mail', async () => {
    edge = await TestEdge.start(app, upstream, { env: env(), overTls: true });
    const client = RawClient.over(await overTls());
    expect((await client.signIn(credential)).join()).not.toMatch('STARTTLS');
    expect((await sendMail(client)).at(-1)).toBe('250 2.0.0');
    client.close();
  });
  test('older than TLS 1.2 is not spoken', async () => {
    edge = await TestEdge.start(app, upstream, { env: env(), overTls: true });
    const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' };
    await expect(overTls(old)).rejects.toThrow(/version|alert/i);
  });
  test('STARTTLS: the session starts anew, and what was said before counts for nothing', async () => {
    edge = await TestEdge.start(app, upstream, { env: env() });
    const plain = await RawClient.connect(edge.port);
    await plain.reply();
    expect(await plain.command('EHLO client.example')).toContainEqual(expect.stringMatching('STARTTLS'));
    expect((await plain.command('STARTTLS'))[0]).toMatch(/^220/);
    const secure = connectTls({ socket: plain.detach(), ...trust() });
    await once(secure, 'secureConnect');
    const client = RawClient.over(secure);
    const offered = await client.command('EHLO client.example');
    expect(offered.join()).not.toMatch('STARTTLS');
    const token = Buffer.from(`\0${credential.username}\0${credential.password}`).toString('base64');
    expect((await client.command(`AUTH PLAIN ${token}`))[0]).toMatch(/^235/);
    expect((await sendMail(client)).at(-1)).toBe('250 2.0.0');
    client.close();
  });
  test('commands pipelined behind STARTTLS are not run inside TLS', async () => {
    edge = await TestEdge.start(app, upstream, { env: env() });
    const plain = await RawClient.connect(edge.port);
    await plain.reply();
    await plain.command('EHLO client.example');
    const before = upstream.commands.length;
    const token = Buffer.from(`\0${credential.username}\0${credential.password}`).toString('base64');
    plain.send(`STARTTLS\r\nEHLO evil.example\r\nAUTH PLAIN ${token}\r\nMAIL FROM:<evil@example.jp>\r\n`);
    expect((await plain.reply())[0]).toMatch(/^220/);
    const secure = connectTls({ socket: plain.detach(), ...trust() });
    await once(secure, 'secureConnect');
    const client = RawClient.over(secure);
    // Had any of them been run, its answer would come first.
    expect((await client.command('NOOP'))[0]).toBe('250 2.0.0 OK');
    expect((await client.command('MAIL FROM:<a@example.jp>'))[0]).toMatch(/^5(03|30) /);
    expect(upstream.commands.slice(before)).not.toContain('MAIL FROM:<evil@example.jp>');
    client.close();
  });
  test('a new certificate is served after reload; a broken one leaves the old one in place', async () => {
    edge = await TestEdge.start(app, upstream, { env: env(), overTls: true });
    const serial = async () => {
      const socket = await overTls({ servername: 'relay.example' });
      const { serialNumber } = socket.getPeerCertificate();
      socket.destroy();
      return serialNumber;
    };
    const first = await serial();
    authority.issue('edge', 'relay.example');
    expect(await serial()).toBe(first);
    edge.edge.reload();
    const second = await serial();
    expect(second).not.toBe(first);
    expect(heard.join()).toMatch('certificate reloaded');

    copyFileSync(authority.keyPath('ca'), authority.keyPath('edge'));
    edge.edge.reload();
    expect(heard.join()).toMatch('the new certificate does not load: the old one stays');
    expect(await serial()).toBe(second);
    writeFileSync(authority.certPath('edge'), 'nonsense');
    edge.edge.reload();
    expect(await serial()).toBe(second);
  });
  test('a client that never shakes hands does not keep the edge from closing', async () => {
    edge = await TestEdge.start(app, upstream, { env: env(), overTls: true });
    const silent = connectTcp(edge.port, '127.0.0.1');
    silent.on('error', () => {});
    await once(silent, 'connect');
    const gone = once(silent, 'close');
    await edge.close();
    await gone;
  });
});
