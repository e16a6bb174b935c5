import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { FROM_SOURCE, freePort, type ServerProcess, startServer } from '../../scripts/server-process.js';
import { type Db, openPglite, openPostgres } from '../../src/db/db.js';
import { describeEachDatabase, openTestDatabase } from '../harness/database.js';
import { RawClient, ScriptedUpstream } from './peers.js';

const OPERATOR_KEY = 'operator-key-of-the-kill-test-0123456789';

/** The real program as its own process, ended by SIGKILL at the worst moments of a delivery. */
describeEachDatabase('kill -9 while a mail is forwarded', (engine) => {
  const dataDir = mkdtempSync(join(tmpdir(), 'career-relay-kill-'));
  const env: Record<string, string> = { DATA_DIR: dataDir, OPERATOR_KEY, LOG_LEVEL: 'error' };
  let upstream: ScriptedUpstream;
  let server: ServerProcess;
  let credential: { username: string; password: string };

  async function start(): Promise<void> {
    server = await startServer(env, { http: await freePort(), smtp: await freePort() }, FROM_SOURCE);
  }
  async function call<Answer>(path: string, body: unknown): Promise<Answer> {
    const response = await fetch(`${server.baseUrl}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${OPERATOR_KEY}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return (await response.json()) as Answer;
  }
  beforeAll(async () => {
    upstream = await ScriptedUpstream.start();
    env.UPSTREAM_URL = upstream.url;
    if (engine === 'postgres') {
      const { db, url } = await openTestDatabase(engine);
      await db.close();
      env.DATABASE_URL = url!;
    }
    await start();
    const { id } = await call<{ id: string }>('/v1/companies', { name: '株式会社青葉製作所' });
    credential = await call(`/v1/companies/${id}/credentials`, { kind: 'smtp' });
  }, 120_000);
  afterAll(async () => {
    await server.stop('SIGKILL');
    await upstream.close();
    rmSync(dataDir, { recursive: true, force: true });
  });

  async function send(name: string): Promise<string> {
    const client = await RawClient.connect(server.smtpPort);
    await client.signIn(credential);
    await client.command('MAIL FROM:<hr@example.jp>');
    await client.command(`RCPT TO:<${name}@example.com>`);
    await client.command('DATA');
    const text = '誠に残念ながら、今回は採用を見送らせていただくこととなりました。';
    const head = `Message-ID: <${name}@example.jp>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n`;
    client.send(
      Buffer.from(`${head}Content-Transfer-Encoding: 8bit\r\nSubject: ${name}\r\n\r\n${text}\r\n.\r\n`),
    );
    const answer = (await client.reply())[0] ?? '';
    client.close();
    return answer;
  }
  /** Kills the program when upstream has heard `command`, and lets upstream do `then`. */
  function killAt(command: string, then: { say?: string; hangUp: true }): void {
    upstream.script = async (heard) => {
      if (heard !== command) return undefined;
      upstream.script = () => undefined;
      await server.stop('SIGKILL');
      return then;
    };
  }
  function open(): Promise<Db> {
    const url = env.DATABASE_URL;
    return url ? Promise.resolve(openPostgres(url, 1)) : openPglite({ directory: dataDir });
  }
  async function outcomes(name: string, prepare = ''): Promise<(string | null)[]> {
    // The connection ends before the process has.
    await server.stop('SIGKILL');
    const db = await open();
    if (prepare) await db.exec(prepare);
    const rows = await db.query<{ outcome: string }>(
      'SELECT outcome FROM messages WHERE recipients = $1 ORDER BY received_at',
      [[`${name}@example.com`]],
    );
    await db.close();
    return rows.map(({ outcome }) => outcome);
  }
  /** Starts again; on PostgreSQL, where other processes may be forwarding, a quarter of an hour later. */
  async function restart(name: string): Promise<void> {
    const aged = "UPDATE messages SET received_at = received_at - interval '16 minutes'";
    expect(await outcomes(name, engine === 'postgres' ? aged : '')).toEqual(['forwarding']);
    await start();
    const known = `${server.baseUrl}/v1/deliveries/ambiguous`;
    for (let tries = 0; tries < 100; tries += 1) {
      const answer = await fetch(known, { headers: { authorization: `Bearer ${OPERATOR_KEY}` } });
      const { deliveries } = (await answer.json()) as { deliveries: { upstream: string }[] };
      if (deliveries.some((one) => one.upstream === `127.0.0.1:${upstream.port}`)) return;
      await delay(50);
    }
    throw new Error('what the dead process was forwarding is not told');
  }
  function copies(name: string): number {
    return upstream.received.filter(({ content }) => content.includes(`Subject: ${name}\r\n`)).length;
  }

  test('before the content: nothing left, the client repeats, one copy arrives', async () => {
    killAt('DATA', { hangUp: true });
    expect(await send('before')).toBe('');
    expect(copies('before')).toBe(0);
    await restart('before');
    expect(await send('before')).toMatch(/^250/);
    expect(copies('before')).toBe(1);
    await server.stop();
    expect(await outcomes('before')).toEqual(['ambiguous', 'delivered']);
    await start();
  }, 180_000);

  test('after the final dot, which upstream did not keep: the repeat arrives once', async () => {
    killAt('.', { say: '451 4.3.0 not kept', hangUp: true });
    expect(await send('dot')).toBe('');
    expect(copies('dot')).toBe(0);
    await restart('dot');
    expect(await send('dot')).toMatch(/^250/);
    expect(copies('dot')).toBe(1);
    await server.stop();
    expect(await outcomes('dot')).toEqual(['ambiguous', 'delivered']);
    await start();
  }, 180_000);

  test('after the answer: the row says delivered, and a repeat is not sent twice', async () => {
    expect(await send('after')).toMatch(/^250/);
    await server.stop('SIGKILL');
    expect(await outcomes('after')).toEqual(['delivered']);
    await start();
    expect(await send('after')).toMatch(/^250 2\.6\.0 .*delivered before/);
    expect(copies('after')).toBe(1);
  }, 180_000);
});
