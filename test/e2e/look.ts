// Pictures of every page with invented data, for people to look at: tsx test/e2e/look.ts DIRECTORY [NAMES] [VARIANTS]
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { withSights } from './sights.js';

const VARIANTS = [
  { variant: 'ja-wide', lang: 'ja', colorScheme: 'light', width: 1240 },
  { variant: 'ja-wide-dark', lang: 'ja', colorScheme: 'dark', width: 1240 },
  { variant: 'en-wide', lang: 'en', colorScheme: 'light', width: 1240 },
  { variant: 'ja-phone', lang: 'ja', colorScheme: 'light', width: 390 },
  { variant: 'en-phone-dark', lang: 'en', colorScheme: 'dark', width: 320 },
] as const;

const [out = 'look', names, variants] = process.argv.slice(2);
const picks = (list: string | undefined, name: string) => !list || list.split(',').includes(name);
mkdirSync(out, { recursive: true });
await withSights(async ({ app, browser, sights, as }) => {
  const page = await browser.newPage();
  page.on('console', (message) => process.stderr.write(`${message.type()}: ${message.text()}\n`));
  page.on('pageerror', (error) => process.stderr.write(`${error.message}\n`));
  for (const { name, path, session } of sights) {
    if (!picks(names, name)) continue;
    for (const { variant, lang, colorScheme, width } of VARIANTS) {
      if (!picks(variants, variant)) continue;
      await as(session);
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height: 900 });
      await page.goto(`${app.baseUrl}${path}${path.includes('?') ? '&' : '?'}lang=${lang}`);
      if ((await page.locator('[data-plot]').count()) > 0) await page.waitForSelector('.u-over');
      await page.screenshot({ path: join(out, `${name}-${variant}.png`), fullPage: true });
    }
  }
});
