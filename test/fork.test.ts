import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openBenchDatabase } from '../scripts/bench-database.js';
import { FROM_SOURCE, freePort, startServer } from '../scripts/server-process.js';
import { waitAfter } from '../src/fork.js';

describe('the wait before a web process is replaced', () => {
  test('is short at first, doubles while they end soon, and has an end', () => {
    const waits: number[] = [];
    for (let wait = 0; waits.length < 9; ) {
      wait = waitAfter(wait, 1_000);
      waits.push(wait);
    }
    expect(waits).toEqual([100, 200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000]);
  });
  test('is short again after one that ran well', () => {
    expect(waitAfter(10_000, 30_000)).toBe(100);
  });
});

const databaseUrl = process.env.TEST_DATABASE_URL;
const SECRETS = {
  OPERATOR_KEY: 'operator-key-of-the-fork-test-0123456789',
  SECRET_KEY: 'secret-key-of-the-fork-test-01234567890',
};

function childrenOf(pid: number): number[] {
  try {
    return execFileSync('pgrep', ['-P', String(pid)], { encoding: 'utf8' })
      .trim()
      .split('\n')
      .map(Number);
  } catch {
    return [];
  }
}

async function until(holds: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setImmediate(resolve));
}

/** Follows links on connections of their own. @returns the answers' status codes */
async function follow(baseUrl: string, codes: readonly string[]): Promise<number[]> {
  const answers = codes.map((code) =>
    fetch(`${baseUrl}/r/${code}`, { redirect: 'manual', headers: { connection: 'close' } }),
  );
  return (await Promise.all(answers)).map(({ status }) => status);
}

function isServed(baseUrl: string): Promise<boolean> {
  return fetch(`${baseUrl}/healthz`, { headers: { connection: 'close' } }).then(
    ({ ok }) => ok,
    () => false,
  );
}

/** Connects to the hook. @returns whether it is greeted */
async function isGreeted(port: number): Promise<boolean> {
  const socket = connect({ port, host: '127.0.0.1' });
  try {
    const [greeting] = await once(socket, 'data');
    return String(greeting).startsWith('220 ');
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

(databaseUrl ? describe : describe.skip)('two processes of a role on one port', () => {
  const directory = mkdtempSync(join(tmpdir(), 'career-relay-fork-'));
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  test('serve together, are replaced when they end, and end with the one that started them', async () => {
    const bench = await openBenchDatabase('postgres', databaseUrl, directory, { links: 100, clicks: 0 });
    const statusPort = await freePort();
    const crews = { ROLES: 'web,smtp', WEB_CONCURRENCY: '2', SMTP_CONCURRENCY: '2' };
    const several = { ...crews, STATUS_PORT: String(statusPort) };
    const env = { ...bench.env, ...SECRETS, ...several, LOG_LEVEL: 'error' };
    const server = await startServer(env, { http: await freePort(), smtp: await freePort() }, FROM_SOURCE);
    try {
      const parent = server.process.pid!;
      await until(() => childrenOf(parent).length === 4);
      await until(() => isGreeted(server.smtpPort));
      const status = `http://127.0.0.1:${statusPort}`;
      // It answers when all listen.
      await until(() => isServed(status));
      const before = childrenOf(parent);
      // In the order in which they began: a web process, then one of the hook.
      const killed = [before[0]!, before.at(-1)!];
      expect(await follow(server.baseUrl, bench.codes)).toEqual(Array(100).fill(302));

      // Whichever process answers, and the one that started them: the figures are everybody's.
      for (const url of [server.baseUrl, server.baseUrl, status]) {
        const figures = await (await fetch(`${url}/metrics`, { headers: { connection: 'close' } })).text();
        const recorded = /^career_relay_redirect_seconds_count\{phase="recorded"\} (\d+)$/m.exec(figures);
        expect(recorded?.[1]).toBe('100');
      }
      expect((await fetch(`${status}/readyz`)).status).toBe(200);

      for (const pid of killed) process.kill(pid, 'SIGKILL');
      await until(() => !childrenOf(parent).some((pid) => killed.includes(pid)));
      // The other one may not have listened yet.
      await until(() => isServed(server.baseUrl));
      expect(await follow(server.baseUrl, bench.codes)).toEqual(Array(100).fill(302));
      await until(() => childrenOf(parent).length === 4);
      expect(childrenOf(parent)).toEqual(
        expect.arrayContaining(before.filter((pid) => !killed.includes(pid))),
      );
      expect(await Promise.all([1, 2, 3, 4].map(() => isGreeted(server.smtpPort)))).toEqual(
        Array(4).fill(true),
      );

      expect(await server.stop()).toBe(0);
      expect(childrenOf(parent)).toEqual([]);
      expect(await bench.countClicks()).toBe(200);
    } finally {
      await server.stop('SIGKILL');
      await bench.drop();
    }
  }, 120_000);

  test('a start that cannot succeed is given up with the exit code of what failed', async () => {
    const holder = createServer((_request, response) => void response.writeHead(503).end()).listen(0);
    await once(holder, 'listening');
    const { port } = holder.address() as { port: number };
    const database = { DATA_DIR: directory, DATABASE_URL: databaseUrl! };
    const env = { ...SECRETS, ...database, ROLES: 'web', WEB_CONCURRENCY: '2', LOG_LEVEL: 'error' };
    try {
      await expect(startServer(env, { http: port, smtp: 0 }, FROM_SOURCE)).rejects.toThrow(
        /ended with 1:[\s\S]*EADDRINUSE/,
      );
    } finally {
      holder.close();
    }
  }, 60_000);
});
