import { type FileHandle, mkdir, open, readdir, readFile, rename, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { lockDirectory } from '../db/lock.js';
import { AppError } from '../errors.js';
import type { Click } from './store.js';

/** A file is closed and a new one begun after this many bytes, so that replay frees the disk as it goes. */
const SEGMENT_BYTES = 4 << 20;
const SEGMENT = /^clicks-.+\.jsonl$/;

type Waiting = Readonly<{
  click: Click;
  resolve: () => void;
  reject: (error: unknown) => void;
}>;

export type Spool = Readonly<{
  /** Resolves when the click is on the disk (fdatasync); rejects when it cannot be kept. */
  append(click: Click): Promise<void>;
  /**
   * Hands the kept clicks over, a file at a time, oldest first, and removes each file when `replay` has resolved.
   * What is appended meanwhile goes to a new file.
   * @returns how many clicks were handed over
   */
  drain(replay: (clicks: readonly Click[]) => Promise<void>): Promise<number>;
  /** Whether there may be something to hand over. */
  pending(): boolean;
  close(): Promise<void>;
}>;

/** A line that a crash cut short was never answered for; it is passed over. */
function parseSegment(text: string): Click[] {
  const clicks: Click[] = [];
  for (const line of text.split('\n')) {
    try {
      if (line) clicks.push(JSON.parse(line) as Click);
    } catch {}
  }
  return clicks;
}

/** Takes the first free directory below `root`: each process has its own, since a file has one writer. */
async function takeDirectory(root: string): Promise<{ directory: string; unlock: () => void }> {
  for (let number = 1; ; number += 1) {
    const directory = join(root, String(number));
    await mkdir(directory, { recursive: true });
    const unlock = tryLock(directory);
    if (unlock) return { directory, unlock };
  }
}

function tryLock(directory: string): (() => void) | undefined {
  try {
    return lockDirectory(directory);
  } catch (error) {
    if (error instanceof AppError && error.code === 'conflict') return undefined;
    throw error;
  }
}

/** Moves what processes that are gone left behind into our own directory. */
async function adoptOrphans(root: string, own: string): Promise<void> {
  for (const name of await readdir(root)) {
    const other = join(root, name);
    if (other === own) continue;
    const unlock = tryLock(other);
    if (!unlock) continue;
    for (const file of (await readdir(other)).filter((name) => SEGMENT.test(name))) {
      await rename(join(other, file), join(own, file));
    }
    unlock();
  }
}

/**
 * Opens the place where clicks wait while the store is away: append-only files of JSON lines.
 * @param root the directory, made when it is not there
 * @param newName a name for each file; names sort by time and never repeat
 */
export async function openSpool(root: string, newName: () => string): Promise<Spool> {
  const { directory, unlock } = await takeDirectory(root);
  await adoptOrphans(root, directory);
  const closed = (await readdir(directory)).filter((name) => SEGMENT.test(name)).sort();
  let waiting: Waiting[] = [];
  let current: { name: string; file: FileHandle; bytes: number } | undefined;
  // Writes and rotations take turns: a file is never closed under a write.
  let turn: Promise<unknown> = Promise.resolve();

  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = turn.then(work);
    turn = result.catch(() => {});
    return result;
  }

  async function rotate(): Promise<void> {
    if (!current) return;
    const { file, name } = current;
    current = undefined;
    closed.push(name);
    await file.close();
  }

  async function begin() {
    const name = `clicks-${newName()}.jsonl`;
    const file = await open(join(directory, name), 'ax');
    const parent = await open(directory, 'r');
    await parent.sync().finally(() => parent.close());
    return { name, file, bytes: 0 };
  }

  /** One write and one sync for everything that came while the one before was under way. */
  async function writeGroup(): Promise<void> {
    const group = waiting;
    waiting = [];
    if (group.length === 0) return;
    try {
      current ??= await begin();
      const bytes = Buffer.from(group.map(({ click }) => `${JSON.stringify(click)}\n`).join(''));
      await current.file.appendFile(bytes);
      await current.file.datasync();
      current.bytes += bytes.length;
      if (current.bytes >= SEGMENT_BYTES) await rotate();
      for (const { resolve } of group) resolve();
    } catch (error) {
      for (const { reject } of group) reject(error);
      // What stands in the file may end in half a line; the next click begins a new one.
      await rotate().catch(() => {});
    }
  }

  return {
    append(click) {
      return new Promise((resolve, reject) => {
        waiting.push({ click, resolve, reject });
        if (waiting.length === 1) void inTurn(writeGroup);
      });
    },
    async drain(replay) {
      await inTurn(rotate);
      let count = 0;
      while (closed.length > 0) {
        const path = join(directory, closed[0]!);
        const clicks = parseSegment(await readFile(path, 'utf8'));
        await replay(clicks);
        await unlink(path);
        closed.shift();
        count += clicks.length;
      }
      return count;
    },
    pending: () => closed.length > 0 || current !== undefined,
    async close() {
      await inTurn(rotate);
      unlock();
    },
  };
}
