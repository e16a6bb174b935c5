import { createServer, type Socket } from 'node:net';
import type { Db } from '../../src/db/db.js';
import { createSendgridRelay, type SendgridCall } from '../../src/relay/sendgrid-relay.js';
import { createSendgridUpstream, SENDGRID_LIMITS } from '../../src/relay/sendgrid-upstream.js';
import { OPERATOR_KEY, startTestApp, type TestApp } from '../harness/app.js';
import { SendgridServer } from './sendgrid-server.js';

const REJECTION = '誠に残念ながら、今回は採用を見送らせていただくこととなりました。';
const never = () => () => {};

describe('SendGrid drop-in, when something is away', () => {
  const sendgrid = new SendgridServer();
  let app: TestApp;
  let baseUrl: string;
  let key: string;
  /** Which statements fail. */
  let away: (sql: string) => boolean;
  let db: Db;
  beforeAll(async () => {
    baseUrl = await sendgrid.start();
    app = await startTestApp('pglite', { env: { SENDGRID_BASE_URL: baseUrl } });
    const { id } = await app.company({ name: 'Aoba', slug: 'aoba' });
    key = await app.apiKey(id, ['mail']);
    const apiKey = 'SG.test-key-of-the-company-0123456789';
    await app.call(`/v1/companies/${id}/sendgrid`, { key: OPERATOR_KEY, body: { apiKey } });
    const refuse = <T>(sql: string, work: () => Promise<T>) =>
      away(sql) ? Promise.reject(Object.assign(new Error('refused'), { code: 'ECONNREFUSED' })) : work();
    db = { ...app.db, query: (sql, ...rest) => refuse(sql, () => app.db.query(sql, ...rest)) };
  });
  afterAll(async () => {
    await app.close();
    await sendgrid.stop();
  });
  beforeEach(async () => {
    sendgrid.reset();
    away = () => false;
    await app.db.query('DELETE FROM messages');
  });

  const body = (more: object = {}) =>
    Buffer.from(
      JSON.stringify({
        personalizations: [{ to: [{ email: 'a@example.jp' }] }],
        from: { email: 'recruit@aoba.example' },
        subject: '選考結果',
        content: [{ type: 'text/plain', value: REJECTION }],
        headers: { 'X-Career-Relay-Job': 'x' },
        ...more,
      }),
    );
  const callOf = (bytes: Buffer, as = key): SendgridCall => ({
    key: as,
    address: '192.0.2.1',
    method: 'POST',
    path: '/v3/mail/send',
    headers: { 'content-type': 'application/json' },
    body: bytes,
  });
  const relayOn = (url = baseUrl, timer: Parameters<typeof createSendgridUpstream>[1] = never) =>
    createSendgridRelay({ ...app.deps, db }, createSendgridUpstream(url, timer));
  const rows = () => app.db.query('SELECT action, reason, outcome FROM messages');

  test('our database away: mail goes on unmodified with the key that was known, for an hour', async () => {
    const relay = relayOn();
    expect((await relay.send(callOf(body()))).status).toBe(202);
    expect(sendgrid.requests[0]!.raw.toString()).toContain('/r/');
    away = () => true;
    expect((await relay.send(callOf(body()))).status).toBe(202);
    expect(sendgrid.requests[1]!.raw.toString()).not.toContain('/r/');
    expect(sendgrid.last.content).toEqual([{ type: 'text/plain', value: REJECTION }]);
    expect(sendgrid.last.headers).toEqual({});
    app.clock.advance(3_600_000);
    const late = await relay.send(callOf(body()));
    expect(late.status).toBe(503);
    expect(JSON.parse(late.body.toString())).toEqual({
      errors: [{ message: expect.any(String), field: null, help: null }],
    });
    expect(sendgrid.requests).toHaveLength(2);
    await relay.settled();
  });

  test('a key that was never seen waits for the database', async () => {
    away = () => true;
    expect((await relayOn().send(callOf(body()))).status).toBe(503);
    expect(sendgrid.requests).toEqual([]);
  });

  test('a key that is revoked is not remembered', async () => {
    const relay = relayOn();
    const [company] = await app.db.query<{ id: string }>('SELECT id FROM companies');
    const other = await app.apiKey(company!.id, ['mail']);
    expect((await relay.send(callOf(body(), other))).status).toBe(202);
    await app.db.query(
      'UPDATE credentials SET revoked_at = now() WHERE id = (SELECT max(id::text)::uuid FROM credentials)',
    );
    expect((await relay.send(callOf(body(), other))).status).toBe(401);
    away = () => true;
    expect((await relay.send(callOf(body(), other))).status).toBe(503);
    await relay.settled();
  });

  test('no link can be minted: unmodified, and recorded once the journal takes it', async () => {
    away = (sql) => sql.includes('wanted AS MATERIALIZED');
    const relay = relayOn();
    expect((await relay.send(callOf(body()))).status).toBe(202);
    expect(sendgrid.requests[0]!.raw.toString()).not.toContain('/r/');
    await relay.settled();
    expect(await rows()).toEqual([{ action: 'untouched', reason: 'fault-mint', outcome: 'delivered' }]);
  });

  test('SendGrid is not there: 503, nothing was sent', async () => {
    const relay = relayOn('http://127.0.0.1:1');
    expect((await relay.send(callOf(body()))).status).toBe(503);
    await relay.settled();
    expect(await rows()).toMatchObject([{ outcome: 'failed' }]);
  });

  test('a connection that is cut before the last byte: 503, nothing was sent', async () => {
    const cutter = createServer(
      (socket) => void socket.on('error', () => {}).once('data', () => socket.resetAndDestroy()),
    );
    await new Promise<void>((resolve) => cutter.listen(0, '127.0.0.1', resolve));
    const { port } = cutter.address() as { port: number };
    const relay = relayOn(`http://127.0.0.1:${port}`);
    const attachments = [{ content: 'A'.repeat(20_000_000), filename: 'a' }];
    expect((await relay.send(callOf(body({ attachments })))).status).toBe(503);
    await relay.settled();
    expect(await rows()).toMatchObject([{ outcome: 'failed' }]);
    await new Promise((resolve) => cutter.close(resolve));
  });

  test('no answer in time: 504, in doubt, sent once', async () => {
    let ring: () => void = () => {};
    const timer = (milliseconds: number, run: () => void) => {
      if (milliseconds === SENDGRID_LIMITS.answer) ring = run;
      return () => {};
    };
    sendgrid.instead = () => ring();
    const relay = relayOn(baseUrl, timer);
    expect((await relay.send(callOf(body()))).status).toBe(504);
    expect(sendgrid.requests).toHaveLength(1);
    await relay.settled();
    expect(await rows()).toMatchObject([{ outcome: 'ambiguous' }]);
  });

  test('a request that does not get away in time: 503', async () => {
    let held: Socket | undefined;
    const silent = createServer((socket) => {
      held = socket.on('error', () => {}).pause();
      setImmediate(() => ring());
    });
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as { port: number };
    let ring: () => void = () => {};
    const timer = (milliseconds: number, run: () => void) => {
      if (milliseconds === SENDGRID_LIMITS.handOver) ring = run;
      return () => {};
    };
    const attachments = [{ content: 'A'.repeat(20_000_000), filename: 'a' }];
    const relay = relayOn(`http://127.0.0.1:${port}`, timer);
    expect((await relay.send(callOf(body({ attachments })))).status).toBe(503);
    await relay.settled();
    expect(await rows()).toMatchObject([{ outcome: 'failed' }]);
    held?.destroy();
    await new Promise((resolve) => silent.close(resolve));
  });
});
