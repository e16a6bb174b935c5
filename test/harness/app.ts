import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { type App, buildApp } from '../../src/app.js';
import type { Timer } from '../../src/click/batch.js';
import { createCompany, type NewCompany } from '../../src/company/company.js';
import { type IssuedCredential, issueCredential } from '../../src/company/credentials.js';
import type { Company } from '../../src/company/store.js';
import { parseConfig } from '../../src/config.js';
import type { Db } from '../../src/db/db.js';
import { type Engine, openTestDatabase, prepared, watchedDatabase } from './database.js';

export const OPERATOR_KEY = 'operator-key-for-tests-0123456789abcdef';

/** A clock that stands still until a test moves it. */
export class TestClock {
  private at: number;

  constructor(start = '2026-11-22T01:00:00.000Z') {
    this.at = Date.parse(start);
  }

  now = (): Date => new Date(this.at);

  set(at: string): void {
    this.at = Date.parse(at);
  }

  advance(milliseconds: number): void {
    this.at += milliseconds;
  }
}

/** The real program on ports of its own, with a clock in the test's hand and jobs run by `jobs.drain()`. */
export class TestApp {
  constructor(
    readonly app: App,
    readonly db: Db,
    readonly clock: TestClock,
    readonly dataDir: string,
    readonly baseUrl: string,
    readonly smtpPort: number,
    private readonly beside?: TestApp,
  ) {}

  get deps() {
    return this.app.deps;
  }

  company(wanted: NewCompany): Promise<Company> {
    return this.db.transaction((tx) => createCompany(this.deps, tx, wanted));
  }

  async smtpCredential(companyId: string): Promise<{ username: string; password: string }> {
    const issued = await issueCredential(this.deps, this.db, { companyId, kind: 'smtp', scopes: [] });
    return issued as Extract<IssuedCredential, { kind: 'smtp' }>;
  }

  async apiKey(
    companyId: string | null,
    scopes: Parameters<typeof issueCredential>[2]['scopes'],
  ): Promise<string> {
    const issued = await issueCredential(this.deps, this.db, { companyId, kind: 'api', scopes });
    return (issued as Extract<IssuedCredential, { kind: 'api' }>).key;
  }

  /** Calls the HTTP API; `body` makes it a POST. */
  call(
    path: string,
    options: { key?: string; body?: unknown; method?: string; headers?: Record<string, string> } = {},
  ) {
    return fetch(`${this.baseUrl}${path}`, {
      method: options.method ?? (options.body === undefined ? 'GET' : 'POST'),
      redirect: 'manual',
      headers: {
        ...(options.key ? { authorization: `Bearer ${options.key}` } : {}),
        ...(options.body === undefined ? {} : { 'content-type': 'application/json' }),
        ...options.headers,
      },
      body: options.body === undefined ? undefined : JSON.stringify(options.body),
    });
  }

  /** The bytes of the mails in the outbox, oldest first: relayed ones and our own. */
  outbox(): Buffer[] {
    const directory = join(this.dataDir, 'outbox');
    try {
      return readdirSync(directory)
        .filter((name) => name.endsWith('.eml'))
        .sort()
        .map((name) => readFileSync(join(directory, name)));
    } catch {
      return [];
    }
  }

  async close(): Promise<void> {
    await this.app.close();
    if (!this.beside) await this.db.close();
    rmSync(this.dataDir, { recursive: true, force: true });
  }
}

export type TestAppOptions = Readonly<{
  env?: Readonly<Record<string, string>>;
  start?: string;
  /** Where log lines go, for tests that read them. */
  logTo?: { write(line: string): void };
  redisPrefix?: string;
  /** Hears every statement, inside transactions too. */
  watch?: (sql: string) => void;
  /** Without, no wait ends by itself. */
  timer?: Timer;
  /** Statements are prepared: for tests that run thousands of times. */
  prepared?: boolean;
  /** Another process on the same database, with the same secrets. Closed before the first. */
  beside?: TestApp;
}>;

export async function startTestApp(engine: Engine, options: TestAppOptions = {}): Promise<TestApp> {
  const opened = options.beside?.db ?? (await openTestDatabase(engine)).db;
  const own = options.prepared ? prepared(opened) : opened;
  const db = options.watch ? watchedDatabase(own, options.watch) : own;
  const dataDir = mkdtempSync(join(tmpdir(), 'career-relay-test-'));
  const clock = new TestClock(options.start);
  const port = await freePort();
  const config = parseConfig({
    NODE_ENV: 'test',
    PORT: String(port),
    SMTP_PORT: '0',
    DATA_DIR: dataDir,
    SECRET_KEY: 'secret-key-for-tests-0123456789abcdef',
    OPERATOR_KEY,
    AGENCY_NAME: '株式会社リレー紹介',
    AGENCY_LICENSE: '13-ユ-000000',
    ...options.env,
  });
  const log = options.logTo ? pino({ level: 'debug' }, options.logTo) : pino({ level: 'silent' });
  // No deadline passes by itself: on a busy machine a click would go by way of the spool.
  const timer = options.timer ?? (() => () => {});
  const app = await buildApp(config, {
    db,
    clock: clock.now,
    work: false,
    log,
    timer,
    freshFor: 0,
    redisPrefix: options.redisPrefix,
  });
  const bound = await app.start();
  return new TestApp(
    app,
    db,
    clock,
    dataDir,
    `http://127.0.0.1:${bound.http}`,
    bound.smtp ?? 0,
    options.beside,
  );
}

/** A port that was free a moment ago: the base URL must be known before the server listens. */
async function freePort(): Promise<number> {
  const { createServer } = await import('node:net');
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });
}
