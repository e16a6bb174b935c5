import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pino from 'pino';
import { canOwnServers, type OwnServer, ownPostgres } from '../scripts/own-servers.js';
import { freePort } from '../scripts/server-process.js';
import { type App, buildApp } from '../src/app.js';
import { parseConfig } from '../src/config.js';

/** Runs where PostgreSQL's programs are installed: the server is its own. */
const describeOwn = process.env.TEST_DATABASE_URL && canOwnServers() ? describe : describe.skip;

describeOwn('started before its database', () => {
  const directory = mkdtempSync(join(tmpdir(), 'career-relay-order-'));
  let database: OwnServer;
  let app: App;
  let baseUrl: string;
  beforeAll(async () => {
    // PostgreSQL runs as a user of its own.
    chmodSync(directory, 0o755);
    database = await ownPostgres(directory);
    await database.stop();
    const port = await freePort();
    baseUrl = `http://127.0.0.1:${port}`;
    const config = parseConfig({
      PORT: String(port),
      SMTP_PORT: '0',
      BASE_URL: baseUrl,
      DATA_DIR: join(directory, 'data'),
      DATABASE_URL: database.url,
      DESTINATION_URL: 'https://agency.example/?c={code}',
      SECRET_KEY: 'secret-key-for-tests-0123456789abcdef',
      OPERATOR_KEY: 'operator-key-for-tests-0123456789abcdef',
    });
    app = await buildApp(config, { log: pino({ level: 'silent' }) });
    await app.start();
  }, 60_000);
  afterAll(async () => {
    await app?.close();
    await database?.stop().catch(() => {});
    rmSync(directory, { recursive: true, force: true });
  });

  const ready = async () => {
    const answer = await fetch(`${baseUrl}/readyz`);
    return { status: answer.status, ...((await answer.json()) as { reasons: string[] }) };
  };

  test('it lives, says why it is not ready, and redirects', async () => {
    expect((await fetch(`${baseUrl}/healthz`)).status).toBe(200);
    expect(await ready()).toMatchObject({
      status: 503,
      reasons: [expect.stringMatching(/^database: .*ECONNREFUSED/)],
    });
    const answer = await fetch(`${baseUrl}/r/bcdfghjk23`, { redirect: 'manual' });
    expect([answer.status, answer.headers.get('location')]).toEqual([
      302,
      'https://agency.example/?c=bcdfghjk23',
    ]);
  });

  test('when the database comes it makes its tables, and is ready', async () => {
    await database.start();
    await app.ready;
    while ((await ready()).status !== 200) await delay(20);
    const [row] = await app.deps.db.query<{ count: number }>('SELECT count(*) FROM migrations');
    expect(row!.count).toBeGreaterThan(0);
  });
});
