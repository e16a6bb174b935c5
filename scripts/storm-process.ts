import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { smallDisk } from './own-servers.js';

/** One process of the program, or of the storm's own upstream, which can be killed, held, and started again. */
export type StormProcess = Readonly<{
  name: string;
  /** Starts it unless it runs. Does not wait until it serves. */
  start(): void;
  /** @returns when it is gone */
  kill(signal?: NodeJS.Signals): Promise<void>;
  freeze(frozen: boolean): void;
  /** Resident kilobytes; undefined while it does not run. proc(5). */
  resident(): number | undefined;
  /** Ends that nobody asked for, as `exit 1` or `SIGABRT`, and stops that took too long. */
  ownEnds: readonly string[];
}>;

/** Milliseconds that a process has to end in peace. */
const STOPPED_WITHIN = 25_000;

export type Launch = Readonly<{
  name: string;
  command: readonly string[];
  env?: NodeJS.ProcessEnv;
  /** Takes what it prints. */
  log: string;
}>;

export function stormProcess({ name, command, env, log }: Launch): StormProcess {
  let child: ChildProcess | undefined;
  const ownEnds: string[] = [];
  const asked = new WeakSet<ChildProcess>();

  function start(): void {
    if (child) return;
    const out = openSync(log, 'a');
    const [program, ...args] = command;
    const started = spawn(program!, args, { env, stdio: ['ignore', out, out] });
    closeSync(out);
    child = started;
    started.once('exit', (code, signal) => {
      if (child === started) child = undefined;
      if (asked.has(started)) return;
      ownEnds.push(signal ?? `exit ${code}`);
      // As a supervisor would.
      start();
    });
  }
  return {
    name,
    start,
    async kill(signal = 'SIGKILL') {
      const dying = child;
      if (!dying) return;
      asked.add(dying);
      const ended = once(dying, 'exit');
      dying.kill(signal);
      const late = setTimeout(() => {
        ownEnds.push(`not ended ${STOPPED_WITHIN / 1_000} s after ${signal}`);
        dying.kill('SIGKILL');
      }, STOPPED_WITHIN);
      await ended;
      clearTimeout(late);
    },
    freeze: (frozen) => void child?.kill(frozen ? 'SIGSTOP' : 'SIGCONT'),
    resident() {
      try {
        const status = child && readFileSync(`/proc/${child.pid}/status`, 'utf8');
        const kilobytes = status && /^VmRSS:\s+(\d+)/m.exec(status)?.[1];
        return kilobytes ? Number(kilobytes) : undefined;
      } catch {
        return undefined;
      }
    },
    ownEnds,
  };
}

/** A directory of its own on a small disk that can be filled. */
export type Disk = Readonly<{ path: string; fill(full: boolean): void; remove(): void }>;

const SIZE = '16m';
const BLOCK = Buffer.alloc(64 * 1024);

/** @returns undefined where this process may not mount one */
export function openDisk(path: string): Disk | undefined {
  const unmount = smallDisk(path, SIZE);
  if (!unmount) return undefined;
  const filler = join(path, 'filler');
  return {
    path,
    fill(full) {
      if (!full) return rmSync(filler, { force: true });
      const file = openSync(filler, 'w');
      try {
        for (;;) writeSync(file, BLOCK);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      } finally {
        closeSync(file);
      }
    },
    remove: unmount,
  };
}

const FAKETIME = '/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1';

/** A clock that can be put wrong while a process runs by it (libfaketime). */
export type SkewedClock = Readonly<{ env: NodeJS.ProcessEnv; skew(seconds: number): void }>;

/** @returns undefined where libfaketime is not installed */
export function openClock(directory: string, name: string): SkewedClock | undefined {
  try {
    readFileSync(FAKETIME);
  } catch {
    return undefined;
  }
  mkdirSync(directory, { recursive: true });
  const file = join(directory, `${name}.clock`);
  const skew = (seconds: number) => writeFileSync(file, `${seconds < 0 ? '' : '+'}${seconds}s\n`);
  skew(0);
  return {
    env: {
      LD_PRELOAD: FAKETIME,
      FAKETIME_TIMESTAMP_FILE: file,
      // Seconds until the file is read again.
      FAKETIME_CACHE_DURATION: '1',
      // Timers go by this clock, which no administrator can put wrong.
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    },
    skew,
  };
}
