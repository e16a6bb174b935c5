import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import { systemTimer, type Timer } from '../../src/click/batch.js';
import { keepMember } from '../../src/company/members.js';
import { readLetter } from '../../src/dashboard/letter.js';
import { mintLinks } from '../../src/link/mint.js';
import { startTestApp, type TestApp } from '../harness/app.js';
import { signIn } from '../harness/member.js';
import { describeWith, pathOf } from '../harness/programs.js';
import { seedAoba, seedDesk, seedSettings } from './aoba.js';
import { writeLetters } from './letters.js';
import { seedQuestions } from './questions.js';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Pages that are refused on purpose, and the script in a shown mail that the sandbox keeps from running. */
const EXPECTED = /status of (403|410)|Blocked script execution in '[^']+\/html'|Origin-Agent-Cluster/;

type Violation = { id: string; nodes: { html: string }[] };
type WithAxe = { axe: { run(): Promise<{ violations: Violation[] }> } };

/** Until the plot, where there is one, answers a cursor. A page that is kept up to date is never idle on the network. */
async function drawn(page: Page): Promise<void> {
  if ((await page.locator('[data-plot]').count()) > 0) await page.waitForSelector('.u-over');
}

/** This browser calls itself headless, and would be taken for a program. */
const CANDIDATE = 'Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0';
/** Waits of a second and more pass; no deadline of the click path does, on a machine however busy. */
const unhurried: Timer = (milliseconds, run) =>
  milliseconds < 1_000 ? () => {} : systemTimer(milliseconds, run);

