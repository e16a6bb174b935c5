import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import { startTestApp, type TestApp } from '../harness/app.js';
import { signIn } from '../harness/member.js';
import { describeWith, pathOf } from '../harness/programs.js';

describeWith('chromium', 'lines and links by table in a browser', () => {
  let app: TestApp;
  let browser: BrowserContext;
  let page: Page;
  const profile = mkdtempSync(join(tmpdir(), 'career-relay-browser-'));
  const complaints: string[] = [];

  beforeAll(async () => {
    app = await startTestApp('pglite');
    const companyId = (await app.company({ name: '株式会社青葉製作所', slug: 'aoba' })).id;
    const { session } = await signIn(app, { companyId, email: 'm@aoba.example', role: 'member' });
    browser = await chromium.launchPersistentContext(profile, {
      executablePath: pathOf('chromium'),
      args: ['--no-sandbox', '--disable-background-networking'],
      permissions: ['clipboard-read', 'clipboard-write'],
    });
    await browser.addCookies([{ name: 'cr_session', value: session, url: app.baseUrl }]);
    page = await browser.newPage();
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
  });
  afterAll(async () => {
    await browser.close();
    await app.close();
    rmSync(profile, { recursive: true, force: true });
    expect(complaints).toEqual([]);
  });

  function tableOf(rows: number): Buffer {
    const lines = Array.from(
      { length: rows },
      (_, row) => `${row},太郎${row},candidate-${row}@mail.example.jp,営業職`,
    );
    return Buffer.from(`応募ID,名前,連絡先,職種\n${lines.join('\n')}\n`);
  }
  async function choose(buffer: Buffer, target: Page = page): Promise<void> {
    await target
      .locator('input[type=file]')
      .setInputFiles({ name: 'list.csv', mimeType: 'text/csv', buffer });
  }

  test('a table is chosen, its columns are put right, and it comes back with links', async () => {
    await page.goto(`${app.baseUrl}/dashboard/csv?lang=ja`);
    await choose(tableOf(3_000));
    await page.locator('select[name=recipient]').selectOption('連絡先');
    const downloading = page.waitForEvent('download');
    await page.getByRole('button', { name: 'リンクを発行する' }).click();
    const text = readFileSync(await (await downloading).path(), 'utf8');
    expect(text).toMatch(/^\uFEFF応募ID,名前,連絡先,職種,relay_url\r\n0,太郎0,/);
    expect(text.match(/http\S+\/r\/[a-z0-9]{10}\r\n/g)).toHaveLength(3_000);
    await page.getByText('発行が終わりました。').waitFor();
    const [row] = await app.db.query('SELECT count(recipient) AS people FROM links');
    expect(row).toEqual({ people: 3_000 });
  });

  test('faults are named where the file was chosen', async () => {
    await choose(Buffer.from('メール\nnobody\n'));
    await page.getByText('メールアドレスの形ではありません').waitFor();
    await page.getByRole('button', { name: 'リンクを発行する' }).click();
    await page.getByText('リンクは1件も発行していません').waitFor();
  });

  test('cancelled, nothing is left of it', async () => {
    const [before] = await app.db.query('SELECT count(*) AS count FROM links');
    await page.goto(`${app.baseUrl}/dashboard/csv?lang=ja`);
    // The form never gets there: what is cancelled is under way for as long as it takes to press the button.
    await page.route('**/dashboard/csv/issue', () => {});
    await choose(tableOf(10));
    await page.getByText('列の対応', { exact: false }).first().waitFor();
    await page.getByRole('button', { name: 'リンクを発行する' }).click();
    await page.getByRole('button', { name: '中止する' }).click();
    await page.getByText('中止しました。').waitFor();
    await page.unroute('**/dashboard/csv/issue');
    expect(await app.db.query('SELECT count(*) AS count FROM links')).toEqual([before]);
    complaints.splice(0);
  });

  test('without scripts the same is done in two steps', async () => {
    const still = await browser.newPage();
    await still.route('**/*.js*', (route) => route.abort());
    await still.goto(`${app.baseUrl}/dashboard/csv?lang=ja`);
    await choose(tableOf(20), still);
    await still.getByRole('button', { name: '内容を確認する' }).click();
    await still.getByLabel('応募経路').selectOption('職種');
    await choose(tableOf(20), still);
    const downloading = still.waitForEvent('download');
    await still.getByRole('button', { name: 'リンクを発行する' }).click();
    expect(readFileSync(await (await downloading).path(), 'utf8').split('\r\n')).toHaveLength(22);
    await still.close();
  });

  test('a line is copied by its button, and selected whole by a click', async () => {
    await page.goto(`${app.baseUrl}/dashboard/lines?lang=ja`);
    const line = page.locator('.line pre').first();
    await page.getByRole('button', { name: 'コピー' }).first().click();
    await page.getByRole('button', { name: 'コピーしました' }).waitFor();
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe(await line.textContent());
    await line.click();
    expect(await page.evaluate('String(getSelection())')).toBe(await line.textContent());
  });
});
