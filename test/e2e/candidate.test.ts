import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type Browser, chromium, type Page } from 'playwright-core';
import { startTestApp, type TestApp } from '../harness/app.js';
import { describeWith, pathOf } from '../harness/programs.js';
import { BEHIND_PROXY, Candidate, linkOf, referralsOf, TARO } from '../registration/candidate.js';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const DAY = 24 * 60 * 60 * 1000;
const MOST_BYTES = 30_000;

type Violation = { id: string; nodes: { html: string }[] };

describeWith('chromium', "the candidate's pages in a browser", () => {
  let app: TestApp;
  let browser: Browser;
  let candidate: Candidate;
  let companyId: string;
  let code: string;
  let people = 0;
  const address = () => `person${people++}@example.jp`;

  beforeAll(async () => {
    app = await startTestApp('pglite', BEHIND_PROXY);
    browser = await chromium.launch({
      executablePath: pathOf('chromium'),
      args: ['--no-sandbox', '--disable-background-networking'],
    });
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    await app?.close();
  });
  beforeEach(async () => {
    app.clock.advance(DAY);
    candidate = new Candidate(app);
    companyId = (await app.company({ name: '株式会社青葉製作所', slug: `aoba-${people++}` })).id;
    code = await linkOf(app, companyId);
  });

  async function violations(page: Page): Promise<string[]> {
    const found = (await page.evaluate(`${AXE}; axe.run()`)) as { violations: Violation[] };
    return found.violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.html).join(' ')}`);
  }

  /** The octets of a page with its style sheets, as they are before compression. */
  async function weightOf(path: string): Promise<number> {
    const html = await (await fetch(`${app.baseUrl}${path}`)).text();
    const sheets = [...html.matchAll(/<link rel="stylesheet" href="([^"]+)"/g)].map(([, href]) => href!);
    const texts = await Promise.all(
      sheets.map(async (href) => (await fetch(`${app.baseUrl}${href}`)).text()),
    );
    expect(sheets.length).toBeGreaterThan(0);
    return [html, ...texts].reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  }

  /** Every page there is, by name. Pages that come after a button are opened as that button leaves them. */
  async function pagesOf(): Promise<Record<string, string>> {
    const person = { ...TARO, email: address(), follow_up: 'yes' };
    const sent = (await candidate.post(`/join/${code}`, person)).headers.get('location')!;
    const [verify] = await candidate.mailedPaths(person.email);
    const waiting = { ...TARO, email: address() };
    await candidate.post(`/join/${code}`, waiting);
    const [expired] = await candidate.mailedPaths(waiting.email);
    app.clock.advance(7 * DAY);
    await candidate.post(`/join/${code}`, person);
    const fresh = (await candidate.mailedPaths(person.email)).at(-1)!;
    const done = { ...TARO, email: address(), follow_up: 'yes' };
    await candidate.register(`/join/${code}`, done);
    const [confirmed] = await candidate.mailedPaths(done.email);
    await candidate.post('/my-data', { email: done.email });
    const [mine] = await candidate.mailedPaths(done.email, 'my-data');
    expect(verify).not.toBe(fresh);
    return {
      join: `/join/${code}`,
      alone: '/join',
      unknown: '/join/bcdfghjkmn',
      sent,
      again: `${sent}&again=yes`,
      verify: fresh,
      expired: expired!,
      confirmed: confirmed!,
      malformed: '/verify/abc',
      ask: '/my-data',
      asked: '/my-data/check-mail',
      mine: `${mine}?done=withdrawn`,
      erase: `${mine}/erase`,
      gone: '/my-data/nothing',
    };
  }

  test.each([
    ['ja', 'light', 1240],
    ['en', 'dark', 320],
    ['ja', 'dark', 320],
  ] as const)(
    'in %s, %s, %i px wide: no violation, no sideways scrolling, below 30 KB',
    async (lang, colorScheme, width) => {
      const page = await browser.newPage({ colorScheme, viewport: { width, height: 900 } });
      const complaints: string[] = [];
      page.on('pageerror', (error) => complaints.push(error.message));
      for (const [name, path] of Object.entries(await pagesOf())) {
        const url = `${path}${path.includes('?') ? '&' : '?'}lang=${lang}`;
        await page.goto(`${app.baseUrl}${url.replace(/lang=ja&(.*lang=)/, '$1')}`);
        expect([name, await violations(page)]).toEqual([name, []]);
        expect([name, await page.evaluate('document.documentElement.scrollWidth <= innerWidth')]).toEqual([
          name,
          true,
        ]);
        expect(await weightOf(url)).toBeLessThan(MOST_BYTES);
      }
      await page.goto(`${app.baseUrl}/join/${code}?lang=${lang}`);
      await page.locator('button[type=submit]').click();
      expect(await violations(page)).toEqual([]);
      await page.goto(`${app.baseUrl}/my-data?lang=${lang}`);
      await page.locator('button[type=submit]').click();
      expect(await violations(page)).toEqual([]);
      expect(complaints).toEqual([]);
      await page.close();
    },
    120_000,
  );

  test('axe sees a violation where there is one', async () => {
    const page = await browser.newPage();
    await page.goto(`${app.baseUrl}/my-data`);
    await page.evaluate(`document.querySelector('label').remove()`);
    expect(await violations(page)).toHaveLength(1);
    await page.close();
  });

  /** Tabs until the wanted control has the focus, and sees that the focus shows. */
  async function tabTo(page: Page, selector: string): Promise<void> {
    for (let steps = 0; steps < 30; steps += 1) {
      await page.keyboard.press('Tab');
      const focused = await page.evaluate(
        `document.activeElement.matches(${JSON.stringify(selector)}) && getComputedStyle(document.activeElement).outlineStyle`,
      );
      if (focused) {
        expect(focused).not.toBe('none');
        return;
      }
    }
    throw new Error(`the keyboard does not reach ${selector}`);
  }

  /** From the first page to the erased one, by keys alone. */
  async function wholeWay(page: Page): Promise<void> {
    const email = address();
    await page.goto(`${app.baseUrl}/join/${code}?lang=ja`);
    await tabTo(page, '#name');
    await page.keyboard.type('山田 太郎');
    await tabTo(page, '#email');
    await page.keyboard.type(email);
    await tabTo(page, '#provide_to_agency');
    await page.keyboard.press('Space');
    await tabTo(page, 'button[type=submit]');
    await page.keyboard.press('Enter');
    await page.waitForURL('**/join/check-mail**');
    await page.goto(`${app.baseUrl}${(await candidate.mailedPaths(email))[0]}`);
    await tabTo(page, 'button[type=submit]');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: '登録が完了しました' }).waitFor();
    expect(await referralsOf(app, companyId)).toBe(1);

    await tabTo(page, '.foot a[href^="/my-data"]');
    await page.keyboard.press('Enter');
    await page.waitForURL('**/my-data?lang=ja');
    await tabTo(page, '#email');
    await page.keyboard.type(email);
    await page.keyboard.press('Enter');
    await page.waitForURL('**/my-data/check-mail**');
    await page.goto(`${app.baseUrl}${(await candidate.mailedPaths(email, 'my-data'))[0]}`);
    await tabTo(page, 'button[aria-label="紹介会社への情報の提供への同意を取り消す"]');
    await page.keyboard.press('Enter');
    await page.getByRole('status').waitFor();
    await tabTo(page, 'a.danger');
    await page.keyboard.press('Enter');
    await page.waitForURL('**/erase**');
    await tabTo(page, 'button.danger');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: '削除しました' }).waitFor();
    const rows = await app.db.query('SELECT FROM registrations WHERE email = $1', [email]);
    expect(rows).toEqual([]);
  }

  test.each([
    [320, true],
    [1240, true],
    [390, false],
  ])(
    'the whole way by keyboard alone, %i px wide, scripts %s',
    async (width, javaScriptEnabled) => {
      // The page under test has no script; without any the browser still runs what the test evaluates.
      const context = await browser.newContext({
        locale: 'ja-JP',
        javaScriptEnabled,
        viewport: { width, height: 700 },
      });
      await wholeWay(await context.newPage());
      await context.close();
    },
    60_000,
  );

  test('names and roles as a screen reader is told them', async () => {
    const page = await browser.newPage();
    await page.goto(`${app.baseUrl}/join/${code}?lang=ja`);
    const form = await page.locator('main').ariaSnapshot();
    for (const line of [
      'heading "次のお仕事探しを、無料でお手伝いします。" [level=1]',
      'textbox "お名前"',
      'textbox "メールアドレス"',
      'group "ご同意いただく内容"',
      'checkbox "お名前とメールアドレスを、お仕事のご紹介のために株式会社リレー紹介へ提供することに同意します 必須"',
      'checkbox "応募先の企業に、登録したことを知らせてもよい 任意"',
      'button "登録して確認メールを受け取る"',
    ]) {
      expect(form).toContain(line);
    }
    await page.locator('button[type=submit]').click();
    const faulty = page.getByRole('textbox', { name: 'お名前' });
    expect(await faulty.getAttribute('aria-invalid')).toBe('true');
    expect(await page.locator('main').ariaSnapshot()).toContain('alert');
    const { mine } = await pagesOf();
    await page.goto(`${app.baseUrl}${mine}&lang=ja`);
    const held = await page.locator('main').ariaSnapshot();
    for (const line of [
      'heading "お預かりしている情報" [level=1]',
      'button "紹介会社への情報の提供への同意を取り消す"',
      'button "求人再開などのお知らせへの同意を取り消す"',
      'link "ファイルを保存する"',
      'link "削除の確認へ進む"',
    ]) {
      expect(held).toContain(line);
    }
    await page.close();
  }, 60_000);
});
