import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findParties, type ProcessorTime, perAnswer, type Reading, readTimes } from './processor-time.js';

export const CONNECTIONS = 64;
const AGENT =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36';

export type Load = Readonly<{
  requestsPerSecond: number;
  /** Milliseconds. */
  p50: number;
  p99: number;
  answered: number;
  failed: number;
  /** Microseconds an answer. */
  processorTime: ProcessorTime;
}>;

/** The generator shares the machine with what it measures: it joins strings, and wrk.format is not called. */
const LUA = (codes: string) => `
local codes, threads = {}, 0
for line in io.lines('${codes}') do codes[#codes + 1] = line end
local count, random, before, after = #codes, math.random, 'GET /r/', ''
function setup(thread) threads = threads + 1; thread:set('number', threads) end
function init()
  random(); math.randomseed(os.time() * 31 + number)
  after = ' HTTP/1.1\\r\\nHost: ' .. wrk.host .. ':' .. wrk.port .. '\\r\\nUser-Agent: ${AGENT}\\r\\n\\r\\n'
end
function request() return before .. codes[random(count)] .. after end
function done(summary, latency)
  local errors = summary.errors
  io.write(string.format('RESULT %d %d %d %d %d\\n', summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(99),
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end`;

/** Writes what the load is made of. @returns the script's path */
export function writeLoad(directory: string, codes: readonly string[]): string {
  const [list, script] = [join(directory, 'codes.txt'), join(directory, 'load.lua')];
  writeFileSync(list, `${codes.join('\n')}\n`);
  writeFileSync(script, LUA(list));
  return script;
}

/** Milliseconds between readings of the processor time, and at both ends what is left out: wrk reads its codes first. */
const READING = 250;
const MARGIN = 750;

/** Reads the parties' times while wrk runs. @returns the function that gives the readings */
function watch(server: number, load: number, database: string | undefined): () => Reading[] {
  const parties = findParties(server, load, database);
  const readings: Reading[] = [];
  const reading = setInterval(() => readings.push(readTimes(parties)), READING);
  return () => {
    clearInterval(reading);
    return readings;
  };
}

/** Of the readings, the last before the end and the first after the beginning. */
function steady(readings: readonly Reading[], seconds: number): readonly [Reading, Reading] {
  const end = readings.at(-1)!.at - MARGIN * 1000;
  const last = readings.findLast(({ at }) => at <= end) ?? readings.at(-1)!;
  const start = end - (seconds * 1000 - 2 * MARGIN) * 1000;
  return [readings.find(({ at }) => at >= start) ?? readings[0]!, last];
}

/**
 * Runs wrk with one thread against a server on this machine.
 * @param seconds at least 3
 * @param server its process, for its processor time
 * @param database the PostgreSQL database that it uses
 */
export async function runLoad(
  script: string,
  port: number,
  seconds: number,
  server: number,
  database?: string,
): Promise<Load> {
  const args = ['-t1', `-c${CONNECTIONS}`, `-d${seconds}s`, '-s', script, `http://127.0.0.1:${port}`];
  const child = spawn('wrk', args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let out = '';
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString();
  });
  const readings = watch(server, child.pid!, database);
  await once(child, 'close');
  const [from, to] = steady(readings(), seconds);
  const found = /RESULT (\d+) (\d+) (\d+) (\d+) (\d+)/.exec(out);
  if (!found) throw new Error(`wrk ended without a result:\n${out}`);
  const [answered = 0, microseconds = 0, p50 = 0, p99 = 0, failed = 0] = found.slice(1).map(Number);
  const requestsPerSecond = Math.round((answered / microseconds) * 1e6);
  return {
    requestsPerSecond,
    p50: p50 / 1000,
    p99: p99 / 1000,
    answered,
    failed,
    processorTime: perAnswer(from, to, requestsPerSecond),
  };
}
