import { type FileHandle, open, unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Content } from './splice.js';

/** Up to here a message stays in memory. Rejection mails are a few KiB; only attachments reach the disk. */
export const SPILL_THRESHOLD = 256 * 1024;
const BLOCK = 64 * 1024;

/** The bytes of one message, held until they are sent: in memory, then in a file that nobody else can open. */
export type Spill = Readonly<{
  /** In memory at once; a promise where it goes to the disk. */
  write(chunk: Buffer): Promise<void> | undefined;
  size(): number;
  /** The bytes from the start; may be read several times, after the last write. */
  content(): Content;
  isOnDisk(): boolean;
  /** Frees the file. Safe to call twice. */
  dispose(): Promise<void>;
}>;

/** @param newId names the file for the moment until it is unlinked. @param threshold octets */
export function createSpill(newId: () => string, threshold = SPILL_THRESHOLD): Spill {
  let memory: Buffer[] = [];
  let file: FileHandle | undefined;
  let size = 0;
  let writing: Promise<void> | undefined;

  async function openFile(): Promise<FileHandle> {
    const path = join(tmpdir(), `career-relay-${newId()}`);
    const handle = await open(path, 'wx+', 0o600);
    // Without a name it vanishes with the process, whatever ends that.
    await unlink(path);
    return handle;
  }
  async function append(chunks: readonly Buffer[], at: number): Promise<void> {
    let position = at;
    for (const chunk of chunks) {
      for (let done = 0; done < chunk.length; ) {
        const { bytesWritten } = await file!.write(chunk, done, chunk.length - done, position);
        done += bytesWritten;
        position += bytesWritten;
      }
    }
  }
  async function toDisk(): Promise<void> {
    file = await openFile();
    const held = memory;
    memory = [];
    await append(held, 0);
  }
  async function* readFile(): AsyncGenerator<Buffer> {
    for (let position = 0; position < size; ) {
      const { bytesRead, buffer } = await file!.read(Buffer.alloc(BLOCK), 0, BLOCK, position);
      if (bytesRead === 0) throw new Error('the spill file is shorter than what was written');
      position += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  }

  return {
    write(chunk) {
      const at = size;
      size += chunk.length;
      if (file) {
        writing = append([chunk], at);
        return writing;
      }
      memory.push(chunk);
      if (size <= threshold) return undefined;
      writing = toDisk();
      return writing;
    },
    size: () => size,
    content: () => (file ? readFile() : memory),
    isOnDisk: () => file !== undefined,
    async dispose() {
      // Its fault is told to whoever wrote.
      await writing?.catch(() => {});
      memory = [];
      const handle = file;
      file = undefined;
      size = 0;
      await handle?.close();
    },
  };
}
