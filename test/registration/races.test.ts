import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FROM_SOURCE, freePort, type ServerProcess, startServer } from '../../scripts/server-process.js';
import type { Db } from '../../src/db/db.js';
import { openTestDatabase } from '../harness/database.js';

const KEY = 'operator-key-of-the-race-test-0123456789';
const CONNECTIONS = 64;
const THRESHOLD = 10;

type Report = Readonly<{ externalId: string; code: string; status: string; candidate: { email: string } }>;

/** Through the HTTP API of the real program, which is a process of its own and can be killed. PostgreSQL only. */
const onPostgres = process.env.TEST_DATABASE_URL ? describe : describe.skip;
onPostgres('reports at once around the threshold, on postgres', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'career-relay-races-'));
  let db: Db;
  let env: Record<string, string>;
  let ports: { http: number; smtp: number };
  let server: ServerProcess;
  let made = 0;

  beforeAll(async () => {
    const database = await openTestDatabase('postgres');
    db = database.db;
    ports = { http: await freePort(), smtp: await freePort() };
    env = { DATA_DIR: dataDir, DATABASE_URL: database.url!, OPERATOR_KEY: KEY, LOG_LEVEL: 'fatal' };
    server = await startServer(env, ports, FROM_SOURCE);
  }, 90_000);
  afterAll(async () => {
    await server?.stop();
    await db?.close();
    rmSync(dataDir, { recursive: true, force: true });
  });

  async function call<Answer>(path: string, body?: unknown): Promise<{ status: number; body: Answer }> {
    const response = await fetch(`${server.baseUrl}${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    return { status: response.status, body: (await response.json()) as Answer };
  }

  /** A company, and as many reports as there are connections, of `people` different registrations. */
  async function round(people: number): Promise<{ companyId: string; reports: Report[] }> {
    const company = await call<{ id: string }>('/v1/companies', { name: `Race ${made++}` });
    const companyId = company.body.id;
    const link = await call<{ code: string }>('/v1/links', { company: companyId });
    const run = made++;
    const reports = Array.from({ length: CONNECTIONS }, (_, at) => ({
      externalId: `race-${run}-${at % people}`,
      code: link.body.code,
      status: 'verified',
      candidate: { email: `race-${run}-${at % people}@example.jp` },
    }));
    return { companyId, reports };
  }

  async function expectExact(companyId: string, counted: number): Promise<void> {
    const stats = await call<object>(`/v1/companies/${companyId}/stats`);
    const earned = Math.floor(counted / THRESHOLD);
    expect(stats.body).toMatchObject({
      referrals: { counted, towardsNext: counted % THRESHOLD },
      credits: { earned, available: earned },
    });
    const ledger = await call<{ entries: { sequence: number }[] }>(
      `/v1/companies/${companyId}/ledger?limit=1000`,
    );
    expect(ledger.body.entries.map((entry) => entry.sequence)).toEqual(
      Array.from({ length: counted + earned }, (_, at) => at + 1),
    );
    const verified = await call<object>(`/v1/companies/${companyId}/ledger/verify`);
    expect(verified.body).toMatchObject({ intact: true });
  }

  test.each([9, 10, 11, 19, 20, 21, 30, 64])(
    '64 connections, %i different registrations',
    async (people) => {
      const { companyId, reports } = await round(people);
      const answers = await Promise.all(reports.map((report) => call('/v1/registrations', report)));
      expect(answers.filter((answer) => answer.status === 201)).toHaveLength(people);
      expect(answers.filter((answer) => answer.status === 200)).toHaveLength(CONNECTIONS - people);
      await expectExact(companyId, people);
    },
    60_000,
  );

  test('half of them reversed at once: nothing is missing, nothing is twice', async () => {
    const { companyId, reports } = await round(CONNECTIONS);
    await Promise.all(reports.map((report) => call('/v1/registrations', report)));
    const half = reports.filter((_, at) => at % 2 === 0);
    const twice = [...half, ...half].map((report) =>
      call(`/v1/registrations/${report.externalId}/reversal`, { reason: 'entered twice' }),
    );
    const answers = (await Promise.all(twice)).map((answer) => answer.status);
    expect(answers.filter((status) => status === 201)).toHaveLength(half.length);
    const stats = await call<object>(`/v1/companies/${companyId}/stats`);
    expect(stats.body).toMatchObject({ referrals: { counted: 32 }, credits: { available: 3 } });
    const verified = await call<object>(`/v1/companies/${companyId}/ledger/verify`);
    expect(verified.body).toMatchObject({ intact: true });
  }, 60_000);

  test.each([3, 17, 40])(
    'kill -9 after %i answers; the sender repeats what was not answered',
    async (answersBefore) => {
      const people = 40;
      const { companyId, reports } = await round(people);
      let answered = 0;
      let killed: Promise<number | null> | undefined;
      const first = await Promise.all(
        reports.map(async (report) => {
          try {
            const { status } = await call('/v1/registrations', report);
            answered += 1;
            if (answered === answersBefore) killed = server.stop('SIGKILL');
            return status;
          } catch {
            return undefined;
          }
        }),
      );
      expect(first.filter((status) => status === undefined).length).toBeGreaterThan(0);
      await killed;
      server = await startServer(env, ports, FROM_SOURCE);
      const done = first.filter((status) => status === 201).length;
      const [row] = await db.query<{ counted: number }>(
        'SELECT count(*)::int AS counted FROM registrations WHERE company_id = $1 AND counted',
        [companyId],
      );
      expect(row!.counted).toBeGreaterThanOrEqual(done);
      const again = reports.filter((_, at) => first[at] === undefined);
      const answers = await Promise.all(again.map((report) => call('/v1/registrations', report)));
      expect(answers.every((answer) => answer.status === 200 || answer.status === 201)).toBe(true);
      await expectExact(companyId, people);
    },
    120_000,
  );
});
