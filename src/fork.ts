import cluster, { type Worker } from 'node:cluster';
import pino from 'pino';
import { Registry } from 'prom-client';
import type { Config, Role } from './config.js';
import { createEvents, type Events } from './events.js';

/** Milliseconds until a process that ended is replaced; doubled while its successors end soon too. */
const FIRST_WAIT = 100;
const LAST_WAIT = 10_000;
/** Milliseconds after which a process is taken to have run well. */
const SOON = 30_000;

/**
 * Milliseconds until the next process of a role begins, when one has ended.
 * @param last what was waited before it began
 * @param lived milliseconds that it ran
 */
export function waitAfter(last: number, lived: number): number {
  if (last === 0 || lived >= SOON) return FIRST_WAIT;
  return Math.min(last * 2, LAST_WAIT);
}

/** What a process is told that this one starts: one of many, and this one tells how they are. */
const ALONE = { WEB_CONCURRENCY: '1', SMTP_CONCURRENCY: '1', STATUS_PORT: '' };

/** A role that several processes serve on one port. */
type Crew = Readonly<{ role: Role; count: number }>;

function crewsOf({ roles, webConcurrency, smtpConcurrency }: Config): Crew[] {
  const wanted: Crew[] = [
    { role: 'web', count: webConcurrency },
    { role: 'smtp', count: smtpConcurrency },
  ];
  return wanted.filter(({ role, count }) => count > 1 && roles.includes(role));
}

/** The roles that are served by processes of their own, which this one starts and looks after. */
export function forkedRoles(config: Config): readonly Role[] {
  return cluster.isPrimary ? crewsOf(config).map(({ role }) => role) : [];
}

export type RoleProcesses = Readonly<{
  /** Resolves when all listen; rejects when one ends before any of its role has listened. */
  ready: Promise<void>;
  /** Why some role is not served; empty when all are. */
  reasons(): string[];
  /** Passes SIGHUP on. */
  reload(): void;
  /** Tells each to stop; they go on serving for their own while, finish and end. */
  retire(): void;
  /** Resolves when all that were told to have ended. */
  close(): Promise<void>;
}>;

/** An end of a process after which starting another is of no use: its own exit code says why. */
export class RoleProcessFailed extends Error {
  override readonly name = 'RoleProcessFailed';
  constructor(
    role: Role,
    readonly exitCode: number,
  ) {
    super(`a process of the role ${role} ended with ${exitCode} before any served`);
  }
}

/**
 * Starts `config.webConcurrency` processes with the role `web` and `config.smtpConcurrency` with `smtp`, each role on its
 * port (node:cluster: this process takes the connections and hands them out in turn), and replaces each that ends. None
 * outlives this process.
 */
export function forkRoles(config: Config): RoleProcesses {
  const events = createEvents(pino({ level: config.logLevel }), new Registry());
  const crews = crewsOf(config).map((crew) => createCrew(crew, events));
  return {
    // One role after the other: the first process of all makes alone what a fresh database lacks.
    ready: crews.reduce((before, crew) => before.then(crew.start), Promise.resolve()),
    reasons: () => crews.flatMap((crew) => crew.reasons()),
    reload() {
      for (const crew of crews) crew.signal('SIGHUP');
    },
    retire() {
      for (const crew of crews) crew.retire();
    },
    async close() {
      await Promise.all(crews.map((crew) => crew.close()));
    },
  };
}

function createCrew({ role, count }: Crew, events: Events) {
  const living = new Set<Worker>();
  const planned = new Set<NodeJS.Timeout>();
  let stopping = false;
  let listening = 0;
  let wait = 0;
  let allEnded = () => {};

  function signal(name: NodeJS.Signals): void {
    for (const child of living) child.process.kill(name);
  }
  return {
    signal,
    reasons(): string[] {
      if (stopping) return ['stopping'];
      return living.size === 0 ? [`no process of the role ${role} lives`] : [];
    },
    start(): Promise<void> {
      return new Promise<void>((resolve, reject) => {
        function begin(): void {
          if (stopping) return;
          const child = cluster.fork({ ROLES: role, ...ALONE });
          const since = performance.now();
          living.add(child);
          child.once('listening', () => {
            listening += 1;
            // The first alone: two at once would get in each other's way.
            if (listening === 1) for (let more = 1; more < count; more += 1) begin();
            if (listening === count) resolve();
          });
          child.once('exit', (code: number, by: string | null) => {
            living.delete(child);
            if (stopping) {
              if (living.size === 0) allEnded();
            } else if (listening === 0) reject(new RoleProcessFailed(role, code || 1));
            else replace(child, code, by, performance.now() - since);
          });
        }
        function replace(child: Worker, code: number, by: string | null, lived: number): void {
          wait = waitAfter(wait, lived);
          const { pid } = child.process;
          events.roleProcessEnded({ role, pid, code, signal: by, replacedAfter: wait });
          const timer = setTimeout(() => {
            planned.delete(timer);
            begin();
          }, wait);
          planned.add(timer);
        }
        begin();
      });
    },
    retire(): void {
      stopping = true;
      for (const timer of planned) clearTimeout(timer);
      signal('SIGTERM');
    },
    close(): Promise<void> {
      return new Promise((resolve) => {
        allEnded = resolve;
        if (living.size === 0) resolve();
      });
    },
  };
}
