import { once } from 'node:events';
import { connect } from 'node:net';
import type { TestApp } from '../harness/app.js';
import { RawClient, type Received, type ScriptedUpstream } from './peers.js';

/** Longer than any step takes on a busy machine, shorter than a test. */
const PATIENCE = 20_000;

/** Waits for another process: asks again until the condition holds. @throws after 20 s, with `report` */
export async function until<T>(
  what: string,
  condition: () => T | Promise<T>,
  report: () => string = () => '',
): Promise<NonNullable<T>> {
  for (let waited = 0; waited < PATIENCE; waited += 20) {
    const value = await condition();
    if (value) return value;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`${what}: not within ${PATIENCE} ms\n${report()}`);
}

/** Whether somebody listens. */
export async function answers(port: number): Promise<boolean> {
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

export type Journalled = Readonly<{
  verdict: string;
  action: string;
  reason: string | null;
  outcome: string;
  upstreamReply: string | null;
  ranges: readonly Readonly<{ at: number; length: number }>[];
}>;

/** The hook's journal, oldest first. */
export async function journal(app: TestApp): Promise<Journalled[]> {
  return app.db.query<Journalled>(
    `SELECT verdict, action, reason, outcome, upstream_reply AS "upstreamReply", ranges FROM messages ORDER BY id`,
  );
}

/** The row that follows the first `seen` ones, once the next server has answered. */
export function nextEntry(app: TestApp, seen: number): Promise<Journalled> {
  return until('a row in the journal', async () => {
    const row = (await journal(app))[seen];
    return row?.outcome === 'forwarding' ? undefined : row;
  });
}

/** The mail with this Message-ID, once it is there. */
export function arrival(sink: ScriptedUpstream, messageId: string, report?: () => string): Promise<Received> {
  return until(
    `arrival of ${messageId}`,
    () => sink.received.find(({ content }) => content.includes(`Message-ID: <${messageId}>`)),
    report,
  );
}

/**
 * Cuts off the trace field that a Postfix put on top (RFC 5321 §4.4), which is all that it adds.
 * @param hosts of the servers that wrote one, the newest first
 */
export function withoutTrace(content: Buffer, hosts: readonly string[]): Buffer {
  let text = content.toString('latin1');
  for (const host of hosts) {
    const field = /^Received: .*\r\n([ \t].*\r\n)*/.exec(text)?.[0] ?? '';
    expect(field.replace(/\r\n\s/g, ' ')).toContain(` by ${host} (Postfix) with ESMTP`);
    text = text.slice(field.length);
  }
  return Buffer.from(text, 'latin1');
}

/** Cuts out what the journal says was inserted. @param content as it left the hook */
export function withoutInsertions(content: Buffer, { ranges }: Journalled): Buffer {
  let at = 0;
  const pieces = ranges.map((range) => {
    const piece = content.subarray(at, range.at);
    at = range.at + range.length;
    return piece;
  });
  return Buffer.concat([...pieces, content.subarray(at)]);
}

/**
 * Sends a mail as a plain client does, without AUTH.
 * @returns the last reply, joined: to the final dot, or to the step that was refused
 */
export async function submit(
  port: number,
  from: string,
  content: Buffer,
  recipients: readonly string[] = ['taro@example.com'],
): Promise<string> {
  const client = await RawClient.connect(port);
  try {
    await client.reply();
    const lines = ['EHLO client.example', `MAIL FROM:<${from}> BODY=8BITMIME`];
    for (const recipient of recipients) lines.push(`RCPT TO:<${recipient}>`);
    for (const line of [...lines, 'DATA']) {
      const answer = await client.command(line);
      if (!/^[23]/.test(answer[0] ?? '')) return answer.join('\n');
    }
    client.send(content.toString('latin1').replace(/^\./gm, '..'));
    return (await client.command('.')).join('\n');
  } finally {
    client.close();
  }
}
