import { generateKeyPairSync } from 'node:crypto';
import type { Company, SignedPolicy } from '../../src/company/store.js';
import { OPERATOR_KEY, startTestApp, type TestApp } from '../harness/app.js';
import { describeOnDatabase, type Engine } from '../harness/database.js';
import { openVerifier, signedBy, type TestKey, testKey, verifiers } from './dkim-verifiers.js';
import { RawClient } from './peers.js';

const REJECTION = [
  '慎重に選考を行いました結果、誠に残念ながら今回は採用を見送らせていただくこととなりました。',
  '',
];
const OTHER = ['明日の会議の資料をお送りします。', ''];

let counter = 0;
function mail(body: readonly string[], fields: readonly string[] = [], from = 'hr@example.jp'): Buffer {
  counter += 1;
  const head = [
    `From: =?UTF-8?B?5o6h55So5ouF5b2T?= <${from}>`,
    'To: taro@example.com',
    'Subject: =?UTF-8?B?6YG46ICD57WQ5p6c44Gu44GU6YCj57Wh?=',
    `Message-ID: <m${counter}@example.jp>`,
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=UTF-8',
    'Content-Transfer-Encoding: 8bit',
    ...fields,
  ];
  return Buffer.from([...head, '', ...body].join('\r\n'));
}

type Records = Readonly<Record<string, string>>;
type Row = Readonly<{
  id: string;
  action: string;
  reason: string | null;
  signed_by: string | null;
  code: string | null;
}>;
type Passed = Readonly<{ row: Row; sent: Buffer }>;

/** Making one takes a while; those that the hook makes itself have a test of their own. */
const SOME_KEY = generateKeyPairSync('rsa', { modulusLength: 2_048 }).privateKey.export({
  type: 'pkcs8',
  format: 'pem',
});
const PASS = ['example.jp', 'relay', 'pass'];

