import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';

const PROGRAM = '/usr/sbin/smtp-source';

export type SourcePlan = Readonly<{
  port: number;
  sessions: number;
  /** Whether a session keeps its connection, or makes one for each message. */
  reuse: boolean;
  messages: number;
  /** The message as a file, see `writeLetter`. */
  file: string;
  from: string;
  /** Each message goes to an address of its own, which ends in this domain. */
  domain: string;
  /** What the addresses start with: another one in each run, so that no message is a repeat. */
  run: string;
}>;

/** Writes a message as smtp-source reads it: LF alone, without the final dot. */
export function writeLetter(path: string, content: Buffer): void {
  const text = content.toString('latin1').replace(/\.\r\n$/, '');
  writeFileSync(path, text.replaceAll('\r\n', '\n'), 'latin1');
}

/**
 * Sends `messages` messages with Postfix's smtp-source, each session in lock-step, each message to a recipient of its
 * own (`-N` counts them). It ends at the first refusal.
 * @returns seconds that it took
 */
export async function runSource(plan: SourcePlan): Promise<number> {
  const { sessions, messages, file, from, domain, run, port } = plan;
  const from0 = performance.now();
  const child = spawn(
    PROGRAM,
    [
      ...(plan.reuse ? ['-d'] : []),
      ...['-s', `${sessions}`, '-m', `${messages}`, '-N', '-F', file, '-f', from],
      ...['-t', `${run}@${domain}`, `127.0.0.1:${port}`],
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString('latin1');
  });
  const [status] = (await once(child, 'exit')) as [number];
  if (status !== 0) throw new Error(`smtp-source ended with ${status}: ${said.trim()}`);
  return (performance.now() - from0) / 1_000;
}