describeWith('chromium', 'pages in a browser', () => {
  let app: TestApp;
  let browser: BrowserContext;
  let page: Page;
  let aoba: string;
  let reconciled: string;
  let mail: string;
  let sessions: Record<'recruiter' | 'sender' | 'admin' | 'newcomer' | 'operator', string>;
  const profile = mkdtempSync(join(tmpdir(), 'career-relay-browser-'));
  const complaints: string[] = [];

  beforeAll(async () => {
    app = await startTestApp('pglite');
    aoba = (await seedAoba(app)).id;
    reconciled = await seedDesk(app, aoba);
    await seedQuestions(app, aoba);
    mail = await seedSettings(app, aoba);
    const fresh = (await app.company({ name: '株式会社みなと食品', slug: 'minato' })).id;
    const session = async (
      companyId: string | null,
      email: string,
      role: 'viewer' | 'member' | 'admin' | 'operator',
    ) => (await signIn(app, { companyId, email, role })).session;
    sessions = {
      recruiter: await session(aoba, 'a@aoba.example', 'viewer'),
      admin: await session(aoba, 'admin@aoba.example', 'admin'),
      sender: await session(aoba, 's@aoba.example', 'member'),
      newcomer: await session(fresh, 'm@minato.example', 'viewer'),
      operator: await session(null, 'o@relay.example', 'operator'),
    };
    browser = await chromium.launchPersistentContext(profile, {
      executablePath: pathOf('chromium'),
      args: ['--no-sandbox', '--disable-background-networking'],
    });
    page = await browser.newPage();
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
  }, 60_000);

  afterAll(async () => {
    await browser?.close();
    await app?.close();
    rmSync(profile, { recursive: true, force: true });
  });

  beforeEach(async () => {
    complaints.length = 0;
    await browser.clearCookies();
  });

  async function as(who: keyof typeof sessions | undefined): Promise<void> {
    if (!who) return;
    await browser.addCookies([{ name: 'cr_session', value: sessions[who], url: app.baseUrl }]);
  }

  async function violations(): Promise<string[]> {
    const found = await page.evaluate(`${AXE}; axe.run()`);
    return (found as Awaited<ReturnType<WithAxe['axe']['run']>>).violations.map(
      (one) => `${one.id}: ${one.nodes.map((node) => node.html).join(' ')}`,
    );
  }

  const letter = '01990000-0000-7000-8000-000000000002';
  test.each([
    ['/dashboard', 'recruiter'],
    ['/dashboard?days=90&compare=1&of=mailDomain', 'recruiter'],
    ['/dashboard?from=2026-10-01&to=2026-09-01&of=device', 'recruiter'],
    ['/dashboard/messages', 'recruiter'],
    ['/dashboard/messages?verdict=unsure&from=x', 'recruiter'],
    ['/dashboard/messages/MAIL', 'recruiter'],
    ['/dashboard/links', 'sender'],
    ['/dashboard/links?text=nothing', 'recruiter'],
    ['/dashboard/links', 'newcomer'],
    ['/dashboard/credentials', 'admin'],
    ['/dashboard/members', 'admin'],
    ['/dashboard/members?said=last_admin', 'recruiter'],
    ['/dashboard/audit', 'admin'],
    ['/dashboard/audit', 'recruiter'],
    ['/dashboard/setup', 'recruiter'],
    ['/dashboard/lines?job=営業職', 'recruiter'],
    ['/dashboard/csv', 'sender'],
    ['/dashboard/csv', 'recruiter'],
    ['/dashboard/credits', 'recruiter'],
    ['/dashboard/credits', 'newcomer'],
    ['/dashboard/settings', 'recruiter'],
    ['/dashboard/settings?said=saved', 'admin'],
    ['/operator/exclusions', 'operator'],
    ['/operator/exclusions?said=unknown', 'operator'],
    ['/dashboard', 'newcomer'],
    ['/dashboard/messages', 'newcomer'],
    ['/dashboard/review', 'recruiter'],
    ['/dashboard/review', 'admin'],
    ['/dashboard/review', 'newcomer'],
    ['/companies', 'recruiter'],
    ['/operator', 'operator'],
    ['/operator/companies/AOBA', 'operator'],
    ['/operator/companies/AOBA/statements/2026-11', 'operator'],
    ['/operator/reconciliations', 'operator'],
    ['/operator/reconciliations/RECONCILED', 'operator'],
    ['/operator/companies/AOBA', 'recruiter'],
    ['/dashboard', 'operator'],
    ['/dashboard/exports', 'admin'],
    ['/dashboard/report?month=2026-11', 'recruiter'],
    ['/account', 'recruiter'],
    ['/account', 'operator'],
    ['/sign-in', undefined],
    ['/sign-in/nothing', undefined],
    ['/dev/outbox', undefined],
    [`/dev/outbox/${letter}`, undefined],
  ] as const)('%s for %s: no violation, no complaint, no sideways scrolling', async (named, who) => {
    const path = named.replace('AOBA', aoba).replace('RECONCILED', reconciled).replace('MAIL', mail);
    writeLetters(app.dataDir);
    await as(who);
    for (const [lang, colorScheme, width] of [
      ['ja', 'light', 1240],
      ['en', 'dark', 320],
    ] as const) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height: 900 });
      await page.goto(`${app.baseUrl}${path}${path.includes('?') ? '&' : '?'}lang=${lang}`, {
        waitUntil: 'load',
      });
      await drawn(page);
      expect(await violations()).toEqual([]);
      expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    }
    expect(complaints.filter((text) => !EXPECTED.test(text))).toEqual([]);
  });

  test('axe sees a violation where there is one', async () => {
    await page.goto(`${app.baseUrl}/sign-in`);
    await page.evaluate(`document.querySelector('label').remove()`);
    expect(await violations()).toHaveLength(1);
  });

  test('from the mailed link to the dashboard and out again', async () => {
    const wanted = { companyId: aoba, email: 'first@aoba.example', role: 'viewer' } as const;
    const { member } = await app.db.transaction((tx) => keepMember(app.deps, tx, wanted));
    await page.goto(`${app.baseUrl}/sign-in?lang=ja`);
    await page.getByLabel('メールアドレス').fill(member.email);
    await page.getByRole('button', { name: 'リンクを送る' }).click();
    await page.getByRole('heading', { name: 'メールをご確認ください' }).waitFor();
    await app.app.jobs.drain();
    const letters = app.outbox().map((mail) => readLetter(mail).text ?? '');
    const here = letters.map((text) => /\/sign-in\/[\w-]{43}/.exec(text)?.[0]).findLast((path) => path)!;
    // A mail app's own browser has none of our cookies.
    const kept = await browser.cookies();
    await browser.clearCookies();
    await page.goto(`${app.baseUrl}${here}?lang=ja`);
    await page.getByRole('heading', { name: '別のブラウザーで開かれています' }).waitFor();
    await browser.addCookies(kept);
    await page.goto(`${app.baseUrl}${here}`);
    await page.getByRole('button', { name: 'サインインする' }).click();
    await page.waitForURL('**/dashboard');
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('あと3名の登録で、無料紹介1名');
    await page.locator('.account summary').click();
    await page.getByRole('button', { name: 'サインアウト' }).click();
    await page.waitForURL('**/sign-in');
    await page.goto(`${app.baseUrl}/dashboard`);
    expect(page.url()).toMatch(/\/sign-in$/);
  });

  test('an operator redeems, is refused what is not there, proposes, and cannot approve it alone', async () => {
    await as('operator');
    const lands = (said: string) => page.waitForURL(`**/operator/companies/${aoba}?said=${said}`);
    await page.goto(`${app.baseUrl}/operator/companies/${aoba}?lang=ja`);
    await page.getByLabel('整理番号', { exact: true }).fill('intro-2026-002');
    await page.getByRole('button', { name: '利用を記録する' }).click();
    await lands('redeemed');
    await page.getByLabel('intro-2026-002 の利用を取り消す理由').fill('面接が行われなかったため');
    await page
      .getByRole('row', { name: /intro-2026-002/ })
      .getByRole('button')
      .first()
      .click();
    await lands('cancelled');
    await page.getByLabel('整理番号', { exact: true }).fill('intro-2026-003');
    await page.getByLabel('枠の数').fill('99');
    await page.getByRole('button', { name: '利用を記録する' }).click();
    await lands('not_available');
    expect(await page.getByRole('status').textContent()).toBe('利用できる枠が足りません。');
    const proposal = page.locator('form', { hasText: '調整を提案する' });
    await proposal.getByLabel('無料枠', { exact: true }).fill('1');
    await proposal.getByLabel('理由', { exact: true }).fill('おわびとして');
    await proposal.getByRole('button').click();
    await lands('proposed');
    const pending = page.getByRole('row', { name: /おわびとして/ });
    expect(await pending.getByRole('button', { name: /承認する/ }).count()).toBe(0);
    const id = await pending.locator('input[name=adjustment]').inputValue();
    const csrf = await pending.locator('input[name=csrf]').inputValue();
    const form = { csrf, adjustment: id, decision: 'approved' };
    const answer = await page.request.post(`${app.baseUrl}/operator/companies/${aoba}/decisions`, { form });
    expect(answer.url()).toMatch(/said=same_operator$/);
    await pending.getByRole('button', { name: /取り下げる/ }).click();
    await lands('rejected');
  });

  test('by keyboard alone an administrator stops a notice and leaves his own domain out', async () => {
    await as('admin');
    await page.goto(`${app.baseUrl}/dashboard/settings?lang=ja`);
    const to = async (name: string) => {
      for (let tabs = 0; tabs < 60; tabs += 1) {
        await page.keyboard.press('Tab');
        const here = await page.evaluate(
          `document.activeElement.matches('input, button') &&
            (document.activeElement.labels?.[0] ?? document.activeElement).textContent`,
        );
        if (String(here).includes(name)) return;
      }
      throw new Error(`the keyboard does not reach ${name}`);
    };
    await to('先月のまとめ');
    await page.keyboard.press('Space');
    await to('保存する');
    await page.keyboard.press('Enter');
    await page.waitForURL('**/settings?said=saved');
    expect(await page.getByLabel(/先月のまとめ/).isChecked()).toBe(false);
    await to('ドメインまたは');
    await page.keyboard.type('aoba.example');
    await to('理由');
    await page.keyboard.type('社員');
    await page.keyboard.press('Enter');
    await page.waitForURL('**/settings?said=excluded');
    await page.getByRole('button', { name: 'aoba.example（社員）を解除する' }).click();
    await page.waitForURL('**/settings?said=ended');
    expect(await page.getByRole('row', { name: /aoba.example/ }).textContent()).toContain('に解除');
  });

  test("an operator's form without the token of the session changes nothing", async () => {
    await as('operator');
    const address = `${app.baseUrl}/operator/companies/${aoba}/redemptions`;
    const form = { reference: 'forged', quantity: '1' };
    expect((await page.request.post(address, { form })).status()).toBe(403);
  });

  test('the plot answers a cursor, and stands without scripts', async () => {
    await as('recruiter');
    await page.setViewportSize({ width: 1240, height: 900 });
    await page.goto(`${app.baseUrl}/dashboard?lang=ja`);
    await page.locator('.u-over').hover();
    await page.waitForFunction(`document.querySelector('.readout').textContent.includes('通知')`);
    const still = await browser.newPage();
    await still.route('**/*.js*', (route) => route.abort());
    await still.goto(`${app.baseUrl}/dashboard`);
    expect(await still.locator('.canvas svg polyline').count()).toBe(3);
    expect(
      await still.locator('.canvas svg').evaluate((svg) => svg.getBoundingClientRect().height),
    ).toBeGreaterThan(150);
    await still.close();
  });

  test('figures move while one looks, and without a reload', async () => {
    const moving = await startTestApp('pglite', { timer: unhurried });
    const { id } = await seedAoba(moving);
    const { session } = await signIn(moving, { companyId: id, email: 'l@aoba.example', role: 'viewer' });
    await browser.addCookies([{ name: 'cr_session', value: session, url: moving.baseUrl }]);
    await page.goto(`${moving.baseUrl}/dashboard?lang=ja`);
    await page.evaluate('window.sameDocument = true');
    await page.waitForSelector('.live:not([hidden])');
    await drawn(page);
    const human = page.locator('.visits dl div:first-child dd');
    const before = Number((await human.textContent())!.replaceAll(',', ''));
    const [code] = await mintLinks(moving.deps, moving.db, id, 'api', [{}]);
    const headers = { 'user-agent': CANDIDATE };
    expect((await moving.call(`/r/${code}`, { headers })).status).toBe(302);
    await human.filter({ hasText: (before + 1).toLocaleString('ja-JP') }).waitFor();
    // The plot was drawn anew, and still answers.
    await drawn(page);
    expect(await page.evaluate('window.sameDocument')).toBe(true);
    // Signed out elsewhere: the page says no longer that it moves.
    const csrf = await page.locator('input[name=csrf]').first().inputValue();
    await page.request.post(`${moving.baseUrl}/sign-out`, { form: { csrf }, maxRedirects: 0 });
    await page.waitForSelector('.live[hidden]', { state: 'attached' });
    expect(complaints).toEqual([]);
    await page.goto('about:blank');
    await moving.close();
  });

  test('days of one’s own, the period before, and another breakdown; the address keeps them', async () => {
    await as('recruiter');
    await page.setViewportSize({ width: 1240, height: 900 });
    await page.goto(`${app.baseUrl}/dashboard?lang=ja`);
    await page.getByText('期間を指定').click();
    await page.getByLabel('開始日').fill('2026-10-01');
    await page.getByLabel('終了日').fill('2026-10-31');
    await page.getByRole('button', { name: '表示する' }).click();
    await page.waitForURL('**/dashboard?from=2026-10-01&to=2026-10-31');
    await page.getByRole('link', { name: '前の期間と比べる' }).click();
    await page.getByRole('link', { name: '端末' }).click();
    await page.waitForURL('**from=2026-10-01&to=2026-10-31&by=day&compare=1&of=device#breakdown');
    expect(await page.locator('.choices .span').textContent()).toContain('比較：2026年8月31日 – 9月30日');
    expect(await page.locator('.funnel .change').count()).toBe(5);
    expect(await page.getByRole('row', { name: /iPhone/ }).count()).toBe(1);
  });

  test('by keyboard the plot is read point by point', async () => {
    await as('recruiter');
    await page.goto(`${app.baseUrl}/dashboard?days=7&lang=ja`);
    await drawn(page);
    const plot = page.getByRole('slider');
    await plot.focus();
    const said = await plot.getAttribute('aria-valuetext');
    await page.keyboard.press('ArrowLeft');
    expect(await plot.getAttribute('aria-valuenow')).toBe('5');
    expect(await plot.getAttribute('aria-valuetext')).not.toBe(said);
    expect(await page.locator('.readout').textContent()).toBe(await plot.getAttribute('aria-valuetext'));
  });

  test('who only looks finds nothing to press', async () => {
    await as('recruiter');
    for (const path of ['links', 'members', 'settings', 'review', 'setup']) {
      await page.goto(`${app.baseUrl}/dashboard/${path}`);
      expect(await page.locator('main form[method=post] button').count()).toBe(0);
    }
    expect(await page.locator('.within a[href="/dashboard/audit"]').count()).toBe(0);
  });

  test('a member finds a link by its labels and takes it back', async () => {
    await as('sender');
    await page.goto(`${app.baseUrl}/dashboard/links?lang=ja`);
    await page.getByLabel('コード・職種・選考段階・経路・整理番号').fill('C-1000');
    await page.getByRole('button', { name: '検索する' }).click();
    const row = page.locator('tbody tr');
    expect(await row.count()).toBe(1);
    await row.locator('summary').click();
    await row.getByRole('button', { name: '取り消します' }).click();
    await page.waitForURL('**/links?said=revoked');
    await page.goto(`${app.baseUrl}/dashboard/links?text=C-1000&state=revoked&lang=ja`);
    expect(await row.textContent()).toContain('に取り消し');
    expect(await row.locator('button').count()).toBe(0);
  });

  test('an administrator makes a credential, sees its secret once, revokes it; lets a colleague in; and reads of it', async () => {
    await as('admin');
    await page.goto(`${app.baseUrl}/dashboard/credentials?lang=ja`);
    await page.getByLabel('名前（どこで使うか）').fill('支社のPostfix');
    await page.getByRole('button', { name: '発行する' }).click();
    const password = (await page.locator('.secrets pre').last().textContent())!;
    expect(password).toHaveLength(24);
    await page.getByRole('link', { name: '控えました' }).click();
    const row = page.getByRole('row', { name: /支社のPostfix/ });
    expect(await page.content()).not.toContain(password);
    app.clock.advance(1);
    await row.locator('summary').click();
    await row.getByRole('button', { name: '失効させます' }).click();
    await page.waitForURL('**/credentials?said=revoked');
    await page.goto(`${app.baseUrl}/dashboard/members?lang=ja`);
    app.clock.advance(1);
    await page.getByLabel('メールアドレス').fill('sato@aoba.example');
    await page.getByRole('button', { name: '招待を送る' }).click();
    await page.waitForURL('**/members?said=invited');
    await page.goto(`${app.baseUrl}/dashboard/audit?lang=ja`);
    const [invited, revoked] = await page.locator('tbody tr').allTextContents();
    expect(invited).toContain('admin@aoba.exampleメンバーに加えました · sato@aoba.example');
    expect(revoked).toContain('認証情報を失効させました · 支社のPostfix');
  });

  test('a formula is one tap away', async () => {
    await as('recruiter');
    await page.goto(`${app.baseUrl}/dashboard?lang=ja`);
    const formula = page.getByText('クリック率 = 「人」のクリック');
    expect(await formula.isVisible()).toBe(false);
    await page.locator('.funnel summary').nth(1).click();
    expect(await formula.isVisible()).toBe(true);
  });

  test('the dashboard costs at most 100 KB', async () => {
    await as('recruiter');
    const counting = await browser.newCDPSession(page);
    await counting.send('Network.enable');
    await counting.send('Network.setCacheDisabled', { cacheDisabled: true });
    let bytes = 0;
    counting.on('Network.loadingFinished', ({ encodedDataLength }) => {
      bytes += encodedDataLength;
    });
    await page.goto(`${app.baseUrl}/dashboard?days=90&by=day`);
    await drawn(page);
    expect(bytes).toBeGreaterThan(20_000);
    expect(bytes).toBeLessThanOrEqual(100_000);
    await counting.detach();
  });
});
