// Pictures of every page with invented data, for people to look at: tsx test/e2e/look.ts DIRECTORY
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { startTestApp } from '../harness/app.js';
import { signIn } from '../harness/member.js';
import { prepare } from '../harness/prepare.js';
import { pathOf } from '../harness/programs.js';
import { seedAoba, seedDesk } from './aoba.js';
import { writeLetters } from './letters.js';
import { seedQuestions } from './questions.js';

const out = process.argv[2] ?? 'look';
mkdirSync(out, { recursive: true });
await prepare();
const app = await startTestApp('pglite');
const profile = mkdtempSync(join(tmpdir(), 'career-relay-browser-'));
try {
  const aoba = await seedAoba(app);
  const reconciled = await seedDesk(app, aoba.id);
  await seedQuestions(app, aoba.id);
  const fresh = await app.company({ name: '株式会社みなと食品', slug: 'minato' });
  writeLetters(app.dataDir);
  const people = {
    aoba: await signIn(app, { companyId: aoba.id, email: 'saiyo@aoba.example', role: 'admin' }),
    fresh: await signIn(app, { companyId: fresh.id, email: 'jinji@minato.example', role: 'admin' }),
    operator: await signIn(app, { companyId: null, email: 'ops@relay.example', role: 'operator' }),
  };
  const pages = [
    { name: 'dashboard', path: '/dashboard', who: people.aoba },
    { name: 'dashboard-90', path: '/dashboard?days=90', who: people.aoba },
    { name: 'messages', path: '/dashboard/messages', who: people.aoba },
    { name: 'review', path: '/dashboard/review', who: people.aoba },
    { name: 'setup', path: '/dashboard/setup', who: people.aoba },
    { name: 'lines', path: '/dashboard/lines?job=営業職', who: people.aoba },
    { name: 'csv', path: '/dashboard/csv', who: people.aoba },
    { name: 'credits', path: '/dashboard/credits', who: people.aoba },
    { name: 'settings', path: '/dashboard/settings', who: people.aoba },
    { name: 'exports', path: '/dashboard/exports', who: people.aoba },
    { name: 'report', path: '/dashboard/report?month=2026-11', who: people.aoba },
    { name: 'account', path: '/account', who: people.aoba },
    { name: 'operator-exclusions', path: '/operator/exclusions', who: people.operator },
    { name: 'fresh', path: '/dashboard', who: people.fresh },
    { name: 'operator', path: '/operator', who: people.operator },
    { name: 'operator-company', path: `/operator/companies/${aoba.id}`, who: people.operator },
    {
      name: 'operator-statement',
      path: `/operator/companies/${aoba.id}/statements/2026-11`,
      who: people.operator,
    },
    { name: 'operator-reconciliations', path: '/operator/reconciliations', who: people.operator },
    { name: 'operator-reconciled', path: `/operator/reconciliations/${reconciled}`, who: people.operator },
    { name: 'outbox', path: '/dev/outbox', who: undefined },
    { name: 'sign-in', path: '/sign-in', who: undefined },
    { name: 'docs', path: '/docs', who: undefined },
  ];
  const browser = await chromium.launchPersistentContext(profile, {
    executablePath: pathOf('chromium'),
    args: ['--no-sandbox', '--disable-background-networking'],
  });
  const page = await browser.newPage();
  page.on('console', (message) => process.stderr.write(`${message.type()}: ${message.text()}\n`));
  page.on('pageerror', (error) => process.stderr.write(`${error.message}\n`));
  const only = process.argv[3];
  for (const { name, path, who } of pages) {
    if (only && !name.startsWith(only)) continue;
    for (const [variant, lang, scheme, width] of [
      ['ja-wide', 'ja', 'light', 1240],
      ['ja-wide-dark', 'ja', 'dark', 1240],
      ['en-wide', 'en', 'light', 1240],
      ['ja-phone', 'ja', 'light', 390],
      ['en-phone-dark', 'en', 'dark', 390],
    ] as const) {
      await browser.clearCookies();
      if (who) await browser.addCookies([{ name: 'cr_session', value: who.session, url: app.baseUrl }]);
      await page.emulateMedia({ colorScheme: scheme });
      await page.setViewportSize({ width, height: 900 });
      const address = `${app.baseUrl}${path}${path.includes('?') ? '&' : '?'}lang=${lang}`;
      await page.goto(address);
      if ((await page.locator('[data-plot]').count()) > 0) await page.waitForSelector('.u-over');
      await page.screenshot({ path: join(out, `${name}-${variant}.png`), fullPage: true });
    }
  }
  await browser.close();
} finally {
  await app.close();
  rmSync(profile, { recursive: true, force: true });
}
