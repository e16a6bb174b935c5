import { parseConfig } from '../src/config.js';
import { createUpstream } from '../src/relay/upstream.js';
import { RawClient, type ScriptedUpstream } from '../test/relay/peers.js';
import { READINGS, type Reading, type Seen, type SmugglingRow } from './smuggling-rows.js';

export const WAYS = ['one segment', 'byte by byte'] as const;
export type Way = (typeof WAYS)[number];

export type Trial = Readonly<{
  row: string;
  direction: 'inbound' | 'outbound';
  way: Way;
  /** Inbound: every reply that the client heard from the content on. Outbound: what the sender was told. */
  answers: readonly string[];
  /** What the next server took, by each reading of the bytes that reached it. */
  seen: Readonly<Record<Reading, Seen>>;
  /** The contents that the next server took by the book. */
  contents: readonly string[];
  verdict: 'OK' | 'BAD';
}>;

let sent = 0;

function read(next: ScriptedUpstream): Trial['seen'] {
  const streams = new Map<number, string>();
  for (const { connection, bytes } of next.heard) {
    streams.set(connection, (streams.get(connection) ?? '') + bytes.toString('latin1'));
  }
  const inAll = (reading: Reading): Seen => {
    const seen = [...streams.values()].map(READINGS[reading]);
    return {
      messages: seen.reduce((sum, one) => sum + one.messages, 0),
      senders: seen.flatMap((one) => one.senders),
    };
  };
  const names = Object.keys(READINGS) as Reading[];
  return Object.fromEntries(names.map((name) => [name, inAll(name)])) as Trial['seen'];
}

function forget(next: ScriptedUpstream): void {
  next.heard.length = 0;
  next.received.length = 0;
}

/**
 * The content that stuffed dots stand for. A single dot before other octets is one that a client forgot to double:
 * RFC 5321 §4.5.2 has it deleted, and who keeps it does no harm.
 */
function unstuffed(text: string): readonly string[] {
  const content = `${text}\r\n`.replace(/^\.\./, '.').replaceAll('\r\n..', '\r\n.');
  return [content, content.replace(/\r\n\.([\0 ])\r\n/, '\r\n$1\r\n')];
}

/** By every reading one message arrived, or none; nobody but the sender of the first was ever named. */
function holds(row: SmugglingRow, trial: Omit<Trial, 'verdict'>, contents: readonly string[]): boolean {
  const messages = row.kind === 'text' ? 1 : 0;
  const alone = Object.values(trial.seen).every(
    (seen) => seen.messages === messages && seen.senders.every((sender) => sender === '<hr@example.jp>'),
  );
  const whole =
    trial.contents.length === messages && trial.contents.every((content) => contents.includes(content));
  return alone && whole;
}

/** A client sends the row to the hook behind which `next` stands. */
export async function tryInbound(
  hook: Readonly<{ port: number; auth: { username: string; password: string } }>,
  next: ScriptedUpstream,
  row: SmugglingRow,
  way: Way,
): Promise<Trial> {
  forget(next);
  const segments = row.segments(`in-${++sent}`);
  const client = await RawClient.connect(hook.port);
  await client.signIn(hook.auth);
  for (const line of ['MAIL FROM:<hr@example.jp>', 'RCPT TO:<taro@example.com>', 'DATA']) {
    const answer = await client.command(line);
    if (!/^[23]/.test(answer[0] ?? '')) throw new Error(`${line}: ${answer.join(' ')}`);
  }
  for (const segment of [...segments.slice(0, -1), `${segments.at(-1)}\r\n.\r\n`]) {
    if (way === 'byte by byte') await client.sendSlowly(Buffer.from(segment, 'latin1'));
    else await client.flush(segment);
  }
  const answers = [await client.reply()];
  client.send('NOOP\r\nQUIT\r\n');
  for (let reply = await client.reply(); reply.length > 0; reply = await client.reply()) answers.push(reply);
  client.close();
  const trial = {
    row: row.name,
    direction: 'inbound' as const,
    way,
    answers: answers.map((lines) => lines.join(' / ')),
    seen: read(next),
    contents: next.received.map((one) => one.content.toString('latin1')),
  };
  const wanted = [row.kind === 'text' ? /^250 / : /^554 5\.6\./, /^250 /, /^221 /];
  const answered =
    answers.length === wanted.length && wanted.every((pattern, at) => pattern.test(trial.answers[at]!));
  return { ...trial, verdict: answered && holds(row, trial, unstuffed(segments.join(''))) ? 'OK' : 'BAD' };
}

async function* chunks(text: string, way: Way): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(text, 'latin1');
  if (way === 'one segment') yield bytes;
  else for (let at = 0; at < bytes.length; at += 1) yield bytes.subarray(at, at + 1);
}

/** The row stands in a content that is handed on, as if nobody had looked at it on the way in. */
export async function tryOutbound(next: ScriptedUpstream, row: SmugglingRow, way: Way): Promise<Trial> {
  forget(next);
  const deps = { config: parseConfig({ NODE_ENV: 'test' }), clock: () => new Date(), newId: () => 'id' };
  const address = { kind: 'smtp', host: '127.0.0.1', port: next.port, implicitTls: false } as const;
  const upstream = createUpstream(deps, address, { name: 'hook.example' });
  const content = `${row.segments(`out-${++sent}`).join('')}\r\n`;
  let told: string;
  try {
    const session = await upstream.open();
    await session.mail('<hr@example.jp>', []);
    await session.rcpt('<taro@example.com>', []);
    const result = await session.data(chunks(content, way));
    told = 'reply' in result ? `${result.kind} ${result.reply.code}` : result.kind;
    session.release();
  } finally {
    await upstream.close();
  }
  await next.idle();
  const trial = {
    row: row.name,
    direction: 'outbound' as const,
    way,
    answers: [told],
    seen: read(next),
    contents: next.received.map((one) => one.content.toString('latin1')),
  };
  const answered = told === (row.kind === 'text' ? 'replied 250' : 'lost-before-dot');
  return { ...trial, verdict: answered && holds(row, trial, [content]) ? 'OK' : 'BAD' };
}
