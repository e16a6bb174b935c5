import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { join } from 'node:path';
import type { Bench } from './bench-database.js';
import { freePort } from './server-process.js';

export type Tally = Readonly<{
  kills: number;
  /** Redirects that a visitor received in full. */
  answered: number;
  /** Clicks in the database at the end: the answered ones, and some whose answer the kill cut off. */
  recorded: number;
  /** Answered and not recorded. */
  missing: number;
}>;

/** Visitors at once: a kill cuts off at most as many answers. */
export const VISITORS = 32;
/** Clicks answered in a round before its kill: another number in each, so that the kill meets every moment. */
const ANSWERS = { least: 50, most: 750 };

function startServer(bench: Bench, program: readonly string[], port: number) {
  return spawn(process.execPath, [...program, 'start'], {
    env: {
      PATH: process.env.PATH,
      ...bench.env,
      PORT: String(port),
      SMTP_PORT: '0',
      LOG_LEVEL: 'warn',
      OPERATOR_KEY: 'operator-key-of-the-kill-test-0123456789ab',
      SECRET_KEY: 'secret-key-of-the-kill-test-0123456789abc',
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

/** Follows one link. @returns the click's id, undefined when no whole answer came */
function follow(agent: Agent, port: number, code: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    get({ agent, port, host: '127.0.0.1', path: `/r/${code}` }, (response) => {
      response.resume();
      const { location } = response.headers;
      response.on('close', () => {
        const whole = response.complete && response.statusCode === 302;
        resolve(whole && location ? (new URL(location).searchParams.get('click') ?? undefined) : undefined);
      });
    }).on('error', () => resolve(undefined));
  });
}

async function untilAnswering(agent: Agent, port: number, ended: () => boolean): Promise<void> {
  for (;;) {
    if (ended()) throw new Error('the server ended before it answered');
    const answered = await new Promise<boolean>((resolve) => {
      get({ agent, port, host: '127.0.0.1', path: '/healthz' }, (response) => {
        response.resume().on('close', () => resolve(true));
      }).on('error', () => resolve(false));
    });
    if (answered) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** One life of the server: visitors follow links until it is killed in the midst of them. */
async function round(bench: Bench, program: readonly string[], answered: Set<string>): Promise<void> {
  const port = await freePort();
  const agent = new Agent({ keepAlive: true, maxSockets: VISITORS });
  const child = startServer(bench, program, port);
  const exited = once(child, 'exit');
  const { least, most } = ANSWERS;
  const goal = answered.size + least + Math.floor(Math.random() * (most - least));
  try {
    await untilAnswering(agent, port, () => child.exitCode !== null);
    const visitor = async () => {
      while (child.signalCode === null) {
        const code = bench.codes[Math.floor(Math.random() * bench.codes.length)]!;
        const id = await follow(agent, port, code);
        if (id === undefined) return;
        if (answered.has(id)) throw new Error(`two answers carry the click ${id}`);
        answered.add(id);
        if (answered.size === goal) child.kill('SIGKILL');
      }
    };
    await Promise.all(Array.from({ length: VISITORS }, visitor));
  } finally {
    child.kill('SIGKILL');
    await exited;
    agent.destroy();
  }
}

/** How many files of clicks wait for the store. */
function spooledFiles(dataDir: string): number {
  const names = readdirSync(join(dataDir, 'spool'), { recursive: true, encoding: 'utf8' });
  return names.filter((name) => name.endsWith('.jsonl')).length;
}

/** A last life, to bring back what waits in the spool, ended in peace. */
async function settle(bench: Bench, program: readonly string[]): Promise<void> {
  const port = await freePort();
  const agent = new Agent();
  const child = startServer(bench, program, port);
  const exited = once(child, 'exit');
  try {
    await untilAnswering(agent, port, () => child.exitCode !== null);
    while (spooledFiles(bench.env.DATA_DIR) > 0) await new Promise((resolve) => setTimeout(resolve, 50));
  } finally {
    child.kill('SIGTERM');
    await exited;
  }
}

/**
 * @param kills how often the server is ended with SIGKILL while visitors follow links
 * @param program what Node is given to run the server
 * @throws Error when the same click was answered twice
 */
export async function killUnderLoad(bench: Bench, kills: number, program: readonly string[]): Promise<Tally> {
  const answered = new Set<string>();
  for (let kill = 0; kill < kills; kill += 1) await round(bench, program, answered);
  await settle(bench, program);
  const db = await bench.open();
  try {
    const rows = await db.query<{ id: string }>('SELECT id FROM clicks');
    const recorded = new Set(rows.map((row) => row.id));
    const missing = [...answered].filter((id) => !recorded.has(id)).length;
    return { kills, answered: answered.size, recorded: recorded.size, missing };
  } finally {
    await db.close();
  }
}
