import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { OPERATOR_KEY, startTestApp, type TestApp } from '../harness/app.js';
import { describeOnDatabase } from '../harness/database.js';

const rsa = (modulusLength: number) => generateKeyPairSync('rsa', { modulusLength }).privateKey;
const pem = (key: ReturnType<typeof rsa>) => key.export({ type: 'pkcs8', format: 'pem' }).toString();

/** 4,104 bits without the long search for primes: nobody gets as far as using it. */
function oversized(): ReturnType<typeof rsa> {
  const base64url = (value: bigint) => Buffer.from(evenHex(value), 'hex').toString('base64url');
  const [p, q] = [(3n << 2_050n) + 1n, (3n << 2_050n) + 3n];
  const three = base64url(3n);
  const parts = { n: base64url(p * q), e: 'AQAB', d: three, p: base64url(p), q: base64url(q) };
  const key = { kty: 'RSA', ...parts, dp: three, dq: three, qi: three };
  return createPrivateKey({ key, format: 'jwk' });
}
function evenHex(value: bigint): string {
  const hex = value.toString(16);
  return hex.length % 2 === 0 ? hex : `0${hex}`;
}

describeOnDatabase('DKIM keys API', (engine) => {
  let app: TestApp;
  let path: string;
  let counter = 0;
  beforeAll(async () => {
    app = await startTestApp(engine);
  });
  afterAll(() => app.close());
  beforeEach(async () => {
    const company = await app.company({ name: 'Keys', slug: `dkim-keys-${++counter}` });
    path = `/v1/companies/${company.id}/dkim-keys`;
  });

  type Body = Record<string, unknown> & {
    id: string;
    dns: { type: string; name: string; value: string; strings: string[] };
    errors: { field: string }[];
  };
  async function post(body: unknown, options: { key?: string; headers?: Record<string, string> } = {}) {
    const answer = await app.call(path, { key: OPERATOR_KEY, body, ...options });
    return { status: answer.status, body: (await answer.json()) as Body };
  }
  const wanted = { domain: 'Example.JP', selector: 'Relay1' };

  test('makes an RSA key and says what to publish', async () => {
    const { status, body } = await post(wanted);
    expect(status).toBe(201);
    expect(body).toMatchObject({
      domain: 'example.jp',
      selector: 'relay1',
      algorithm: 'rsa-sha256',
      revokedAt: null,
    });
    expect(body.dns).toMatchObject({ type: 'TXT', name: 'relay1._domainkey.example.jp' });
    const p = /^v=DKIM1; k=rsa; p=(.+)$/.exec(body.dns.value)![1]!;
    const key = createPublicKey({ key: Buffer.from(p, 'base64'), format: 'der', type: 'spki' });
    expect(key.asymmetricKeyDetails).toMatchObject({ modulusLength: 2_048 });
    expect(body.dns.strings.join('')).toBe(body.dns.value);
    expect(Math.max(...body.dns.strings.map((part) => part.length))).toBeLessThanOrEqual(255);
  });

  test('makes an Ed25519 key, whose record holds its 32 bytes', async () => {
    const { body } = await post({ ...wanted, algorithm: 'ed25519-sha256' });
    const p = /^v=DKIM1; k=ed25519; p=(.+)$/.exec(body.dns.value)![1]!;
    expect(Buffer.from(p, 'base64')).toHaveLength(32);
  });

  test('takes a deposited key, keeps it encrypted, and never shows it', async () => {
    const key = rsa(1_024);
    const { status, body } = await post({ ...wanted, privateKey: pem(key) });
    expect(status).toBe(201);
    const spki = createPublicKey(key).export({ type: 'spki', format: 'der' }).toString('base64');
    expect(body.dns.value).toContain(spki);
    const list = await (await app.call(path, { key: OPERATOR_KEY })).text();
    expect(JSON.parse(list)).toEqual({ dkimKeys: [body] });
    expect(list).not.toMatch(/private/i);
    const [row] = await app.db.query<{ sealed: Buffer }>(
      'SELECT private_key AS sealed FROM dkim_keys WHERE id = $1',
      [body.id],
    );
    expect(row!.sealed.includes(key.export({ type: 'pkcs8', format: 'der' }).subarray(40, 80))).toBe(false);
  });

  test.each([
    ['no PEM', () => 'nonsense', 'privateKey'],
    ['an RSA key of 512 bits', () => pem(rsa(512)), 'privateKey'],
    ['an RSA key of 4,104 bits', () => pem(oversized()), 'privateKey'],
    ['a public key', () => createPublicKey(rsa(1_024)).export({ type: 'spki', format: 'pem' }), 'privateKey'],
    [
      'another kind of key',
      () => pem(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey),
      'privateKey',
    ],
    [
      'a key for RSA-PSS alone',
      () => pem(generateKeyPairSync('rsa-pss', { modulusLength: 1_024 }).privateKey),
      'privateKey',
    ],
    [
      'a key behind a passphrase',
      () => rsa(1_024).export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' }),
      'privateKey',
    ],
    ['a key of the other algorithm', () => pem(generateKeyPairSync('ed25519').privateKey), 'algorithm'],
  ])('%s is refused by its field', async (_name, privateKey, field) => {
    const { status, body } = await post({ ...wanted, privateKey: privateKey(), algorithm: 'rsa-sha256' });
    expect([status, body.errors.map((fault) => fault.field)]).toEqual([400, [field]]);
  });

  test.each([
    [{ domain: 'localhost' }, 'domain'],
    [{ domain: 'exa mple.jp' }, 'domain'],
    [{ domain: '192.0.2.1' }, 'domain'],
    [{ selector: '-a' }, 'selector'],
    [{ selector: 'a;p=x' }, 'selector'],
    [
      { selector: 's'.repeat(63), domain: `${'d'.repeat(60)}.${'d'.repeat(60)}.${'d'.repeat(60)}.jp` },
      'selector',
    ],
    [{ algorithm: 'rsa-sha1' }, 'algorithm'],
  ])('%j is refused by its field', async (given, field) => {
    const { status, body } = await post({ ...wanted, ...given });
    expect([status, body.errors.map((fault) => fault.field)]).toEqual([400, [field]]);
  });

  test('a Japanese domain is kept as the DNS writes it', async () => {
    const { body } = await post({ ...wanted, domain: '例え.jp', algorithm: 'ed25519-sha256' });
    expect(body.domain).toBe('xn--r8jz45g.jp');
  });

  test('one live key a selector; after revoking the name is free, and the private half forgotten', async () => {
    const ed = { ...wanted, algorithm: 'ed25519-sha256' };
    const { body } = await post(ed);
    expect((await post(ed)).status).toBe(409);
    const revoke = () => app.call(`${path}/${body.id}`, { key: OPERATOR_KEY, method: 'DELETE' });
    expect((await revoke()).status).toBe(204);
    expect((await revoke()).status).toBe(404);
    const rows = await app.db.query('SELECT private_key FROM dkim_keys WHERE id = $1', [body.id]);
    expect(rows).toEqual([{ private_key: null }]);
    expect((await post(ed)).status).toBe(201);
  });

  test('the same Idempotency-Key deposits once', async () => {
    const headers = { 'idempotency-key': `dkim-${engine}` };
    const first = await post({ ...wanted, algorithm: 'ed25519-sha256' }, { headers });
    expect(await post({ ...wanted, algorithm: 'ed25519-sha256' }, { headers })).toEqual(first);
  });

  test("the company's admin key may, a reading key and another company's may not", async () => {
    const own = path.split('/')[3]!;
    const other = await app.company({ name: 'Other', slug: `dkim-other-${counter}` });
    const ed = { ...wanted, algorithm: 'ed25519-sha256' };
    expect((await post(ed, { key: await app.apiKey(own, ['read']) })).status).toBe(403);
    expect((await post(ed, { key: await app.apiKey(other.id, ['admin']) })).status).toBe(403);
    const { status, body } = await post(ed, { key: await app.apiKey(own, ['admin']) });
    expect(status).toBe(201);
    const foreign = `/v1/companies/${other.id}/dkim-keys/${body.id}`;
    expect((await app.call(foreign, { key: OPERATOR_KEY, method: 'DELETE' })).status).toBe(404);
  });

  test('PATCH sets what happens to signed mail', async () => {
    const company = path.replace('/dkim-keys', '');
    const patch = (signedPolicy: string) =>
      app.call(company, { key: OPERATOR_KEY, method: 'PATCH', body: { signedPolicy } });
    expect(await (await app.call(company, { key: OPERATOR_KEY })).json()).toMatchObject({
      signedPolicy: 'pass',
    });
    expect(await (await patch('resign')).json()).toMatchObject({ signedPolicy: 'resign' });
    expect((await patch('strip')).status).toBe(400);
  });
});
