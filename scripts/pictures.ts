// Makes the pictures of the README again: npm run pictures
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withSights } from '../test/e2e/sights.js';

const OUT = fileURLToPath(new URL('../docs/pictures/', import.meta.url));
const PICTURES = [
  { file: 'dashboard.png', sight: 'dashboard', lang: 'ja', width: 1240, height: 960 },
  { file: 'mail.png', sight: 'mail', lang: 'en', width: 1240, height: 640 },
] as const;

mkdirSync(OUT, { recursive: true });
await withSights(async ({ app, browser, sights, as }) => {
  const page = await browser.newPage();
  await page.emulateMedia({ colorScheme: 'light' });
  for (const { file, sight, lang, width, height } of PICTURES) {
    const { path, session } = sights.find(({ name }) => name === sight)!;
    await as(session);
    await page.setViewportSize({ width, height });
    await page.goto(`${app.baseUrl}${path}${path.includes('?') ? '&' : '?'}lang=${lang}`);
    if ((await page.locator('[data-plot]').count()) > 0) await page.waitForSelector('.u-over');
    await page.screenshot({ path: join(OUT, file) });
  }
});
