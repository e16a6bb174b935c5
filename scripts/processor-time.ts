import { readdirSync, readFileSync } from 'node:fs';

/** Microseconds of one tick of /proc (USER_HZ is 100 wherever Linux runs). */
const TICK = 10_000;

/** Text of a file below /proc; `''` when the process is gone. */
function read(path: string): string {
  try {
    return readFileSync(`/proc/${path}`, 'utf8');
  } catch {
    return '';
  }
}

/** Microseconds of processor time that a process has used; proc(5), `stat`. */
function usedBy(pid: number): number {
  const stat = read(`${pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) * TICK;
}

/** Microseconds that the machine's processors had nothing to do, or waited for a disk. */
function idle(): number {
  const fields = read('stat').split('\n', 1)[0]!.split(/\s+/);
  return (Number(fields[4]) + Number(fields[5])) * TICK;
}

/** What PostgreSQL does for all databases at once, which is nearly all ours while a bench runs. */
const BACKGROUND = /^postgres: .*(walwriter|checkpointer|background writer)/;

/** Processes that share the machine under a load. */
export type Parties = Readonly<Record<'server' | 'postgres' | 'load', readonly number[]>>;

/**
 * Finds them once: looking for them costs more than reading their times.
 * @param server the process that is measured; its children count with it
 * @param database PostgreSQL's part is that of this database's connections and of the background processes
 */
export function findParties(server: number, load: number, database: string | undefined): Parties {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const children = pids.filter((pid) => read(`${pid}/status`).includes(`PPid:\t${server}\n`));
  const postgres = pids.filter((pid) => {
    const command = read(`${pid}/cmdline`);
    if (database === undefined || !command.startsWith('postgres: ')) return false;
    return command.includes(` ${database} `) || BACKGROUND.test(command);
  });
  return { server: [server, ...children.map(Number)], postgres: postgres.map(Number), load: [load] };
}

/** Microseconds, by what used them; `at` is the moment of the reading. */
export type Reading = Readonly<{ at: number; server: number; postgres: number; load: number; idle: number }>;

export function readTimes(parties: Parties): Reading {
  const of = (pids: readonly number[]) => pids.reduce((sum, pid) => sum + usedBy(pid), 0);
  return {
    at: performance.now() * 1000,
    server: of(parties.server),
    postgres: of(parties.postgres),
    load: of(parties.load),
    idle: idle(),
  };
}

export type ProcessorTime = Readonly<Record<'server' | 'postgres' | 'load' | 'idle', number>>;

/** Microseconds of processor time an answer between two readings, to one place. */
export function perAnswer(from: Reading, to: Reading, answersPerSecond: number): ProcessorTime {
  const answers = ((to.at - from.at) / 1e6) * answersPerSecond;
  const of = (side: keyof ProcessorTime) => Math.round(((to[side] - from[side]) / answers) * 10) / 10;
  return { server: of('server'), postgres: of('postgres'), load: of('load'), idle: of('idle') };
}
