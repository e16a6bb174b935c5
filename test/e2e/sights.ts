import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium } from 'playwright-core';
import { startTestApp, type TestApp } from '../harness/app.js';
import { signIn } from '../harness/member.js';
import { prepare } from '../harness/prepare.js';
import { pathOf } from '../harness/programs.js';
import { seedAoba, seedDesk, seedSettings } from './aoba.js';
import { writeLetters } from './letters.js';
import { seedQuestions } from './questions.js';

/** A page with invented data on it: what it is called, where it is, and the session of whoever looks at it. */
export type Sight = Readonly<{ name: string; path: string; session: string | undefined }>;

export type Sights = Readonly<{
  app: TestApp;
  browser: BrowserContext;
  sights: readonly Sight[];
  /** Puts a session into the browser, or takes it out. */
  as(session: string | undefined): Promise<void>;
}>;

async function sightsOf(app: TestApp): Promise<Sight[]> {
  const aoba = (await seedAoba(app)).id;
  const reconciled = await seedDesk(app, aoba);
  await seedQuestions(app, aoba);
  const mail = await seedSettings(app, aoba);
  const fresh = (await app.company({ name: '株式会社みなと食品', slug: 'minato' })).id;
  writeLetters(app.dataDir);
  const [admin, viewer, newcomer, operator] = await Promise.all(
    (
      [
        { companyId: aoba, email: 'saiyo@aoba.example', role: 'admin' },
        { companyId: aoba, email: 'etsuran@aoba.example', role: 'viewer' },
        { companyId: fresh, email: 'jinji@minato.example', role: 'admin' },
        { companyId: null, email: 'ops@relay.example', role: 'operator' },
      ] as const
    ).map(async (wanted) => (await signIn(app, wanted)).session),
  );
  const company = `/operator/companies/${aoba}`;
  const all: readonly (readonly [string, string, string | undefined])[] = [
    ['dashboard', '/dashboard', admin],
    ['dashboard-compare', '/dashboard?days=90&compare=1&of=mailDomain', viewer],
    ['dashboard-device', '/dashboard?days=365&of=device', viewer],
    ['messages', '/dashboard/messages', viewer],
    ['mail', `/dashboard/messages/${mail}`, viewer],
    ['review', '/dashboard/review', admin],
    ['links', '/dashboard/links', admin],
    ['lines', '/dashboard/lines?job=営業職', viewer],
    ['csv', '/dashboard/csv', admin],
    ['credits', '/dashboard/credits', viewer],
    ['settings', '/dashboard/settings', admin],
    ['settings-viewer', '/dashboard/settings', viewer],
    ['block', '/dashboard/block', admin],
    ['setup', '/dashboard/setup', admin],
    ['credentials', '/dashboard/credentials', admin],
    ['members', '/dashboard/members', admin],
    ['audit', '/dashboard/audit', admin],
    ['forbidden', '/dashboard/audit', viewer],
    ['exports', '/dashboard/exports', admin],
    ['report', '/dashboard/report?month=2026-11', viewer],
    ['account', '/account', admin],
    ['docs', '/docs', undefined],
    ['fresh', '/dashboard', newcomer],
    ['fresh-links', '/dashboard/links', newcomer],
    ['operator', '/operator', operator],
    ['operator-company', company, operator],
    ['operator-new-company', '/operator/companies/new', operator],
    ['operator-registrations', '/operator/registrations', operator],
    ['operator-system', '/operator/system', operator],
    ['operator-statement', `${company}/statements/2026-11`, operator],
    ['operator-exclusions', '/operator/exclusions', operator],
    ['operator-reconciliations', '/operator/reconciliations', operator],
    ['operator-reconciled', `/operator/reconciliations/${reconciled}`, operator],
    ['outbox', '/dev/outbox', undefined],
    ['sign-in', '/sign-in', undefined],
  ];
  return all.map(([name, path, session]) => ({ name, path, session }));
}

/** Starts the program with invented data and a browser, and ends both when `work` is over. */
export async function withSights<T>(work: (sights: Sights) => Promise<T>): Promise<T> {
  await prepare();
  const app = await startTestApp('pglite');
  const profile = mkdtempSync(join(tmpdir(), 'career-relay-browser-'));
  let browser: BrowserContext | undefined;
  try {
    const sights = await sightsOf(app);
    browser = await chromium.launchPersistentContext(profile, {
      executablePath: pathOf('chromium'),
      args: ['--no-sandbox', '--disable-background-networking'],
    });
    const { clearCookies, addCookies } = browser;
    const as = async (session: string | undefined) => {
      await clearCookies.call(browser);
      if (session) await addCookies.call(browser, [{ name: 'cr_session', value: session, url: app.baseUrl }]);
    };
    return await work({ app, browser, sights, as });
  } finally {
    await browser?.close();
    await app.close();
    rmSync(profile, { recursive: true, force: true });
  }
}
