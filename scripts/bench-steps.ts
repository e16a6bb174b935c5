/**
 * Measures the pure steps of the mail path: `npm run bench:steps -- [--rounds N] [--messages N] [--json]`.
 * Microseconds of processor time for each message (the best of the rounds, garbage included), then how the time grows with the
 * size of the message, and the longest that one step keeps the event loop.
 */
import { parseArgs } from 'node:util';
import type { MimeStructure } from '../src/relay/mime.js';
import type { Splice } from '../src/relay/splice.js';
import { commonMails, SHAPES } from './bench-shapes.js';

/** The built program: what runs TypeScript directly wraps each closure, which costs more than some of these steps. */
async function built<Module>(name: string): Promise<Module> {
  return import(new URL(`../dist/relay/${name}.js`, import.meta.url).href);
}
const { classifyMessage } = await built<typeof import('../src/relay/classify.js')>('classify');
const { createContentHash } = await built<typeof import('../src/relay/content-hash.js')>('content-hash');
const { controlHeaderSplices, planInsertion } =
  await built<typeof import('../src/relay/insert.js')>('insert');
const { createMessageScanner, scanMessage } = await built<typeof import('../src/relay/mime.js')>('mime');
const { applySplices, mergeSplices } = await built<typeof import('../src/relay/splice.js')>('splice');
const { readView } = await built<typeof import('../src/relay/view.js')>('view');

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '12' },
    messages: { type: 'string', default: '200' },
    json: { type: 'boolean', default: false },
  },
});
const ROUNDS = Number(options.rounds);
const MESSAGES = Number(options.messages);

const OURS = { linkBaseUrls: ['https://go.aoba.example/r'], staticUrl: 'https://relay.example/c/aoba' };
const BLOCK = {
  url: 'https://go.aoba.example/r/k7mpq2xw9d',
  agency: { name: '株式会社リレー紹介', licence: '13-ユ-000000' },
};
const INSERTION = { mode: 'block', staticUrl: OURS.staticUrl, linkBaseUrls: OURS.linkBaseUrls } as const;
/** What arrives at once from a socket. */
const CHUNK = 65_536;

type Micros = { scan: number; view: number; classify: number; plan: number; apply: number; hash: number };

function cpuMicros(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

async function eachMicros(count: number, work: (index: number) => unknown): Promise<number> {
  const before = cpuMicros();
  for (let index = 0; index < count; index += 1) await work(index);
  return (cpuMicros() - before) / count;
}

function each(count: number, work: (index: number) => void): number {
  const before = cpuMicros();
  for (let index = 0; index < count; index += 1) work(index);
  return (cpuMicros() - before) / count;
}

function splicesOf(structure: MimeStructure): Splice[] {
  const plan = planInsertion(structure, BLOCK, INSERTION);
  return mergeSplices(plan.kind === 'inserted' ? plan.splices : [], controlHeaderSplices(structure));
}

async function drain(message: Buffer, splices: readonly Splice[]): Promise<number> {
  let size = 0;
  for await (const chunk of applySplices([message], splices)) size += chunk.length;
  return size;
}

async function oneRound(message: Buffer): Promise<Micros> {
  const structures: MimeStructure[] = [];
  const scan = each(MESSAGES, () => structures.push(scanMessage(message)));
  const views: ReturnType<typeof readView>[] = [];
  const view = each(MESSAGES, (at) => views.push(readView(structures[at]!, OURS)));
  const classify = each(MESSAGES, (at) => classifyMessage(views[at]!, 'auto'));
  const splices: Splice[][] = [];
  const plan = each(MESSAGES, (at) => splices.push(splicesOf(structures[at]!)));
  const apply = await eachMicros(MESSAGES, (at) => drain(message, splices[at]!));
  const hash = each(MESSAGES, () => {
    const content = createContentHash();
    content.push(message);
    content.end();
  });
  return { scan, view, classify, plan, apply, hash };
}

async function stepsOf(message: Buffer): Promise<Micros & { octets: number; together: number }> {
  const rounds: Micros[] = [];
  for (let round = 0; round < ROUNDS; round += 1) rounds.push(await oneRound(message));
  const best = (step: keyof Micros) => Number(Math.min(...rounds.map((one) => one[step])).toFixed(1));
  const [scan, view, classify, plan] = [best('scan'), best('view'), best('classify'), best('plan')];
  const together = Number((scan + view + classify + plan).toFixed(1));
  return {
    octets: message.length,
    scan,
    view,
    classify,
    plan,
    together,
    apply: best('apply'),
    hash: best('hash'),
  };
}

type Growth = { octets: number; millis: number; microsPerKB: number; longestHold: number; outcome: string };

/** All steps once, each timed: between two chunks, and between two steps, the event loop may turn. */
function timed(message: Buffer): Growth {
  let longestHold = 0;
  let millis = 0;
  function hold<T>(work: () => T): T {
    const before = performance.now();
    const result = work();
    const took = performance.now() - before;
    millis += took;
    longestHold = Math.max(longestHold, took);
    return result;
  }
  const scanner = createMessageScanner();
  for (let at = 0; at < message.length; at += CHUNK) {
    hold(() => scanner.push(message.subarray(at, at + CHUNK)));
  }
  const structure = hold(() => scanner.end());
  const plan = hold(() => {
    const view = readView(structure, OURS);
    classifyMessage(view, 'auto');
    return planInsertion(structure, BLOCK, INSERTION);
  });
  return {
    octets: message.length,
    millis: Number(millis.toFixed(2)),
    microsPerKB: Number(((millis * 1_000) / (message.length / 1_024)).toFixed(2)),
    longestHold: Number(longestHold.toFixed(2)),
    outcome: plan.kind === 'inserted' ? 'inserted' : plan.reason,
  };
}

const SIZES = [10_000, 100_000, 1_000_000, 5_000_000, 25_000_000];

function growthOf(shape: (size: number) => Buffer): Growth[] {
  return SIZES.map((size) => {
    const message = shape(size);
    const runs = Array.from({ length: size > 1_000_000 ? 1 : 3 }, () => timed(message));
    return runs.reduce((best, one) => (one.millis < best.millis ? one : best));
  });
}

const steps: Record<string, Awaited<ReturnType<typeof stepsOf>>> = {};
for (const [name, message] of Object.entries(commonMails())) steps[name] = await stepsOf(message);
const growth: Record<string, Growth[]> = {};
for (const [name, shape] of Object.entries(SHAPES)) growth[name] = growthOf(shape);
const longestHold = Math.max(...Object.values(growth).flatMap((rows) => rows.map((row) => row.longestHold)));

if (options.json)
  console.log(JSON.stringify({ rounds: ROUNDS, messages: MESSAGES, steps, growth, longestHold }));
else {
  console.log('microseconds of processor time for each message');
  console.table(steps);
  for (const [name, rows] of Object.entries(growth)) {
    console.log(name);
    console.table(rows);
  }
  console.log(`longest synchronous hold of the event loop: ${longestHold} ms`);
}
