import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathOf } from '../harness/programs.js';
import { answers } from './arrival.js';

export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as { port: number };
  probe.close();
  await once(probe, 'close');
  return port;
}

/** smtp-sink with the faults that `flags` ask for; it keeps what arrives. */
export class Sink {
  private constructor(
    private readonly process: ChildProcess,
    private readonly folder: string,
  ) {}

  static async start(flags: readonly string[], port: number): Promise<Sink> {
    const folder = mkdtempSync(join(tmpdir(), 'career-relay-sink-'));
    chmodSync(folder, 0o777);
    const asRoot = process.getuid?.() === 0 ? ['-u', 'nobody'] : [];
    const child = spawn(
      pathOf('smtp-sink'),
      [...asRoot, ...flags, '-d', join(folder, 'mail.'), `127.0.0.1:${port}`, '100'],
      { stdio: 'ignore' },
    );
    while (child.exitCode === null && !(await answers(port)));
    if (child.exitCode !== null) throw new Error(`smtp-sink ${flags.join(' ')} does not start`);
    return new Sink(child, folder);
  }
  /** How many whole copies of a message arrived: those that hold its last line. */
  copies(lastLine: string): number {
    const files = readdirSync(this.folder).map((name) => readFileSync(join(this.folder, name), 'latin1'));
    return files.filter((content) => content.includes(`\n${lastLine}\n`)).length;
  }
  async stop(): Promise<void> {
    const gone = once(this.process, 'exit');
    this.process.kill();
    await gone;
    rmSync(this.folder, { recursive: true, force: true });
  }
}
