/**
 * Measures the rules for visitors against agents that others collected: `npm run visitors -- [--json]`.
 * Bots: the example agents of `crawler-user-agents`; people: `top-user-agents` and `user-agents`. Nothing in the rules
 * was fitted to these lists.
 * Gateways: sweeps made by the delays that 836 real ones had (0.5 % within 10 s, 66 % at 20 to 60 s, 28 % at 1 to 5
 * minutes, the rest up to an hour), with browsers' agents, from clouds and gateways, two hits with two agents each.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { judgeInHindsight } from '../src/click/hindsight.js';
import { classifyVisitor, readAgent, type VisitorClass } from '../src/click/visitor.js';

const { values: options } = parseArgs({
  options: { json: { type: 'boolean', default: false } },
});

/** Read as files: not all of these packages export what is wanted of them. */
function readJson(name: string, file: string): unknown {
  return JSON.parse(readFileSync(new URL(`../node_modules/${name}/${file}`, import.meta.url), 'utf8'));
}

type Weighted = Readonly<{ agent: string; weight: number }>;

function bots(): Weighted[] {
  const list = readJson('crawler-user-agents', 'crawler-user-agents.json') as { instances: string[] }[];
  const agents = new Set(list.flatMap((crawler) => crawler.instances));
  return [...agents].map((agent) => ({ agent, weight: 1 }));
}

function topPeople(): Weighted[] {
  const list = readJson('top-user-agents', 'src/index.json') as string[];
  return list.map((agent) => ({ agent, weight: 1 }));
}

/** Weighted by how often each was seen. */
function people(): Weighted[] {
  const list = readJson('user-agents', 'dist/user-agents.json') as { userAgent: string; weight: number }[];
  return list.map(({ userAgent, weight }) => ({ agent: userAgent, weight }));
}

type Share = Readonly<{ agents: number; wrong: number; share: number; limit: number; examples: string[] }>;

/** @param right which classes are no error */
function measure(list: readonly Weighted[], right: (found: VisitorClass) => boolean, limit: number): Share {
  const wrong = list.filter(({ agent }) => !right(classifyVisitor('GET', {}, readAgent(agent)).visitorClass));
  const weigh = (some: readonly Weighted[]) => some.reduce((sum, { weight }) => sum + weight, 0);
  return {
    agents: list.length,
    wrong: wrong.length,
    share: weigh(wrong) / weigh(list),
    limit,
    examples: wrong.slice(0, 20).map(({ agent }) => agent),
  };
}

/** Evenly spread numbers in the place of random ones (van der Corput): the report is the same at each run. */
function spread(index: number): number {
  let value = 0;
  let half = 0.5;
  for (let rest = index; rest > 0; rest >>= 1) {
    value += (rest & 1) * half;
    half /= 2;
  }
  return value;
}

function delayOf(index: number): number {
  const place = spread(index);
  const within = spread(index * 3 + 1);
  if (place < 0.005) return within * 10;
  if (place < 0.665) return 20 + within * 40;
  if (place < 0.945) return 60 + within * 240;
  return 300 + within * 3_300;
}

const SWEEPS = 1_000;

type Sweeps = Readonly<{ from: string; atOnce: number; inHindsight: number; asScanner: number }>;

/**
 * @param candidates links of different candidates that one gateway sweeps in a span
 * @returns shares of sweeps of which no click counts as human: at once, minutes later; and those known as a scanner's
 */
function sweep(from: string, asn: number | null, candidates: number, agents: readonly string[]): Sweeps {
  let [atOnce, inHindsight, asScanner] = [0, 0, 0];
  for (let index = 0; index < SWEEPS; index += 1) {
    const age = delayOf(index + 1);
    // Two hits with two agents, one after the other.
    const hits = [agents[index % agents.length]!, agents[(index + 1) % agents.length]!].map((agent) =>
      judgeInHindsight({ method: 'GET', prefetch: false, agent, asn, age, links: candidates, posted: false }),
    );
    const first = hits.map(({ cues }) => cues[0]);
    if (first.every((cue) => cue !== 'agent_browser')) atOnce += 1;
    if (hits.every(({ visitorClass }) => visitorClass !== 'human')) inHindsight += 1;
    if (hits.every(({ visitorClass }) => visitorClass === 'scanner')) asScanner += 1;
  }
  return { from, atOnce: atOnce / SWEEPS, inHindsight: inHindsight / SWEEPS, asScanner: asScanner / SWEEPS };
}

const browsers = topPeople().map(({ agent }) => agent);
const report = {
  botsCalledHuman: measure(bots(), (found) => found !== 'human' && found !== 'suspected', 0.01),
  topBrowsersCalledBots: measure(topPeople(), (found) => found === 'human', 0.001),
  peopleCalledBots: measure(people(), (found) => found === 'human', 0.001),
  sweeps: [
    sweep('a mail gateway (Proofpoint)', 26211, 1, browsers),
    sweep('a cloud (Microsoft), one link', 8075, 1, browsers),
    sweep('a web gateway (Zscaler), one link', 22616, 1, browsers),
    sweep('an unlisted network, five candidates’ links', 64_500, 5, browsers),
    sweep('an unlisted network, one link', 64_500, 1, browsers),
  ],
};

const percent = (share: number) => `${(share * 100).toFixed(2)} %`;

function print(name: string, { agents, wrong, share, limit, examples }: Share): void {
  const verdict = share <= limit ? 'within' : 'BEYOND';
  console.log(`${name}: ${wrong} of ${agents} agents, ${percent(share)}; ${verdict} ${percent(limit)}`);
  for (const example of examples) console.log(`    ${example.slice(0, 140)}`);
}

if (options.json) console.log(JSON.stringify(report, null, 2));
else {
  print('bots called human', report.botsCalledHuman);
  print('top browsers called bots', report.topBrowsersCalledBots);
  print('people called bots (weighted)', report.peopleCalledBots);
  console.log('gateway sweeps: not counted as human at once / in hindsight / known as a scanner');
  for (const { from, atOnce, inHindsight, asScanner } of report.sweeps) {
    console.log(`  ${from}: ${percent(atOnce)} / ${percent(inHindsight)} / ${percent(asScanner)}`);
  }
}
const { botsCalledHuman, topBrowsersCalledBots, peopleCalledBots } = report;
const beyond = [botsCalledHuman, topBrowsersCalledBots, peopleCalledBots].some(
  (one) => one.share > one.limit,
);
process.exitCode = beyond ? 1 : 0;
