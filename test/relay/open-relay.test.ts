import { insertCredential, revokeCredential } from '../../src/company/credentials.js';
import { startTestApp, type TestApp } from '../harness/app.js';
import { RawClient, ScriptedUpstream } from './peers.js';

const LISTED = 'relay-listed';
const REVOKED = 'relay-revoked';

type Client = 'no AUTH' | 'wrong password' | 'revoked credential' | 'credential';

/** Each configuration with who may send under it; whoever is not named must not. */
const MATRIX: readonly (readonly [name: string, env: Record<string, string>, may: readonly Client[]])[] = [
  ['no setting', {}, ['credential']],
  ['another network', { SMTP_NETWORKS: `192.0.2.0/24=${LISTED},2001:db8::/32=${LISTED}` }, ['credential']],
  ['the network of a revoked credential', { SMTP_NETWORKS: `127.0.0.0/8=${REVOKED}` }, ['credential']],
  ['the network of an unknown credential', { SMTP_NETWORKS: '127.0.0.1=relay-nobody' }, ['credential']],
  [
    'a revoked credential inside the network of a live one',
    { SMTP_NETWORKS: `127.0.0.0/8=${LISTED},127.0.0.1/32=${REVOKED}` },
    ['credential'],
  ],
  [
    'the network of a live credential',
    { SMTP_NETWORKS: `127.0.0.1/32=${LISTED}` },
    ['no AUTH', 'wrong password', 'revoked credential', 'credential'],
  ],
];
const CLIENTS: readonly Client[] = ['no AUTH', 'wrong password', 'revoked credential', 'credential'];

/** One database for all configurations. */
let first: TestApp;
beforeAll(async () => {
  first = await startTestApp('pglite');
});
afterAll(() => first.close());

/** Makes LISTED and REVOKED credentials of the company, in place of another's. */
async function keepListed(app: TestApp, companyId: string): Promise<string> {
  await app.db.query('DELETE FROM messages');
  await app.db.query('DELETE FROM credentials');
  const ids = [app.deps.newId(), app.deps.newId()] as const;
  for (const [index, username] of [LISTED, REVOKED].entries()) {
    const wanted = { companyId, kind: 'smtp', scopes: [] } as const;
    await insertCredential(app.db, ids[index]!, wanted, username, `hash of ${username}`, app.clock.now());
  }
  await app.db.query('UPDATE credentials SET revoked_at = now() WHERE username = $1', [REVOKED]);
  return ids[0];
}

describe.each(MATRIX)('who may send, with %s', (_name, env, may) => {
  let upstream: ScriptedUpstream;
  let app: TestApp;
  const passwords = new Map<Client, { username: string; password: string }>();
  beforeAll(async () => {
    upstream = await ScriptedUpstream.start();
    app = await startTestApp('pglite', { env: { UPSTREAM_URL: upstream.url, ...env }, beside: first });
    const { id: companyId } = await app.company({ name: '例', policy: 'explicit' });
    await keepListed(app, companyId);
    const credential = await app.smtpCredential(companyId);
    const revoked = await app.smtpCredential(companyId);
    passwords.set('credential', credential);
    passwords.set('wrong password', { ...credential, password: 'wrong' });
    passwords.set('revoked credential', revoked);
    await app.db.query('UPDATE credentials SET revoked_at = now() WHERE username = $1', [revoked.username]);
  });
  afterAll(async () => {
    await app.close();
    await upstream.close();
  });

  test.each(CLIENTS)('%s', async (who) => {
    const before = upstream.received.length;
    const client = await RawClient.connect(app.smtpPort);
    const credential = passwords.get(who);
    if (credential) await client.signIn(credential);
    else {
      await client.reply();
      await client.command('EHLO client.example');
    }
    const answers: string[] = [];
    for (const line of [
      'MAIL FROM:<a@example.jp>',
      'RCPT TO:<b@example.com>',
      'DATA',
      'Subject: x\r\n\r\n.',
    ]) {
      answers.push((await client.command(line))[0]?.slice(0, 3) ?? '');
      if (line === 'DATA' && answers.at(-1) !== '354') break;
    }
    client.close();
    if (may.includes(who)) expect(answers).toEqual(['250', '250', '354', '250']);
    else expect(answers).toEqual([expect.stringMatching('530|454'), '503', '503']);
    expect(upstream.received.length - before).toBe(may.includes(who) ? 1 : 0);
  });
});

describe('a listed network', () => {
  let upstream: ScriptedUpstream;
  let app: TestApp;
  let credentialId: string;
  let companyId: string;
  beforeEach(async () => {
    upstream = await ScriptedUpstream.start();
    app = await startTestApp('pglite', {
      env: { UPSTREAM_URL: upstream.url, SMTP_NETWORKS: `127.0.0.0/8=${LISTED}` },
      beside: first,
    });
    ({ id: companyId } = await app.company({ name: '例', policy: 'explicit' }));
    credentialId = await keepListed(app, companyId);
  });
  afterEach(async () => {
    await app.close();
    await upstream.close();
  });
  async function mail(): Promise<string | undefined> {
    const client = await RawClient.connect(app.smtpPort);
    await client.reply();
    await client.command('EHLO client.example');
    const [answer] = await client.command('MAIL FROM:<a@example.jp>');
    client.close();
    return answer?.slice(0, 9);
  }

  test('its mail is journalled under its credential', async () => {
    const client = await RawClient.connect(app.smtpPort);
    await client.reply();
    for (const line of ['EHLO c.example', 'MAIL FROM:<a@example.jp>', 'RCPT TO:<b@example.com>', 'DATA'])
      await client.command(line);
    expect((await client.command('Subject: x\r\n\r\n.'))[0]).toMatch(/^250/);
    client.close();
    const rows = await app.db.query('SELECT company_id, credential_id FROM messages');
    expect(rows).toEqual([{ company_id: companyId, credential_id: credentialId }]);
  });
  test('a revoked credential ends within seconds, and the mail stays with the client', async () => {
    expect(await mail()).toBe('250 2.1.0');
    await revokeCredential(app.db, companyId, credentialId, app.clock.now());
    app.clock.advance(10_000);
    expect(await mail()).toBe('454 4.7.0');
  });
  test('AUTH overrules the network', async () => {
    const other = await app.company({ name: '他', policy: 'explicit' });
    const client = await RawClient.connect(app.smtpPort);
    await client.signIn(await app.smtpCredential(other.id));
    for (const line of ['MAIL FROM:<a@example.jp>', 'RCPT TO:<b@example.com>', 'DATA'])
      await client.command(line);
    await client.command('Subject: x\r\n\r\n.');
    client.close();
    expect(await app.db.query('SELECT company_id FROM messages')).toEqual([{ company_id: other.id }]);
  });
});
