import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkSignature, signatureOf } from '../../src/registration/signature.js';
import { OPERATOR_KEY, startTestApp, type TestApp } from '../harness/app.js';
import { describeOnDatabase } from '../harness/database.js';
import { pathOf, testWith } from '../harness/programs.js';
import { linkOf, referralsOf } from './candidate.js';
import { tablesWith } from './everywhere.js';

test('the signature is that of Standard Webhooks', () => {
  // The example of the specification's reference libraries.
  const secret = Buffer.from('MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'base64');
  const body = Buffer.from('{"test": 2432232314}');
  expect(signatureOf(secret, 'msg_p5jXN8AQM9LWM0D4loKWxJek', '1614265330', body)).toBe(
    'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  );
});

describe('what a signature is refused for', () => {
  const now = new Date('2026-11-22T01:00:00Z');
  const seconds = now.getTime() / 1000;
  const secrets = [
    { id: 'new', secret: Buffer.alloc(32, 1) },
    { id: 'old', secret: Buffer.alloc(32, 2) },
  ];
  const body = Buffer.from('{}');
  const signed = (timestamp: string, secret = secrets[0]!.secret, id = 'msg_1') => ({
    id,
    timestamp,
    body,
    signatures: signatureOf(secret, id, timestamp, body),
  });
  test.each([
    ['too_old', signed(String(seconds - 301))],
    ['too_new', signed(String(seconds + 301))],
    ['malformed', signed('yesterday')],
    ['malformed', signed(String(seconds), secrets[0]!.secret, 'with space')],
    ['no_match', signed(String(seconds), Buffer.alloc(32, 3))],
    ['no_match', { ...signed(String(seconds)), body: Buffer.from('{ }') }],
    ['no_match', { ...signed(String(seconds)), signatures: '' }],
  ])('%s', (fault, given) => {
    expect(checkSignature(given, secrets, now)).toEqual({ fault });
  });
  test('any live secret and any of several signatures will do, to five minutes either way', () => {
    for (const seconds_ of [seconds - 300, seconds + 300]) {
      const given = signed(String(seconds_), secrets[1]!.secret);
      const many = { ...given, signatures: `v1,AAAA v1a,x ${given.signatures}` };
      expect(checkSignature(many, secrets, now)).toEqual({ secretId: 'old' });
    }
  });
});

describeOnDatabase('signed reports', (engine) => {
  let app: TestApp;
  let companyId: string;
  let code: string;
  let secret: { id: string; secret: string };
  let made = 0;
  beforeAll(async () => {
    app = await startTestApp(engine);
  });
  afterAll(() => app.close());
  beforeEach(async () => {
    companyId = (await app.company({ name: 'Aoba', slug: `aoba-${made++}` })).id;
    code = await linkOf(app, companyId);
    secret = await newSecret();
  });

  async function newSecret() {
    const response = await app.call('/v1/signing-secrets', { key: OPERATOR_KEY, body: { label: 'agency' } });
    expect(response.status).toBe(201);
    return (await response.json()) as { id: string; secret: string };
  }
  function headersFor(body: string, id: string, key = secret.secret): Record<string, string> {
    const timestamp = String(Math.floor(app.clock.now().getTime() / 1000));
    const bytes = Buffer.from(key.slice('whsec_'.length), 'base64');
    const signature = signatureOf(bytes, id, timestamp, Buffer.from(body));
    return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signature };
  }
  const send = (body: string, headers: Record<string, string>, path = '/v1/registrations') =>
    fetch(`${app.baseUrl}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body,
    });
  const report = () => JSON.stringify({ externalId: `agency-${made++}`, code, status: 'verified' });

  test('a signed report counts, once: a replay is refused', async () => {
    const body = report();
    const headers = headersFor(body, `msg_${made++}`);
    expect((await send(body, headers)).status).toBe(201);
    expect((await send(body, headers)).status).toBe(409);
    expect(await referralsOf(app, companyId)).toBe(1);
  });

  test('many replays at once have one effect', async () => {
    const body = report();
    const headers = headersFor(body, `msg_${made++}`);
    const answers = await Promise.all(Array.from({ length: 8 }, () => send(body, headers)));
    expect(answers.map((answer) => answer.status).sort()).toEqual([201, ...Array(7).fill(409)]);
  });

  test('a report that was refused has not spent its id', async () => {
    const id = `msg_${made++}`;
    const faulty = JSON.stringify({ externalId: 'x', status: 'hired' });
    expect((await send(faulty, headersFor(faulty, id))).status).toBe(400);
    const missing = JSON.stringify({ reason: 'entered twice' });
    const path = '/v1/registrations/never-seen/reversal';
    expect((await send(missing, headersFor(missing, id), path)).status).toBe(404);
    const body = report();
    expect((await send(body, headersFor(body, id))).status).toBe(201);
  });

  test('two secrets sign while one takes the place of the other; a revoked one signs nothing', async () => {
    const fresh = await newSecret();
    for (const one of [secret, fresh]) {
      const body = report();
      expect((await send(body, headersFor(body, `msg_${made++}`, one.secret))).status).toBe(201);
    }
    const revoked = await app.call(`/v1/signing-secrets/${secret.id}`, {
      key: OPERATOR_KEY,
      method: 'DELETE',
    });
    expect(revoked.status).toBe(204);
    const body = report();
    expect((await send(body, headersFor(body, `msg_${made++}`))).status).toBe(401);
  });

  test('a changed body, an old time and no signature are refused', async () => {
    const body = report();
    const headers = headersFor(body, `msg_${made++}`);
    expect((await send(body.replace('verified', 'accepted'), headers)).status).toBe(401);
    app.clock.advance(5 * 60_000 + 1_000);
    expect((await send(body, headers)).status).toBe(401);
    expect((await send(body, {})).status).toBe(401);
    expect(await referralsOf(app, companyId)).toBe(0);
  });

  test('a signature opens the agency’s calls alone', async () => {
    const body = JSON.stringify({ name: 'Mallory' });
    expect((await send(body, headersFor(body, `msg_${made++}`), '/v1/companies')).status).toBe(403);
    expect((await send(body, headersFor(body, `msg_${made++}`), '/v1/signing-secrets')).status).toBe(403);
  });

  test('no table holds a secret in the clear', async () => {
    const bytes = Buffer.from(secret.secret.slice('whsec_'.length), 'base64');
    expect(await tablesWith(app.db, [bytes])).toEqual([]);
    const listed = await app.call('/v1/signing-secrets', { key: OPERATOR_KEY });
    expect(await listed.text()).not.toContain(secret.secret);
  });

  /** Runs an example of the guide as it stands there, and sends what it signed. */
  async function runExample(language: string, file: string, program: string): Promise<number> {
    const guide = readFileSync('docs/postback.md', 'utf8');
    const example = new RegExp(`\`\`\`${language}\n([^]*?)\`\`\``).exec(guide)?.[1];
    const directory = mkdtempSync(join(tmpdir(), 'career-relay-example-'));
    writeFileSync(join(directory, file), example!);
    const body = report();
    const env = {
      PATH: process.env.PATH,
      SIGNING_SECRET: secret.secret,
      BODY: body,
      NOW: String(Math.floor(app.clock.now().getTime() / 1000)),
    };
    const printed = execFileSync(program, [join(directory, file)], { env, encoding: 'utf8' });
    rmSync(directory, { recursive: true });
    return (await send(body, JSON.parse(printed) as Record<string, string>)).status;
  }

  test('the Node example of the guide signs what is accepted', async () => {
    expect(await runExample('js', 'example.mjs', process.execPath)).toBe(201);
  });

  testWith('python3')('the Python example of the guide signs what is accepted', async () => {
    expect(await runExample('python', 'example.py', pathOf('python3'))).toBe(201);
  });
});
