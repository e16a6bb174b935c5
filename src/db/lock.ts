import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '../errors.js';

/** When a process started, in clock ticks since boot (proc(5), field 22); '' where the system does not say. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/**
 * Marks a data directory as this process's: the embedded database is one process's, and a second one would ruin it.
 * A mark left by `kill -9` is recognised (no such process, or the number was given to a later one) and replaced.
 * @returns the function that takes the mark away
 * @throws AppError `conflict` when a running process holds it
 */
export function lockDirectory(directory: string): () => void {
  const path = join(directory, 'process.lock');
  const mine = `${process.pid} ${startOf(process.pid)}\n`;
  for (let attempt = 0; attempt < 2; attempt += 1) {
    try {
      writeFileSync(path, mine, { flag: 'wx' });
      return () => rmSync(path, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const [pid = '', start = ''] = readFileSync(path, 'utf8').trim().split(' ');
    if (isRunning(Number(pid)) && startOf(Number(pid)) === start) {
      throw new AppError(
        'conflict',
        `${directory} is in use by process ${pid}; stop it first, or set another DATA_DIR`,
      );
    }
    rmSync(path, { force: true });
  }
  throw new AppError('conflict', `${directory} is being taken by another process; start again`);
}
