// Measures links by table: seconds, and what a server's memory grows by, for a table of many rows.
// tsx scripts/bench-csv.ts [ROWS] – on PostgreSQL with TEST_DATABASE_URL (a database that may be filled), else embedded.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import iconv from 'iconv-lite';

const ROWS = Number(process.argv[2] ?? 100_000);
const OPERATOR = 'operator-key-for-bench-0123456789abcdef';
const SAMPLE_EVERY = 20;
const MEGABYTE = 1_048_576;

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });
}

/** Rows of some 110 characters, as an ATS exports them. */
function* tableOf(rows: number, run: string): Generator<string> {
  yield '応募ID,氏名,メールアドレス,募集職種,選考ステップ,応募経路,備考\r\n';
  for (let row = 1; row <= rows; row += 1) {
    yield `${run}-${row},山田 太郎${row},candidate-${run}-${row}@mail.example.jp,営業職（東京）,書類選考,求人サイト,"備考, 改行\r\nあり"\r\n`;
  }
}

/** Resident bytes of a process (proc(5), VmRSS). */
function residentOf(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) * 1_024;
}

const dataDir = mkdtempSync(join(tmpdir(), 'career-relay-bench-csv-'));
const port = await freePort();
const baseUrl = `http://127.0.0.1:${port}`;
const server = spawn(process.execPath, ['dist/main.js', 'start'], {
  stdio: ['ignore', 'ignore', 'inherit'],
  env: {
    PATH: process.env.PATH,
    PORT: String(port),
    SMTP_PORT: '0',
    DATA_DIR: dataDir,
    OPERATOR_KEY: OPERATOR,
    LOG_LEVEL: 'warn',
    ...(process.env.TEST_DATABASE_URL ? { DATABASE_URL: process.env.TEST_DATABASE_URL } : {}),
  },
});

async function untilReady(): Promise<void> {
  for (let attempt = 0; attempt < 300; attempt += 1) {
    const answer = await fetch(`${baseUrl}/readyz`).catch(() => undefined);
    if (answer?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error('the server is not ready');
}

function call(path: string, body: BodyInit, type: string): Promise<Response> {
  const headers = { authorization: `Bearer ${OPERATOR}`, 'content-type': type };
  return fetch(`${baseUrl}${path}`, { method: 'POST', headers, body });
}

async function measure(name: string, company: string, table: Buffer): Promise<string> {
  const before = residentOf(server.pid!);
  let most = before;
  const sampling = setInterval(() => {
    most = Math.max(most, residentOf(server.pid!));
  }, SAMPLE_EVERY);
  const began = performance.now();
  const answer = await call(`/v1/links/csv?company=${company}`, new Uint8Array(table), 'text/csv');
  const text = Buffer.from(await answer.arrayBuffer());
  const seconds = (performance.now() - began) / 1_000;
  clearInterval(sampling);
  if (!answer.ok) throw new Error(text.toString());
  const links = text.toString('latin1').match(/\/r\/[a-z0-9]{10}/g) ?? [];
  if (links.length !== ROWS) throw new Error(`${links.length} links for ${ROWS} rows`);
  const grown = `${Math.round(before / MEGABYTE)} to ${Math.round(most / MEGABYTE)} MB`;
  console.log(
    `${name}: ${ROWS} rows, ${(table.length / MEGABYTE).toFixed(1)} MB in ${seconds.toFixed(1)} s; memory ${grown}`,
  );
  return links.join();
}

try {
  await untilReady();
  const slug = `bench-${Date.now().toString(36)}`;
  const made = await call('/v1/companies', JSON.stringify({ name: 'Bench', slug }), 'application/json');
  const { id } = (await made.json()) as { id: string };
  const table = Buffer.from([...tableOf(ROWS, slug)].join(''));
  const first = await measure('first time', id, table);
  const again = await measure('the same again', id, table);
  console.log(`the same links: ${first === again ? 'yes' : 'NO'}`);
  await measure('Shift_JIS', id, iconv.encode([...tableOf(ROWS, `${slug}-s`)].join(''), 'cp932'));
} finally {
  server.kill('SIGTERM');
  await new Promise((resolve) => server.once('exit', resolve));
  rmSync(dataDir, { recursive: true, force: true });
}
