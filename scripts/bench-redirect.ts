/**
 * Measures the redirect on this machine: `npm run bench:redirect -- [--links N] [--seconds N] [--json]`.
 * A bare node:http 302 first, then ours on the embedded database and, with BENCH_DATABASE_URL or TEST_DATABASE_URL, on
 * PostgreSQL in a database of its own. Load: wrk, 64 connections, random codes, a browser's agent. Needs wrk.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Bench, openBenchDatabase } from './bench-database.js';

const CONNECTIONS = 64;
const AGENT =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36';

const { values: options } = parseArgs({
  options: {
    links: { type: 'string', default: '100000' },
    seconds: { type: 'string', default: '8' },
    json: { type: 'boolean', default: false },
    only: { type: 'string' },
    profile: { type: 'string' },
  },
});

type Figures = Readonly<{
  server: string;
  requestsPerSecond: number;
  p50: number;
  p99: number;
  answered: number;
  failed: number;
  recorded?: number;
  ratio?: number;
}>;

const BARE = `const { createServer } = require('node:http');
createServer((request, response) => {
  response.writeHead(302, { Location: 'http://127.0.0.1/join' + request.url, 'Content-Length': 0 });
  response.end();
}).listen(Number(process.env.PORT), '127.0.0.1');`;

const LUA = (codes: string) => `
local codes, threads = {}, 0
for line in io.lines('${codes}') do codes[#codes + 1] = line end
function setup(thread) threads = threads + 1; thread:set('number', threads) end
function init() math.randomseed(os.time() * 31 + number) end
wrk.headers['User-Agent'] = '${AGENT}'
function request() return wrk.format('GET', '/r/' .. codes[math.random(#codes)]) end
function done(summary, latency)
  local errors = summary.errors
  io.write(string.format('RESULT %d %d %d %d %d\\n', summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(99),
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end`;

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as { port: number };
  probe.close();
  return port;
}

async function answers(port: number, child: ChildProcess): Promise<void> {
  for (let attempt = 0; attempt < 300; attempt += 1) {
    if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode}`);
    try {
      await fetch(`http://127.0.0.1:${port}/healthz`, { redirect: 'manual' });
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  throw new Error('the server does not answer');
}

/** Runs wrk once to warm up and once to measure. */
function load(port: number, script: string): Omit<Figures, 'server'> & { all: number } {
  const wrk = (seconds: number) => {
    const out = execFileSync(
      'wrk',
      ['-t1', `-c${CONNECTIONS}`, `-d${seconds}s`, '-s', script, `http://127.0.0.1:${port}`],
      { encoding: 'utf8' },
    );
    return /RESULT (\d+) (\d+) (\d+) (\d+) (\d+)/.exec(out)!.slice(1).map(Number) as [
      number,
      number,
      number,
      number,
      number,
    ];
  };
  const [warm] = wrk(2);
  const [answered, microseconds, p50, p99, failed] = wrk(Number(options.seconds));
  return {
    requestsPerSecond: Math.round((answered / microseconds) * 1e6),
    p50: p50 / 1000,
    p99: p99 / 1000,
    answered,
    failed,
    all: warm + answered,
  };
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
}

async function benchBare(script: string): Promise<Figures> {
  const port = await freePort();
  const child = spawn(process.execPath, ['-e', BARE], {
    env: { ...process.env, PORT: String(port) },
    stdio: 'inherit',
  });
  try {
    await answers(port, child);
    const { all: _, ...figures } = load(port, script);
    return { server: 'bare node:http', ...figures, ratio: 1 };
  } finally {
    await stop(child);
  }
}

async function benchOurs(script: string, bench: Bench, bare: Figures): Promise<Figures> {
  const port = await freePort();
  const profiling = options.profile ? ['--cpu-prof', `--cpu-prof-dir=${options.profile}`] : [];
  const child = spawn(process.execPath, [...profiling, '--import', 'tsx', 'src/main.ts', 'start'], {
    env: {
      PATH: process.env.PATH,
      ...bench.env,
      PORT: String(port),
      SMTP_PORT: '0',
      LOG_LEVEL: 'warn',
      OPERATOR_KEY: 'operator-key-of-the-bench-0123456789abcdef',
      SECRET_KEY: 'secret-key-of-the-bench-0123456789abcdef',
    },
    stdio: ['ignore', options.json ? 'ignore' : 'inherit', 'inherit'],
  });
  try {
    await answers(port, child);
    const { all, ...figures } = load(port, script);
    await stop(child);
    const recorded = (await bench.countClicks()) - (all - figures.answered);
    const ratio = Math.round((figures.requestsPerSecond / bare.requestsPerSecond) * 100) / 100;
    return { server: `ours, ${bench.engine}`, ...figures, recorded, ratio };
  } finally {
    await stop(child);
  }
}

/** wrk drops what is under way when its time is over, after warming up and after measuring. */
const UNDER_WAY = 2 * CONNECTIONS;

function verdict({ answered, failed, recorded }: Figures): string {
  if (recorded === undefined) return '';
  const complete = failed === 0 && recorded >= answered && recorded <= answered + UNDER_WAY;
  return `recorded ${recorded} of ${answered} answered${complete ? '' : '  MISMATCH'}`;
}

function print(figures: readonly Figures[]): void {
  if (options.json) {
    console.log(JSON.stringify(figures, null, 2));
    return;
  }
  for (const one of figures) {
    const { server, requestsPerSecond, p50, p99, ratio } = one;
    console.log(
      `${server.padEnd(16)} ${String(requestsPerSecond).padStart(7)}/s  p50 ${p50} ms  p99 ${p99} ms  ` +
        `ratio ${ratio}  ${verdict(one)}`,
    );
  }
}

async function main(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'career-relay-bench-'));
  const databaseUrl = process.env.BENCH_DATABASE_URL ?? process.env.TEST_DATABASE_URL;
  try {
    const codes = join(directory, 'codes.txt');
    const script = join(directory, 'load.lua');
    writeFileSync(script, LUA(codes));
    const engines = (['postgres', 'pglite'] as const).filter(
      (engine) =>
        (engine !== 'postgres' || databaseUrl) && (options.only === undefined || options.only === engine),
    );
    const figures: Figures[] = [];
    for (const engine of engines) {
      const bench = await openBenchDatabase(
        engine,
        databaseUrl,
        join(directory, engine),
        Number(options.links),
      );
      try {
        writeFileSync(codes, `${bench.codes.join('\n')}\n`);
        figures[0] ??= await benchBare(script);
        figures.push(await benchOurs(script, bench, figures[0]));
      } finally {
        await bench.drop();
      }
    }
    print(figures);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

await main();