describeOnDatabase('signing relayed mail', (engine: Engine) => {
  let app: TestApp;
  const open = () => verifiers.map((verifier) => ({ ...verifier, ...openVerifier(verifier) }));
  let opened: ReturnType<typeof open> = [];
  const journalled = new Set<string>();
  beforeAll(async () => {
    opened = open();
    app = await startTestApp(engine);
  });
  afterAll(async () => {
    await app.close();
    await Promise.all(opened.map((verifier) => verifier.close()));
  });

  async function post(path: string, body: unknown, method = 'POST') {
    const answer = await app.call(path, { key: OPERATOR_KEY, body, method });
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  }
  /** A company with a key for example.jp and what is then in the DNS. */
  async function withKey(
    options: { signedPolicy?: SignedPolicy; domain?: string; algorithm?: string; selector?: string } = {},
  ): Promise<{ company: Company; records: Records; keyId: string }> {
    counter += 1;
    const company = await app.company({ name: 'Example', slug: `dkim-${counter}`, policy: 'auto' });
    const { signedPolicy, domain = 'example.jp', selector = 'relay', algorithm } = options;
    const { status, body } = await post(`/v1/companies/${company.id}/dkim-keys`, {
      domain,
      selector,
      ...(algorithm ? { algorithm } : { privateKey: SOME_KEY }),
    });
    expect(status).toBe(201);
    if (signedPolicy) {
      const changed = await post(`/v1/companies/${company.id}`, { signedPolicy }, 'PATCH');
      expect(changed.body).toMatchObject({ signedPolicy });
    }
    const dns = body.dns as { name: string; value: string };
    return { company, records: { [dns.name]: dns.value }, keyId: String(body.id) };
  }
  async function relay(company: Company, content: Buffer): Promise<Passed> {
    const client = await RawClient.connect(app.smtpPort);
    await client.signIn(await app.smtpCredential(company.id));
    await client.command('MAIL FROM:<hr@example.jp>');
    await client.command('RCPT TO:<taro@example.com>');
    await client.command('DATA');
    client.send(Buffer.concat([content, Buffer.from('.\r\n')]));
    expect((await client.reply())[0]).toMatch(/^250/);
    client.close();
    const rows = await app.db.query<Row>('SELECT * FROM messages WHERE company_id = $1', [company.id]);
    const row = rows.find(({ id }) => !journalled.has(id));
    const id = /Message-ID: .*\r\n/.exec(content.toString('latin1'))![0];
    const sent = app.outbox().filter((one) => one.includes(id));
    expect([rows.length > 0, sent.length]).toEqual([true, 1]);
    journalled.add(row!.id);
    return { row: row!, sent: sent[0]! };
  }
  async function expectVerified(message: Buffer, records: Records, all: readonly unknown[] = [PASS]) {
    const ed25519 = Object.values(records).some((value) => value.includes('k=ed25519'));
    for (const { name, algorithms, verify } of opened) {
      if (ed25519 && !algorithms.includes('ed25519-sha256')) continue;
      const [verdicts] = await verify([{ message, records }]);
      expect([name, verdicts]).toEqual([name, all]);
    }
  }

  test.each(['rsa-sha256', 'ed25519-sha256'])(
    'a rejection comes out with its link, signed: %s',
    async (algorithm) => {
      const { company, records } = await withKey({ algorithm });
      const { row, sent } = await relay(company, mail(REJECTION));
      expect(row).toMatchObject({
        action: 'inserted',
        reason: null,
        signed_by: 'relay._domainkey.example.jp',
      });
      expect(sent.toString()).toContain(`/r/${row.code}`);
      await expectVerified(sent, records);
    },
  );

  test('a mail that is left as it is, is signed too, and loses nothing', async () => {
    const { company, records } = await withKey();
    const content = mail(OTHER);
    const { row, sent } = await relay(company, content);
    expect(row).toMatchObject({ action: 'untouched', signed_by: 'relay._domainkey.example.jp' });
    expect(sent.subarray(-content.length).equals(content)).toBe(true);
    await expectVerified(sent, records);
  });

  test('the signature covers the message without our control fields', async () => {
    const { company, records } = await withKey();
    const { row, sent } = await relay(
      company,
      mail(REJECTION, ['X-Career-Relay-Job: J1', 'X-Career-Relay: insert']),
    );
    expect(row).toMatchObject({ action: 'inserted' });
    expect(sent.toString()).not.toMatch(/x-career-relay/i);
    await expectVerified(sent, records);
  });

  test('a message larger than what is held in memory', async () => {
    const { company, records } = await withKey();
    const { sent } = await relay(
      company,
      mail([...OTHER, ...Array.from({ length: 9_000 }, (_, at) => `${at} ${'x '.repeat(30)}`), '']),
    );
    expect(sent.length).toBeGreaterThan(500_000);
    await expectVerified(sent, records);
  });

  test('a sender below the domain is signed for; another domain and a lookalike are not', async () => {
    const { company, records } = await withKey();
    const below = await relay(company, mail(REJECTION, [], 'hr@recruit.example.jp'));
    await expectVerified(below.sent, records);
    for (const from of ['hr@example.net', 'hr@notexample.jp']) {
      const { row, sent } = await relay(company, mail(REJECTION, [], from));
      expect(row).toMatchObject({ action: 'inserted', signed_by: null });
      expect(sent.toString()).not.toContain('DKIM-Signature');
    }
  });

  test('a company without a key: nothing is signed', async () => {
    const company = await app.company({ name: 'Plain', slug: `plain-${++counter}`, policy: 'auto' });
    const { row, sent } = await relay(company, mail(REJECTION));
    expect(row).toMatchObject({ action: 'inserted', signed_by: null });
    expect(sent.toString()).not.toContain('DKIM-Signature');
  });

  test('a revoked key signs no more', async () => {
    const { company, keyId } = await withKey();
    const gone = await app.call(`/v1/companies/${company.id}/dkim-keys/${keyId}`, {
      key: OPERATOR_KEY,
      method: 'DELETE',
    });
    expect(gone.status).toBe(204);
    expect((await relay(company, mail(REJECTION))).row).toMatchObject({
      action: 'inserted',
      signed_by: null,
    });
  });

  test('while two keys are live the older one signs: the newer may not be in the DNS yet', async () => {
    const { company, records } = await withKey();
    app.clock.advance(1_000);
    const next = await post(`/v1/companies/${company.id}/dkim-keys`, {
      domain: 'example.jp',
      selector: 'next',
    });
    expect(next.status).toBe(201);
    await expectVerified((await relay(company, mail(REJECTION))).sent, records);
  });

  describe('already signed', () => {
    let before: TestKey;
    beforeAll(() => {
      before = testKey('rsa-sha256', 'example.jp', 'before');
    });

    test.each([
      ['pass', undefined],
      ['resign, but not by a key of that domain', 'example.org'],
    ])('%s: byte-identical, with the reason', async (_name, domain) => {
      const { company } = await withKey({ domain, signedPolicy: domain ? 'resign' : undefined });
      const content = await signedBy(before, mail(REJECTION));
      const { row, sent } = await relay(company, content);
      expect(row).toMatchObject({ action: 'untouched', reason: 'dkim-signed', signed_by: null });
      expect(sent.toString('latin1')).toBe(content.toString('latin1'));
    });

    test('resign without any key: byte-identical', async () => {
      const { company, keyId } = await withKey({ signedPolicy: 'resign' });
      await app.call(`/v1/companies/${company.id}/dkim-keys/${keyId}`, {
        key: OPERATOR_KEY,
        method: 'DELETE',
      });
      const content = await signedBy(before, mail(REJECTION));
      const { row, sent } = await relay(company, content);
      expect(row).toMatchObject({ reason: 'dkim-signed', signed_by: null });
      expect(sent.toString('latin1')).toBe(content.toString('latin1'));
    });

    test('resign: old signatures out, link in, signed anew', async () => {
      const { company, records } = await withKey({ signedPolicy: 'resign' });
      const twice = await signedBy(
        before,
        await signedBy(testKey('ed25519-sha256', 'example.jp', 'old'), mail(REJECTION)),
      );
      const { row, sent } = await relay(company, twice);
      expect(row).toMatchObject({ action: 'inserted', signed_by: 'relay._domainkey.example.jp' });
      expect(sent.toString()).toContain(`/r/${row.code}`);
      await expectVerified(sent, { ...records, ...before.records });
    });

    test('resign: a mail that is not changed keeps its signature', async () => {
      const { company } = await withKey({ signedPolicy: 'resign' });
      const content = await signedBy(before, mail(OTHER));
      const { row, sent } = await relay(company, content);
      expect(row).toMatchObject({ action: 'untouched', signed_by: null });
      expect(sent.toString('latin1')).toBe(content.toString('latin1'));
      await expectVerified(sent, before.records, [['example.jp', 'before', 'pass']]);
    });

    test("resign: another domain's signature is never broken; ours stands beside it", async () => {
      const { company, records } = await withKey({ signedPolicy: 'resign' });
      const esp = testKey('rsa-sha256', 'esp.example', 'e1');
      const content = await signedBy(esp, mail(REJECTION));
      const { row, sent } = await relay(company, content);
      expect(row).toMatchObject({
        action: 'untouched',
        reason: 'dkim-signed',
        signed_by: 'relay._domainkey.example.jp',
      });
      await expectVerified(sent, { ...records, ...esp.records }, [PASS, ['esp.example', 'e1', 'pass']]);
    });

    test('resign with a key that does not open: the original, its signature whole, and the reason', async () => {
      const { company, keyId } = await withKey({ signedPolicy: 'resign' });
      await spoil(keyId);
      const content = await signedBy(before, mail(REJECTION));
      const { row, sent } = await relay(company, content);
      expect(row).toMatchObject({ action: 'untouched', reason: 'fault-sign', signed_by: null, code: null });
      expect(sent.toString('latin1')).toBe(content.toString('latin1'));
      await expectVerified(sent, before.records, [['example.jp', 'before', 'pass']]);
    });
  });

  /** Another secret key, or a damaged row, looks so. */
  async function spoil(keyId: string): Promise<void> {
    const [row] = await app.db.query<{ sealed: Buffer }>(
      'SELECT private_key AS sealed FROM dkim_keys WHERE id = $1',
      [keyId],
    );
    const sealed = Buffer.from(row!.sealed);
    sealed[40]! ^= 1;
    await app.db.query('UPDATE dkim_keys SET private_key = $2 WHERE id = $1', [keyId, sealed]);
  }

  test.each([
    ['a rejection', REJECTION],
    ['another mail', OTHER],
  ])('a key that does not open: %s goes out as it came, with the reason', async (_name, body) => {
    const { company, keyId } = await withKey();
    await spoil(keyId);
    const content = mail(body);
    const { row, sent } = await relay(company, content);
    expect(row).toMatchObject({ action: 'untouched', reason: 'fault-sign', signed_by: null, code: null });
    expect(sent.toString('latin1')).toBe(content.toString('latin1'));
  });

  test("a key moved to another company's row does not open there", async () => {
    const [one, other] = [await withKey(), await withKey()];
    await app.db.query(
      'UPDATE dkim_keys SET private_key = (SELECT private_key FROM dkim_keys WHERE id = $2) WHERE id = $1',
      [one.keyId, other.keyId],
    );
    expect((await relay(one.company, mail(REJECTION))).row).toMatchObject({ reason: 'fault-sign' });
  });

  test('control: one byte changed after we signed, and it does not verify', async () => {
    const { company, records } = await withKey();
    const { sent } = await relay(company, mail(REJECTION));
    const changed = Buffer.from(sent);
    changed[changed.length - 10]! ^= 1;
    for (const { verify } of opened) {
      const [verdicts] = await verify([{ message: changed, records }]);
      expect(verdicts).toHaveLength(1);
      expect(verdicts?.[0]?.[2]).not.toBe('pass');
    }
  });

  test('a deposited key signs', async () => {
    const company = await app.company({ name: 'Own', slug: `own-${++counter}`, policy: 'auto' });
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 1_024 });
    const { body } = await post(`/v1/companies/${company.id}/dkim-keys`, {
      domain: 'example.jp',
      selector: 'relay',
      privateKey: privateKey.export({ type: 'pkcs1', format: 'pem' }),
    });
    const dns = body.dns as { name: string; value: string };
    await expectVerified((await relay(company, mail(REJECTION))).sent, { [dns.name]: dns.value });
  });
});
