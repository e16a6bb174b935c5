// Pictures of every mail of our own, in both languages: tsx test/e2e/look-mails.ts DIRECTORY
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import type { OutgoingMail } from '../../src/deps.js';
import type { NoticeFacts } from '../../src/notify/facts.js';
import { myDataMail, signInMail, verificationMail } from '../../src/notify/mails.js';
import { noticeMail } from '../../src/notify/notice-mail.js';
import { pathOf } from '../harness/programs.js';

const out = process.argv[2] ?? 'look';
mkdirSync(out, { recursive: true });
const agency = {
  name: '株式会社リレー紹介',
  license: '13-ユ-000000',
  operatorName: 'Career Relay',
  operatorAddress: '東京都千代田区1-1-1',
} as Parameters<typeof signInMail>[0]['agency'];
const company = { name: '株式会社青葉製作所', timeZone: 'Asia/Tokyo' };
const baseUrl = 'https://relay.example';
const endsAt = new Date('2027-02-08T06:00:00Z');
const facts: readonly (NoticeFacts & { name: string })[] = [
  { name: 'nearly', kind: 'nearly_there', remaining: 2, progress: 8, threshold: 10 },
  { name: 'earned', kind: 'credit_earned', available: 2, referrals: 30 },
  { name: 'expiring', kind: 'credit_expiring', quantity: 1, endsAt },
  { name: 'expiring-more', kind: 'credit_expiring', quantity: 3, endsAt },
  {
    name: 'monthly',
    kind: 'monthly_summary',
    month: '2026-11',
    notices: 1_248,
    candidatesClicked: 164,
    referrals: 12,
    earned: 1,
    progress: 2,
    threshold: 10,
    available: 1,
    anchor: { sequence: 41, hash: 'c0ffee'.repeat(11).slice(0, 64) },
  },
];

const profile = mkdtempSync(join(tmpdir(), 'career-relay-browser-'));
const browser = await chromium.launchPersistentContext(profile, {
  executablePath: pathOf('chromium'),
  args: ['--no-sandbox', '--disable-background-networking'],
});
const page = await browser.newPage();
for (const locale of ['ja', 'en'] as const) {
  const to = { to: 'a@example.jp', locale, agency };
  const mails: Record<string, OutgoingMail> = {
    verification: await verificationMail(to, { name: '山田 太郎', link: `${baseUrl}/verify/x`, days: 7 }),
    'my-data': await myDataMail(to, { link: `${baseUrl}/my-data/x`, hours: 24 }),
    'sign-in': await signInMail(to, { link: `${baseUrl}/sign-in/x` }),
    ...Object.fromEntries(
      await Promise.all(
        facts.map(async (one) => [one.name, await noticeMail(to, { company, facts: one, baseUrl })]),
      ),
    ),
  };
  for (const [name, { html, text }] of Object.entries(mails)) {
    writeFileSync(join(out, `mail-${name}-${locale}.txt`), text);
    for (const width of [640, 320]) {
      await page.setViewportSize({ width, height: 700 });
      await page.setContent(html);
      await page.screenshot({ path: join(out, `mail-${name}-${locale}-${width}.png`), fullPage: true });
    }
  }
}
await browser.close();
rmSync(profile, { recursive: true, force: true });
