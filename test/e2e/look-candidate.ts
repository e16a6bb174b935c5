// Pictures of every page of the candidate, in both languages: tsx test/e2e/look-candidate.ts DIRECTORY
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { startTestApp } from '../harness/app.js';
import { prepare } from '../harness/prepare.js';
import { pathOf } from '../harness/programs.js';
import { Candidate, linkOf, TARO } from '../registration/candidate.js';

const out = process.argv[2] ?? 'look';
mkdirSync(out, { recursive: true });
await prepare();
const app = await startTestApp('pglite');
const { id } = await app.company({ name: '株式会社青葉製作所', slug: 'aoba' });
const [code, other] = [await linkOf(app, id), await linkOf(app, id)];
const candidate = new Candidate(app);
await candidate.register(`/join/${code}`, { ...TARO, follow_up: 'yes' });
await candidate.post('/my-data', { email: TARO.email! });
const [mine] = await candidate.mailedPaths(TARO.email, 'my-data');
const sent = (await candidate.post(`/join/${other}`, { ...TARO, email: 'b@example.jp' })).headers.get(
  'location',
)!;
const [verify] = await candidate.mailedPaths('b@example.jp');
const pages: Record<string, string> = {
  join: `/join/${code}`,
  sent,
  verify: verify!,
  unknown: '/join/zzzz999zzz',
  'my-data': '/my-data',
  mine: mine!,
  erase: `${mine}/erase`,
};
const browser = await chromium.launch({ executablePath: pathOf('chromium'), args: ['--no-sandbox'] });
const page = await browser.newPage();
for (const [name, path] of Object.entries(pages)) {
  for (const lang of ['ja', 'en']) {
    for (const width of [320, 1280]) {
      await page.setViewportSize({ width, height: 800 });
      const address = new URL(path, app.baseUrl);
      address.searchParams.set('lang', lang);
      await page.goto(address.href);
      await page.screenshot({ path: join(out, `candidate-${name}-${lang}-${width}.png`), fullPage: true });
    }
  }
}
await browser.close();
await app.close();
