import cluster, { type Worker } from 'node:cluster';
import pino from 'pino';
import { Registry } from 'prom-client';
import type { Config } from './config.js';
import { createEvents } from './events.js';

/** Milliseconds until a web process that ended is replaced; doubled while its successors end soon too. */
const FIRST_WAIT = 100;
const LAST_WAIT = 10_000;
/** Milliseconds after which a process is taken to have run well. */
const SOON = 30_000;

/**
 * Milliseconds until the next web process begins, when one has ended.
 * @param last what was waited before it began
 * @param lived milliseconds that it ran
 */
export function waitAfter(last: number, lived: number): number {
  if (last === 0 || lived >= SOON) return FIRST_WAIT;
  return Math.min(last * 2, LAST_WAIT);
}

/** Whether web requests are served by processes of their own, which this one starts and looks after. */
export function forksWeb(config: Config): boolean {
  return cluster.isPrimary && config.webConcurrency > 1 && config.roles.includes('web');
}

export type WebProcesses = Readonly<{
  /** Resolves when all listen; rejects with an exit code when one ends before any has listened. */
  ready: Promise<void>;
  /** Lets each finish what it is doing and end; resolves when all have ended. */
  stop(): Promise<void>;
}>;

/** An end of a web process after which starting another is of no use: its own exit code says why. */
export class WebProcessFailed extends Error {
  override readonly name = 'WebProcessFailed';
  constructor(readonly exitCode: number) {
    super(`a web process ended with ${exitCode} before any served`);
  }
}

/**
 * Starts `config.webConcurrency` processes with the role `web` on one port (node:cluster: this process takes the
 * connections and hands them out in turn), and replaces each that ends. None outlives this process.
 */
export function forkWeb(config: Config): WebProcesses {
  const events = createEvents(pino({ level: config.logLevel }), new Registry());
  const living = new Set<Worker>();
  const planned = new Set<NodeJS.Timeout>();
  let stopping = false;
  let listening = 0;
  let wait = 0;
  let allEnded = () => {};

  const ready = new Promise<void>((resolve, reject) => {
    function begin(): void {
      const child = cluster.fork({ ROLES: 'web', WEB_CONCURRENCY: '1' });
      const since = performance.now();
      living.add(child);
      child.once('listening', () => {
        listening += 1;
        // The first alone makes what a fresh database lacks: two at once would get in each other's way.
        if (listening === 1) for (let count = 1; count < config.webConcurrency; count += 1) begin();
        if (listening === config.webConcurrency) resolve();
      });
      child.once('exit', (code: number, signal: string | null) => {
        living.delete(child);
        if (stopping) {
          if (living.size === 0) allEnded();
        } else if (listening === 0) reject(new WebProcessFailed(code || 1));
        else replace(child, code, signal, performance.now() - since);
      });
    }

    function replace(child: Worker, code: number, signal: string | null, lived: number): void {
      wait = waitAfter(wait, lived);
      events.webProcessEnded({ pid: child.process.pid, code, signal, replacedAfter: wait });
      const timer = setTimeout(() => {
        planned.delete(timer);
        begin();
      }, wait);
      planned.add(timer);
    }

    begin();
  });

  return {
    ready,
    stop() {
      stopping = true;
      for (const timer of planned) clearTimeout(timer);
      for (const child of living) child.process.kill('SIGTERM');
      return new Promise((resolve) => {
        allEnded = resolve;
        if (living.size === 0) resolve();
      });
    },
  };
}
