import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { freePort } from './server-process.js';

const PROGRAM = '/usr/sbin/smtp-sink';

export type MailSink = Readonly<{
  port: number;
  /** How many messages it has taken in full, by its own counter. */
  count(): number;
  stop(): Promise<void>;
}>;

async function answers(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/** Postfix's smtp-sink, which takes everything and throws it away. */
export async function startSink(): Promise<MailSink> {
  const port = await freePort();
  const asRoot = process.getuid?.() === 0 ? ['-u', 'nobody'] : [];
  const child = spawn(PROGRAM, ['-c', ...asRoot, `127.0.0.1:${port}`, '1000'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const ended = once(child, 'exit');
  let counted = '';
  child.stdout.on('data', (chunk: Buffer) => {
    counted = (counted + chunk.toString('latin1')).slice(-200);
  });
  while (child.exitCode === null && !(await answers(port)));
  if (child.exitCode !== null) throw new Error('smtp-sink does not start');
  return {
    port,
    count: () => Number(/.*mesg=(\d+)\r/s.exec(counted)?.[1] ?? 0),
    async stop() {
      child.kill();
      await ended;
    },
  };
}
