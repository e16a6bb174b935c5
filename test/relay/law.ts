import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import PostalMime from 'postal-mime';
import type { RelayBlock } from '../../src/relay/block.js';
import { controlHeaderSplices, type InsertionPlan, planInsertion } from '../../src/relay/insert.js';
import { createMessageScanner, type MimeStructure, scanMessage } from '../../src/relay/mime.js';
import { insertedRanges, mergeSplices, type Splice } from '../../src/relay/splice.js';
import { readView } from '../../src/relay/view.js';

export const BLOCK = {
  url: 'https://go.aoba.example/r/k7mpq2xw9d',
  agency: { name: '株式会社リレー紹介', licence: '13-ユ-000000' },
};
export const OPTIONS = { mode: 'block' as const, staticUrl: 'https://relay.example/c/aoba' };
const OURS = { linkBaseUrls: ['https://go.aoba.example/r'], staticUrl: OPTIONS.staticUrl };

/** The splices applied in the plainest way, to have something to hold `applySplices` against. */
export function spliced(message: Buffer, splices: readonly Splice[]): Buffer {
  const pieces: Buffer[] = [];
  let from = 0;
  for (const { at, remove, insert } of splices) {
    pieces.push(message.subarray(from, at), insert);
    from = at + remove;
  }
  return Buffer.concat([...pieces, message.subarray(from)]);
}

/** Takes the inserted ranges out of the output and puts the removed original bytes back. */
export function undone(output: Buffer, message: Buffer, splices: readonly Splice[]): Buffer {
  const pieces: Buffer[] = [];
  let from = 0;
  insertedRanges(splices).forEach(({ at, length, removed }, index) => {
    const original = splices[index]!.at;
    pieces.push(output.subarray(from, at), message.subarray(original, original + removed));
    from = at + length;
  });
  return Buffer.concat([...pieces, output.subarray(from)]);
}

export function scanInChunks(message: Buffer, size: number): MimeStructure {
  const scanner = createMessageScanner();
  for (let at = 0; at < message.length; at += size) scanner.push(message.subarray(at, at + size));
  return scanner.end();
}

export type Passed = { plan: InsertionPlan; output: Buffer };

/** The insertion law for one message; throws where it is broken. What holds for sound and for broken mails. */
export function holdLaw(message: Buffer, chunk: number, block: RelayBlock = BLOCK): Passed {
  const structure = scanMessage(message);
  if (!isDeepStrictEqual(scanInChunks(message, chunk), structure))
    throw new Error('chunks change the structure');
  readView(structure, OURS);
  const plan = planInsertion(structure, block, OPTIONS);
  const control = controlHeaderSplices(structure);
  const splices = mergeSplices(plan.kind === 'inserted' ? plan.splices : [], control);
  const output = spliced(message, splices);
  if (!undone(output, message, splices).equals(message))
    throw new Error('undoing does not give the message back');
  const removed = splices.reduce((sum, splice) => sum + splice.remove, 0);
  if (output.length < message.length - removed) throw new Error('bytes are lost');
  if (plan.kind === 'inserted') {
    const again = planInsertion(scanMessage(output), block, OPTIONS);
    if (again.kind === 'inserted') throw new Error('a second pass inserts again');
  }
  return { plan, output };
}

type Seen = { headers: string[]; attachments: string[]; text: string; html: string };

/** What postal-mime, which shares no code with ours, reads of a message. */
export async function seenByPostalMime(message: Buffer): Promise<Seen> {
  const mail = await PostalMime.parse(message, { forceRfc822Attachments: true });
  return {
    headers: mail.headers
      .filter(({ key }) => !key.startsWith('x-career-relay'))
      .map(({ key, value }) => `${key}: ${value}`),
    attachments: mail.attachments.map((one) => {
      const content =
        typeof one.content === 'string' ? Buffer.from(one.content) : Buffer.from(one.content as ArrayBuffer);
      return `${one.mimeType} ${one.filename} ${one.disposition} ${createHash('sha256').update(content).digest('hex')}`;
    }),
    text: mail.text ?? '',
    html: mail.html ?? '',
  };
}

/**
 * What Python's email package finds different between messages and their outputs that insertion may not change;
 * one process for the whole batch.
 */
export function secondOpinions(pairs: readonly { before: Buffer; after: Buffer }[]): string[][] {
  const input = pairs.map(({ before, after }) =>
    JSON.stringify({ before: before.toString('base64'), after: after.toString('base64'), link: BLOCK.url }),
  );
  const script = new URL('./second-opinion.py', import.meta.url).pathname;
  const answer = execFileSync('python3', [script], { input: input.join('\n'), maxBuffer: 64 * 1024 * 1024 });
  return answer
    .toString()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as string[]);
}
