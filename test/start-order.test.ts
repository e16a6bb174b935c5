import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { canOwnServers, type OwnServer, ownPostgres } from '../scripts/own-servers.js';
import { FROM_SOURCE, freePort } from '../scripts/server-process.js';

/** Runs where PostgreSQL's programs are installed: the server is its own. */
const describeOwn = process.env.TEST_DATABASE_URL && canOwnServers() ? describe : describe.skip;

describeOwn('started before its database', () => {
  const directory = mkdtempSync(join(tmpdir(), 'career-relay-order-'));
  let database: OwnServer;
  let server: ChildProcess;
  let baseUrl: string;
  beforeAll(async () => {
    // PostgreSQL runs as a user of its own.
    chmodSync(directory, 0o755);
    database = await ownPostgres(directory);
    await database.stop();
    const port = await freePort();
    baseUrl = `http://127.0.0.1:${port}`;
    server = spawn(process.execPath, [...FROM_SOURCE, 'start'], {
      env: {
        PATH: process.env.PATH,
        PORT: String(port),
        SMTP_PORT: '0',
        BASE_URL: baseUrl,
        DATA_DIR: join(directory, 'data'),
        DATABASE_URL: database.url,
        DESTINATION_URL: 'https://agency.example/?c={code}',
        SECRET_KEY: 'secret-key-for-tests-0123456789abcdef',
        OPERATOR_KEY: 'operator-key-for-tests-0123456789abcdef',
        LOG_LEVEL: 'error',
      },
      stdio: 'inherit',
    });
    while (server.exitCode === null && !(await isLive())) await delay(20);
  }, 90_000);
  afterAll(async () => {
    if (server.exitCode === null) {
      server.kill('SIGKILL');
      await once(server, 'exit');
    }
    await database.stop().catch(() => {});
    rmSync(directory, { recursive: true, force: true });
  });

  const isLive = () =>
    fetch(`${baseUrl}/healthz`).then(
      ({ ok }) => ok,
      () => false,
    );
  async function ready(): Promise<{ status: number; reasons: string[] }> {
    const answer = await fetch(`${baseUrl}/readyz`);
    const { reasons } = (await answer.json()) as { reasons: string[] };
    return { status: answer.status, reasons };
  }

  test('it lives, says why it is not ready, and redirects', async () => {
    expect(await ready()).toEqual({
      status: 503,
      reasons: [expect.stringMatching(/^database: .*ECONNREFUSED/)],
    });
    const answer = await fetch(`${baseUrl}/r/bcdfghjk23`, { redirect: 'manual' });
    expect([answer.status, answer.headers.get('location')]).toEqual([
      302,
      'https://agency.example/?c=bcdfghjk23',
    ]);
  });

  test('when the database comes it makes its tables and is ready', async () => {
    await database.start();
    while ((await ready()).status !== 200) await delay(20);
    const made = await fetch(`${baseUrl}/v1/companies`, {
      method: 'POST',
      headers: {
        authorization: 'Bearer operator-key-for-tests-0123456789abcdef',
        'content-type': 'application/json',
      },
      body: '{"name": "Example"}',
    });
    expect(made.status).toBe(201);
  });
});
