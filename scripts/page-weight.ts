// What each page weighs and how soon it is seen: npm run pages [-- --json] [-- --only NAME,NAME]
//
// Starts the program on an embedded database with invented data, and opens every page in Chromium as a slow phone would
// for the first time: nothing cached, 1.6 Mbit/s down with 150 ms to and fro, a processor four times slower, 390 pixels.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { CDPSession, Page } from 'playwright-core';
import { type Sight, withSights } from '../test/e2e/sights.js';

/** Lighthouse's "slow 4G": bytes per second, milliseconds. */
const NETWORK = {
  offline: false,
  latency: 150,
  downloadThroughput: (1.6 * 1024 * 1024) / 8,
  uploadThroughput: (750 * 1024) / 8,
};
const CPU_SLOWDOWN = 4;
const RUNS = 3;
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

type Weight = Readonly<{
  name: string;
  path: string;
  status: number;
  /** Bytes over the network, headers too; requests. */
  bytes: number;
  requests: number;
  /** First contentful paint in milliseconds, the median of the runs. */
  paint: number;
  /** Ids of the rules of axe that are broken. */
  violations: string[];
}>;

type Loaded = { bytes: number; requests: number; paint: number; status: number };

async function loadOnce(page: Page, cdp: CDPSession, url: string): Promise<Loaded> {
  let [bytes, requests] = [0, 0];
  const count = ({ encodedDataLength }: { encodedDataLength: number }) => {
    bytes += encodedDataLength;
    requests += 1;
  };
  cdp.on('Network.loadingFinished', count);
  const answer = await page.goto(url, { waitUntil: 'load' });
  if ((await page.locator('[data-plot]').count()) > 0) await page.waitForSelector('.u-over');
  const paint = await page.evaluate<number>(
    `performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN`,
  );
  cdp.off('Network.loadingFinished', count);
  return { bytes, requests, paint, status: answer?.status() ?? 0 };
}

async function weigh(page: Page, cdp: CDPSession, url: string, { name, path }: Sight): Promise<Weight> {
  await cdp.send('Network.emulateNetworkConditions', NETWORK);
  await cdp.send('Emulation.setCPUThrottlingRate', { rate: CPU_SLOWDOWN });
  const runs: Loaded[] = [];
  for (let run = 0; run < RUNS; run += 1) runs.push(await loadOnce(page, cdp, url));
  await cdp.send('Emulation.setCPUThrottlingRate', { rate: 1 });
  const found = (await page.evaluate(`${AXE}; axe.run()`)) as { violations: { id: string }[] };
  const paint = runs.map((run) => run.paint).sort((left, right) => left - right)[RUNS >> 1]!;
  const violations = found.violations.map(({ id }) => id);
  return { name, path, ...runs[0]!, paint: Math.round(paint), violations };
}

function line({ name, status, bytes, requests, paint, violations }: Weight): string {
  const weight = `${(bytes / 1000).toFixed(1)} kB`;
  const broken = violations.length === 0 ? '0' : `${violations.length} (${violations.join(', ')})`;
  return [
    name.padEnd(26),
    String(status),
    weight.padStart(9),
    `${requests} requests`.padStart(12),
    `${paint} ms`.padStart(8),
    `axe ${broken}`,
  ].join('  ');
}

const asked = process.argv.indexOf('--only');
const only = asked === -1 ? undefined : process.argv[asked + 1]?.split(',');
const asJson = process.argv.includes('--json');

const weights = await withSights(async ({ app, browser, sights, as }) => {
  const page = await browser.newPage();
  await page.setViewportSize({ width: 390, height: 844 });
  const cdp = await browser.newCDPSession(page);
  await cdp.send('Network.enable');
  await cdp.send('Network.setCacheDisabled', { cacheDisabled: true });
  const done: Weight[] = [];
  for (const sight of sights) {
    if (only && !only.includes(sight.name)) continue;
    await as(sight.session);
    const weight = await weigh(page, cdp, `${app.baseUrl}${sight.path}`, sight);
    if (!asJson) process.stdout.write(`${line(weight)}\n`);
    done.push(weight);
  }
  return done;
});
if (asJson)
  process.stdout.write(
    `${JSON.stringify({ network: NETWORK, cpuSlowdown: CPU_SLOWDOWN, pages: weights }, null, 2)}\n`,
  );
process.exitCode = weights.some(({ violations }) => violations.length > 0) ? 1 : 0;
